//! UntagRole.

use cloud::access;
use cloud::identity::record::Role;
use cloud::prelude::*;

use crate::error::Error;
use crate::{entity, tags};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64)]
    role_name: String,
    tag_keys: Vec<String>,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Takes tags off a role.
pub(crate) struct UntagRole;

impl Operation for UntagRole {
    const NAME: &'static str = "UntagRole";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(entity::arn(cx, "role", "/", &input.role_name).into())
    }

    async fn stored_resource(cx: &mut Cx, input: &Input) -> Result<Resource, Error> {
        entity::resource::<Role>(cx, &input.role_name).await
    }

    async fn conditions(_cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::tag_keys(&input.tag_keys)])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut role: Role = entity::get(cx, &input.role_name).await?;
        tags::remove(&mut role.tags, &input.tag_keys);
        entity::save(cx, &role).await?;
        Ok(Output {})
    }
}
