//! DeleteInstanceProfile.

use cloud::prelude::*;

use crate::error::Error;
use crate::{entity, profiles};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    instance_profile_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Deletes an empty instance profile.
pub(crate) struct DeleteInstanceProfile;

impl Operation for DeleteInstanceProfile {
    const NAME: &'static str = "DeleteInstanceProfile";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(entity::arn(cx, "instance-profile", "/", &input.instance_profile_name).into())
    }

    async fn stored_resource(cx: &mut Cx, input: &Input) -> Result<Resource, Error> {
        profiles::resource(cx, &input.instance_profile_name).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let profile = profiles::get(cx, &input.instance_profile_name).await?;
        if profile.role.is_some() {
            return Err(Error::DeleteConflict(
                "Cannot delete entity, must remove roles from instance profile first.".into(),
            ));
        }
        entity::remove(cx, &profile).await?;
        Ok(Output {})
    }
}
