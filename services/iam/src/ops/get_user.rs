//! GetUser.

use cloud::identity::record::User;
use cloud::prelude::*;

use crate::error::Error;
use crate::shapes::{self, UserShape};
use crate::{entity, own};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    user_name: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    user: UserShape,
}

/// A user; without a name the caller.
///
/// Differs from AWS: when a user last signed in is not remembered, as there is no console sign-in.
pub(crate) struct GetUser;

impl Operation for GetUser {
    const NAME: &'static str = "GetUser";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(own::arn(cx, input.user_name.as_deref()))
    }

    async fn stored_resource(cx: &mut Cx, input: &Input) -> Result<Resource, Error> {
        own::resource(cx, input.user_name.as_deref()).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        match own::user(cx, input.user_name)? {
            Some(name) => Ok(Output { user: shapes::user(&entity::get::<User>(cx, &name).await?) }),
            None => Ok(Output { user: shapes::root_user(cx.account()) }),
        }
    }
}
