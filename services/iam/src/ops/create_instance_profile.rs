//! CreateInstanceProfile.

use cloud::identity::ids;
use cloud::identity::record::InstanceProfile;
use cloud::prelude::*;

use crate::error::Error;
use crate::shapes::{self, InstanceProfileShape};
use crate::tags::{self, Tag};
use crate::{entity, names, profiles};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    instance_profile_name: String,
    #[shape(len = 1..=512)]
    path: Option<String>,
    tags: Option<Vec<Tag>>,
}

#[derive(Shape)]
pub(crate) struct Output {
    instance_profile: InstanceProfileShape,
}

/// Makes an instance profile.
pub(crate) struct CreateInstanceProfile;

impl Operation for CreateInstanceProfile {
    const NAME: &'static str = "CreateInstanceProfile";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(entity::arn(
            cx,
            "instance-profile",
            input.path.as_deref().unwrap_or("/"),
            &input.instance_profile_name,
        )
        .into())
    }

    async fn conditions(_cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(tags::conditions(input.tags.as_ref()))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        names::check("instanceProfileName", &input.instance_profile_name)?;
        let profile = InstanceProfile {
            account: cx.account().to_owned(),
            name: input.instance_profile_name,
            path: names::path(input.path)?,
            id: ids::unique(cx.chance(), "AIPA"),
            created_at_millis: cx.now().millis(),
            role: None,
            tags: tags::new(input.tags)?,
        };
        if profiles::find(cx, &profile.name).await?.is_some() {
            return Err(Error::AlreadyExists(format!("Instance Profile {} already exists.", profile.name)));
        }
        entity::save(cx, &profile).await?;
        Ok(Output { instance_profile: shapes::instance_profile(&profile, None) })
    }
}
