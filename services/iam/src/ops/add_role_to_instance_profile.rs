//! AddRoleToInstanceProfile.

use cloud::identity::record::Role;
use cloud::prelude::*;

use crate::error::Error;
use crate::{entity, profiles};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    instance_profile_name: String,
    #[shape(len = 1..=64)]
    role_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Puts a role into an instance profile.
pub(crate) struct AddRoleToInstanceProfile;

impl Operation for AddRoleToInstanceProfile {
    const NAME: &'static str = "AddRoleToInstanceProfile";
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
        let mut profile = profiles::get(cx, &input.instance_profile_name).await?;
        let role: Role = entity::get(cx, &input.role_name).await?;
        if profile.role.is_some() {
            return Err(Error::LimitExceeded(
                "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1".into(),
            ));
        }
        let passed = entity::resource::<Role>(cx, &role.name).await?;
        cx.require("iam:PassRole", &passed, &Conditions::new()).await?;
        profile.role = Some(role.name);
        entity::save(cx, &profile).await?;
        Ok(Output {})
    }
}
