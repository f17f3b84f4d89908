//! ListUsers.

use cloud::identity::record::User;
use cloud::prelude::*;

use crate::error::Error;
use crate::page::{More, Paged};
use crate::shapes::UserShape;
use crate::{entity, shapes};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=512)]
    path_prefix: Option<String>,
    #[shape(flatten)]
    paged: Paged,
}

#[derive(Shape)]
pub(crate) struct Output {
    users: Vec<UserShape>,
    #[shape(flatten)]
    more: More,
}

/// The users of the account by name.
pub(crate) struct ListUsers;

impl Operation for ListUsers {
    const NAME: &'static str = "ListUsers";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(entity::arn(cx, "user", input.path_prefix.as_deref().unwrap_or("/"), "").into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let page = entity::list::<User>(cx, input.path_prefix.as_deref(), &input.paged).await?;
        let page = page.map(|user| shapes::listed_user(&user));
        Ok(Output { users: page.items, more: page.more })
    }
}
