//! ListAttachedUserPolicies.

use cloud::identity::record::User;
use cloud::prelude::*;

use crate::error::Error;
use crate::page::{More, Paged};
use crate::shapes::AttachedPolicy;
use crate::{attach, entity};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    user_name: String,
    #[shape(len = 1..=512)]
    path_prefix: Option<String>,
    #[shape(flatten)]
    paged: Paged,
}

#[derive(Shape)]
pub(crate) struct Output {
    attached_policies: Vec<AttachedPolicy>,
    #[shape(flatten)]
    more: More,
}

/// The managed policies at a user.
pub(crate) struct ListAttachedUserPolicies;

impl Operation for ListAttachedUserPolicies {
    const NAME: &'static str = "ListAttachedUserPolicies";
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
        let page =
            attach::list::<User>(cx, &input.user_name, input.path_prefix.as_deref(), &input.paged).await?;
        Ok(Output { attached_policies: page.items, more: page.more })
    }
}
