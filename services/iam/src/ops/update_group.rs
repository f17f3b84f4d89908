//! UpdateGroup.

use cloud::identity::record::Group;
use cloud::prelude::*;

use crate::error::Error;
use crate::{entity, members, names};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    group_name: String,
    #[shape(len = 1..=512)]
    new_path: Option<String>,
    #[shape(len = 1..=128)]
    new_group_name: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Gives a group another name or path.
pub(crate) struct UpdateGroup;

impl Operation for UpdateGroup {
    const NAME: &'static str = "UpdateGroup";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(entity::arn(cx, "group", "/", &input.group_name).into())
    }

    async fn stored_resource(cx: &mut Cx, input: &Input) -> Result<Resource, Error> {
        entity::resource::<Group>(cx, &input.group_name).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let old: Group = entity::get(cx, &input.group_name).await?;
        let mut new = old.clone();
        if let Some(path) = input.new_path {
            new.path = names::path(Some(path))?;
        }
        if let Some(name) = input.new_group_name {
            names::check("newGroupName", &name)?;
            new.name = name;
        }
        let users = members::of(cx, &old.name).await?;
        entity::remove(cx, &old).await?;
        entity::create(cx, &new).await?;
        for mut user in users {
            for group in user.groups.iter_mut().filter(|group| group.eq_ignore_ascii_case(&old.name)) {
                *group = new.name.clone();
            }
            entity::save(cx, &user).await?;
        }
        Ok(Output {})
    }
}
