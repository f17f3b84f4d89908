//! DeleteGroup.

use cloud::identity::record::Group;
use cloud::prelude::*;

use crate::error::Error;
use crate::{entity, members};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    group_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Deletes a group that has nothing left.
pub(crate) struct DeleteGroup;

impl Operation for DeleteGroup {
    const NAME: &'static str = "DeleteGroup";
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
        let group: Group = entity::get(cx, &input.group_name).await?;
        if !members::of(cx, &group.name).await?.is_empty() {
            return Err(Error::DeleteConflict(
                "Cannot delete entity, must remove users from group first.".into(),
            ));
        }
        entity::check_bare(&group)?;
        entity::remove(cx, &group).await?;
        Ok(Output {})
    }
}
