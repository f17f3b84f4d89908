//! GetInstanceProfile.

use cloud::prelude::*;

use crate::error::Error;
use crate::shapes::InstanceProfileShape;
use crate::{entity, profiles};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    instance_profile_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    instance_profile: InstanceProfileShape,
}

/// An instance profile.
pub(crate) struct GetInstanceProfile;

impl Operation for GetInstanceProfile {
    const NAME: &'static str = "GetInstanceProfile";
    const KIND: Kind = Kind::Read;
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
        Ok(Output { instance_profile: profiles::shape(cx, &profile).await? })
    }
}
