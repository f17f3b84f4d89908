//! ListInstanceProfileTags.

use cloud::prelude::*;

use crate::error::Error;
use crate::page::{More, Paged};
use crate::tags::{self, Tag};
use crate::{entity, profiles};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    instance_profile_name: String,
    #[shape(flatten)]
    paged: Paged,
}

#[derive(Shape)]
pub(crate) struct Output {
    tags: Vec<Tag>,
    #[shape(flatten)]
    more: More,
}

/// The tags of an instance profile.
pub(crate) struct ListInstanceProfileTags;

impl Operation for ListInstanceProfileTags {
    const NAME: &'static str = "ListInstanceProfileTags";
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
        let page = input.paged.of(tags::shapes(&profile.tags))?;
        Ok(Output { tags: page.items, more: page.more })
    }
}
