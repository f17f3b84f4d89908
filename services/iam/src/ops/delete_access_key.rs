//! DeleteAccessKey.

use cloud::prelude::*;

use crate::error::Error;
use crate::{entity, keys, own};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    user_name: Option<String>,
    #[shape(len = 16..=128)]
    access_key_id: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Deletes an access key.
pub(crate) struct DeleteAccessKey;

impl Operation for DeleteAccessKey {
    const NAME: &'static str = "DeleteAccessKey";
    const KIND: Kind = Kind::Write;
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
        let user = own::user(cx, input.user_name)?;
        let key = keys::get(cx, user.as_deref(), &input.access_key_id).await?;
        entity::remove(cx, &key).await?;
        Ok(Output {})
    }
}
