//! PutUserPermissionsBoundary.

use cloud::identity::record::User;
use cloud::prelude::*;

use crate::error::Error;
use crate::{entity, managed};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    user_name: String,
    #[shape(len = 20..=2048)]
    permissions_boundary: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Sets the permissions boundary of a user.
pub(crate) struct PutUserPermissionsBoundary;

impl Operation for PutUserPermissionsBoundary {
    const NAME: &'static str = "PutUserPermissionsBoundary";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(entity::arn(cx, "user", "/", &input.user_name).into())
    }

    async fn stored_resource(cx: &mut Cx, input: &Input) -> Result<Resource, Error> {
        entity::resource::<User>(cx, &input.user_name).await
    }

    async fn conditions(_cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![("iam:PermissionsBoundary", vec![input.permissions_boundary.clone()])])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut user: User = entity::get(cx, &input.user_name).await?;
        entity::check_changeable(&user.path, &user.name)?;
        managed::check_boundary(cx, &input.permissions_boundary).await?;
        user.boundary = Some(input.permissions_boundary);
        entity::save(cx, &user).await?;
        Ok(Output {})
    }
}
