//! CreateRole.

use std::collections::BTreeMap;

use cloud::identity::ids;
use cloud::identity::record::Role;
use cloud::prelude::*;

use crate::error::Error;
use crate::shapes::{self, RoleShape};
use crate::tags::{self, Tag};
use crate::{boundary, entity, managed, names, trust};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=512)]
    path: Option<String>,
    #[shape(len = 1..=64)]
    role_name: String,
    #[shape(len = 1..=131072)]
    assume_role_policy_document: String,
    #[shape(len = 0..=1000)]
    description: Option<String>,
    #[shape(range = 3600..=43200)]
    max_session_duration: Option<i32>,
    #[shape(len = 20..=2048)]
    permissions_boundary: Option<String>,
    tags: Option<Vec<Tag>>,
}

#[derive(Shape)]
pub(crate) struct Output {
    role: RoleShape,
}

/// Makes a role.
pub(crate) struct CreateRole;

impl Operation for CreateRole {
    const NAME: &'static str = "CreateRole";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(entity::arn(cx, "role", input.path.as_deref().unwrap_or("/"), &input.role_name).into())
    }

    async fn conditions(_cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(boundary::conditions(input.permissions_boundary.as_ref(), input.tags.as_ref()))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        names::check("roleName", &input.role_name)?;
        trust::check(cx, &input.assume_role_policy_document).await?;
        if let Some(boundary) = &input.permissions_boundary {
            managed::check_boundary(cx, boundary).await?;
        }
        let path = names::path(input.path)?;
        entity::check_changeable(&path, &input.role_name)?;
        let role = Role {
            account: cx.account().to_owned(),
            name: input.role_name,
            path,
            id: ids::unique(cx.chance(), "AROA"),
            created_at_millis: cx.now().millis(),
            trust: input.assume_role_policy_document,
            description: input.description,
            max_session_seconds: input.max_session_duration.unwrap_or(SESSION_SECONDS_DEFAULT),
            tags: tags::new(input.tags)?,
            boundary: input.permissions_boundary,
            inline: BTreeMap::new(),
            attached: Vec::new(),
        };
        entity::create(cx, &role).await?;
        Ok(Output { role: shapes::new_role(&role) })
    }
}

/// How long sessions may last unless the role says otherwise: one hour.
pub(crate) const SESSION_SECONDS_DEFAULT: i32 = 3_600;
