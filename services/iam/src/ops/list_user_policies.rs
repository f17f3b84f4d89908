//! ListUserPolicies.

use cloud::identity::record::User;
use cloud::prelude::*;

use crate::error::Error;
use crate::page::{More, Paged};
use crate::{entity, inline};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    user_name: String,
    #[shape(flatten)]
    paged: Paged,
}

#[derive(Shape)]
pub(crate) struct Output {
    policy_names: Vec<String>,
    #[shape(flatten)]
    more: More,
}

/// The names of the policies inside a user.
pub(crate) struct ListUserPolicies;

impl Operation for ListUserPolicies {
    const NAME: &'static str = "ListUserPolicies";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(entity::arn(cx, "user", "/", &input.user_name).into())
    }

    async fn stored_resource(cx: &mut Cx, input: &Input) -> Result<Resource, Error> {
        entity::resource::<User>(cx, &input.user_name).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let page = inline::list::<User>(cx, &input.user_name, &input.paged).await?;
        Ok(Output { policy_names: page.items, more: page.more })
    }
}
