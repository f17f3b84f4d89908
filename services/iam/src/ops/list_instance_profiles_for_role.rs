//! ListInstanceProfilesForRole.

use cloud::identity::record::Role;
use cloud::prelude::*;

use crate::error::Error;
use crate::page::{More, Paged};
use crate::shapes::{self, InstanceProfileShape};
use crate::{entity, profiles};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64)]
    role_name: String,
    #[shape(flatten)]
    paged: Paged,
}

#[derive(Shape)]
pub(crate) struct Output {
    instance_profiles: Vec<InstanceProfileShape>,
    #[shape(flatten)]
    more: More,
}

/// The instance profiles that hold a role.
pub(crate) struct ListInstanceProfilesForRole;

impl Operation for ListInstanceProfilesForRole {
    const NAME: &'static str = "ListInstanceProfilesForRole";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(entity::arn(cx, "role", "/", &input.role_name).into())
    }

    async fn stored_resource(cx: &mut Cx, input: &Input) -> Result<Resource, Error> {
        entity::resource::<Role>(cx, &input.role_name).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let role: Role = entity::get(cx, &input.role_name).await?;
        let profiles = profiles::of_role(cx, &role.name).await?;
        let page = input.paged.of(profiles)?;
        let page = page.map(|profile| shapes::instance_profile(&profile, Some(&role)));
        Ok(Output { instance_profiles: page.items, more: page.more })
    }
}
