//! CreateGroup.

use std::collections::BTreeMap;

use cloud::identity::ids;
use cloud::identity::record::Group;
use cloud::prelude::*;

use crate::error::Error;
use crate::shapes::{self, GroupShape};
use crate::{entity, names};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=512)]
    path: Option<String>,
    #[shape(len = 1..=128)]
    group_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    group: GroupShape,
}

/// Makes a group.
pub(crate) struct CreateGroup;

impl Operation for CreateGroup {
    const NAME: &'static str = "CreateGroup";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(entity::arn(cx, "group", input.path.as_deref().unwrap_or("/"), &input.group_name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        names::check("groupName", &input.group_name)?;
        let group = Group {
            account: cx.account().to_owned(),
            name: input.group_name,
            path: names::path(input.path)?,
            id: ids::unique(cx.chance(), "AGPA"),
            created_at_millis: cx.now().millis(),
            inline: BTreeMap::new(),
            attached: Vec::new(),
        };
        entity::create(cx, &group).await?;
        Ok(Output { group: shapes::group(&group) })
    }
}
