//! UpdateUser.

use cloud::identity::record::User;
use cloud::prelude::*;

use crate::error::Error;
use crate::{entity, keys, names};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    user_name: String,
    #[shape(len = 1..=512)]
    new_path: Option<String>,
    #[shape(len = 1..=64)]
    new_user_name: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Gives a user another name or path.
pub(crate) struct UpdateUser;

impl Operation for UpdateUser {
    const NAME: &'static str = "UpdateUser";
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

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let old: User = entity::get(cx, &input.user_name).await?;
        let mut new = old.clone();
        if let Some(path) = input.new_path {
            new.path = names::path(Some(path))?;
        }
        if let Some(name) = input.new_user_name {
            names::check("newUserName", &name)?;
            new.name = name;
        }
        entity::remove(cx, &old).await?;
        entity::create(cx, &new).await?;
        for mut key in keys::of_user(cx, Some(&old.name)).await? {
            key.user = Some(new.name.clone());
            entity::save(cx, &key).await?;
        }
        Ok(Output {})
    }
}
