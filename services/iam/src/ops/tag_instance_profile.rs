//! TagInstanceProfile.

use cloud::prelude::*;

use crate::error::Error;
use crate::tags::{self, Tag};
use crate::{entity, profiles};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    instance_profile_name: String,
    tags: Vec<Tag>,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Adds tags to an instance profile.
pub(crate) struct TagInstanceProfile;

impl Operation for TagInstanceProfile {
    const NAME: &'static str = "TagInstanceProfile";
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
        Ok(tags::conditions(Some(&input.tags)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut profile = profiles::get(cx, &input.instance_profile_name).await?;
        tags::add(&mut profile.tags, input.tags)?;
        entity::save(cx, &profile).await?;
        Ok(Output {})
    }
}
