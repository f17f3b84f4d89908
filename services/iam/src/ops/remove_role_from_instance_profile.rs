//! RemoveRoleFromInstanceProfile.

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

/// Takes a role out of an instance profile.
pub(crate) struct RemoveRoleFromInstanceProfile;

impl Operation for RemoveRoleFromInstanceProfile {
    const NAME: &'static str = "RemoveRoleFromInstanceProfile";
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
        if profile.role.as_ref() != Some(&role.name) {
            return Err(Error::NoSuchEntity(format!("The role with name {} cannot be found.", role.name)));
        }
        profile.role = None;
        entity::save(cx, &profile).await?;
        Ok(Output {})
    }
}
