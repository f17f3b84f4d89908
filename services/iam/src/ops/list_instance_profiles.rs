//! ListInstanceProfiles.

use cloud::identity::record::InstanceProfile;
use cloud::prelude::*;

use crate::error::Error;
use crate::page::{More, Paged};
use crate::shapes::InstanceProfileShape;
use crate::{entity, profiles};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=512)]
    path_prefix: Option<String>,
    #[shape(flatten)]
    paged: Paged,
}

#[derive(Shape)]
pub(crate) struct Output {
    instance_profiles: Vec<InstanceProfileShape>,
    #[shape(flatten)]
    more: More,
}

/// The instance profiles of the account by name.
pub(crate) struct ListInstanceProfiles;

impl Operation for ListInstanceProfiles {
    const NAME: &'static str = "ListInstanceProfiles";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(entity::arn(cx, "instance-profile", input.path_prefix.as_deref().unwrap_or("/"), "").into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let prefix = input.path_prefix.as_deref().unwrap_or("/");
        let page = entity::list_where(cx, &input.paged, |profile: &InstanceProfile| {
            profile.path.starts_with(prefix)
        })
        .await?;
        let mut instance_profiles = Vec::with_capacity(page.items.len());
        for profile in &page.items {
            instance_profiles.push(profiles::shape(cx, profile).await?);
        }
        Ok(Output { instance_profiles, more: page.more })
    }
}
