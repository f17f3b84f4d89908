//! CreateUser.

use std::collections::BTreeMap;

use cloud::identity::ids;
use cloud::identity::record::User;
use cloud::prelude::*;

use crate::error::Error;
use crate::shapes::{self, UserShape};
use crate::tags::{self, Tag};
use crate::{boundary, entity, managed, names};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=512)]
    path: Option<String>,
    #[shape(len = 1..=64)]
    user_name: String,
    #[shape(len = 20..=2048)]
    permissions_boundary: Option<String>,
    tags: Option<Vec<Tag>>,
}

#[derive(Shape)]
pub(crate) struct Output {
    user: UserShape,
}

/// Makes a user.
pub(crate) struct CreateUser;

impl Operation for CreateUser {
    const NAME: &'static str = "CreateUser";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(entity::arn(cx, "user", input.path.as_deref().unwrap_or("/"), &input.user_name).into())
    }

    async fn conditions(_cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(boundary::conditions(input.permissions_boundary.as_ref(), input.tags.as_ref()))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        names::check("userName", &input.user_name)?;
        if let Some(boundary) = &input.permissions_boundary {
            managed::check_boundary(cx, boundary).await?;
        }
        let user = User {
            account: cx.account().to_owned(),
            name: input.user_name,
            path: names::path(input.path)?,
            id: ids::unique(cx.chance(), "AIDA"),
            created_at_millis: cx.now().millis(),
            tags: tags::new(input.tags)?,
            boundary: input.permissions_boundary,
            inline: BTreeMap::new(),
            attached: Vec::new(),
            groups: Vec::new(),
        };
        entity::create(cx, &user).await?;
        Ok(Output { user: shapes::user(&user) })
    }
}
