//! ListGroups.

use cloud::identity::record::Group;
use cloud::prelude::*;

use crate::error::Error;
use crate::page::{More, Paged};
use crate::shapes::GroupShape;
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
    groups: Vec<GroupShape>,
    #[shape(flatten)]
    more: More,
}

/// The groups of the account by name.
pub(crate) struct ListGroups;

impl Operation for ListGroups {
    const NAME: &'static str = "ListGroups";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(entity::arn(cx, "group", input.path_prefix.as_deref().unwrap_or("/"), "").into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let page = entity::list::<Group>(cx, input.path_prefix.as_deref(), &input.paged).await?;
        let page = page.map(|group| shapes::group(&group));
        Ok(Output { groups: page.items, more: page.more })
    }
}
