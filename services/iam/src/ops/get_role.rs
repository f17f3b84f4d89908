//! GetRole.

use cloud::identity::record::Role;
use cloud::prelude::*;

use crate::entity;
use crate::error::Error;
use crate::shapes::{self, RoleShape};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64)]
    role_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    role: RoleShape,
}

/// A role.
///
/// Differs from AWS: when it was used last is not remembered.
pub(crate) struct GetRole;

impl Operation for GetRole {
    const NAME: &'static str = "GetRole";
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
        Ok(Output { role: shapes::role(&role) })
    }
}
