//! CreateAccessKey.

use cloud::identity::ids;
use cloud::identity::record::{AccessKey, User};
use cloud::prelude::*;

use crate::error::Error;
use crate::{entity, keys, own};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    user_name: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    access_key: NewKey,
}

/// Makes an access key for a user; without a name for the caller.
pub(crate) struct CreateAccessKey;

impl Operation for CreateAccessKey {
    const NAME: &'static str = "CreateAccessKey";
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
        let user = match own::user(cx, input.user_name)? {
            Some(name) => Some(entity::get::<User>(cx, &name).await?.name),
            None => None,
        };
        if keys::of_user(cx, user.as_deref()).await?.len() >= KEYS_MAX {
            return Err(Error::LimitExceeded(format!(
                "Cannot exceed quota for AccessKeysPerUser: {KEYS_MAX}"
            )));
        }
        let key = AccessKey {
            id: ids::access_key(cx.chance(), "AKIA", cx.account()),
            secret: ids::secret(cx.chance()),
            account: cx.account().to_owned(),
            user,
            active: true,
            created_at_millis: cx.now().millis(),
        };
        entity::save(cx, &key).await?;
        Ok(Output {
            access_key: NewKey {
                user_name: key.user,
                access_key_id: key.id,
                status: keys::status(key.active),
                secret_access_key: key.secret,
                create_date: cx.now(),
            },
        })
    }
}

/// Most access keys of one user.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
const KEYS_MAX: usize = 2;

/// The only answer that holds the secret.
#[derive(Shape)]
pub(crate) struct NewKey {
    user_name: Option<String>,
    access_key_id: String,
    status: String,
    #[shape(sensitive)]
    secret_access_key: String,
    create_date: Timestamp,
}
