//! ListUsers.

use cloud::identity::record::User;
use cloud::prelude::*;

use crate::error::Error;
use crate::page::Paged;
use crate::shapes::UserShape;
use crate::{entity, shapes};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=512)]
    path_prefix: Option<String>,
    #[shape(len = 1..=320)]
    marker: Option<String>,
    #[shape(range = 1..=1000)]
    max_items: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    users: Vec<UserShape>,
    is_truncated: bool,
    marker: Option<String>,
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
        let paged = Paged::new(input.marker, input.max_items);
        let page = entity::list::<User>(cx, input.path_prefix.as_deref(), &paged).await?;
        let page = page.map(|user| shapes::listed_user(&user));
        Ok(Output { is_truncated: page.is_truncated(), users: page.items, marker: page.marker })
    }
}
