//! ListInstanceProfileTags.

use cloud::prelude::*;

use crate::error::Error;
use crate::page::Paged;
use crate::tags::{self, Tag};
use crate::{entity, profiles};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    instance_profile_name: String,
    #[shape(len = 1..=320)]
    marker: Option<String>,
    #[shape(range = 1..=1000)]
    max_items: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    tags: Vec<Tag>,
    is_truncated: bool,
    marker: Option<String>,
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
        let page = Paged::new(input.marker, input.max_items).of(tags::shapes(&profile.tags))?;
        Ok(Output { is_truncated: page.is_truncated(), tags: page.items, marker: page.marker })
    }
}
