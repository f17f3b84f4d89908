//! ListAccessKeys.

use cloud::identity::record::User;
use cloud::prelude::*;

use crate::error::Error;
use crate::page::{More, Paged};
use crate::{entity, keys, own};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    user_name: Option<String>,
    #[shape(flatten)]
    paged: Paged,
}

#[derive(Shape)]
pub(crate) struct Output {
    access_key_metadata: Vec<Listed>,
    #[shape(flatten)]
    more: More,
}

/// The access keys of a user; without a name those of the caller.
pub(crate) struct ListAccessKeys;

impl Operation for ListAccessKeys {
    const NAME: &'static str = "ListAccessKeys";
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
        let user = match own::user(cx, input.user_name)? {
            Some(name) => Some(entity::get::<User>(cx, &name).await?.name),
            None => None,
        };
        let keys = keys::of_user(cx, user.as_deref()).await?;
        let page = input.paged.of(keys)?.map(|key| Listed {
            user_name: key.user,
            access_key_id: key.id,
            status: keys::status(key.active),
            create_date: Timestamp::from_millis(key.created_at_millis),
        });
        Ok(Output { access_key_metadata: page.items, more: page.more })
    }
}

/// A key without its secret.
#[derive(Shape)]
pub(crate) struct Listed {
    user_name: Option<String>,
    access_key_id: String,
    status: String,
    create_date: Timestamp,
}
