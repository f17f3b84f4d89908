//! UntagInstanceProfile.

use cloud::access;
use cloud::prelude::*;

use crate::error::Error;
use crate::{entity, profiles, tags};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    instance_profile_name: String,
    tag_keys: Vec<String>,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Takes tags off an instance profile.
pub(crate) struct UntagInstanceProfile;

impl Operation for UntagInstanceProfile {
    const NAME: &'static str = "UntagInstanceProfile";
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

    async fn conditions(_cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::tag_keys(&input.tag_keys)])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut profile = profiles::get(cx, &input.instance_profile_name).await?;
        tags::remove(&mut profile.tags, &input.tag_keys);
        entity::save(cx, &profile).await?;
        Ok(Output {})
    }
}
