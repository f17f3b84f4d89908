//! GetAccessKeyLastUsed.

use cloud::identity::record::AccessKey;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 16..=128)]
    access_key_id: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    user_name: Option<String>,
    access_key_last_used: LastUsed,
}

/// Whose an access key is.
///
/// Differs from AWS: when it was used is not remembered, so it is answered as one that was never used.
pub(crate) struct GetAccessKeyLastUsed;

impl Operation for GetAccessKeyLastUsed {
    const NAME: &'static str = "GetAccessKeyLastUsed";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let key: Option<AccessKey> = table::get(cx.tx(), input.access_key_id.as_str()).await?;
        let key = key.filter(|key| key.account == cx.account());
        let key = key.ok_or_else(|| keys::missing(&input.access_key_id))?;
        let never = LastUsed { last_used_date: None, service_name: "N/A".into(), region: "N/A".into() };
        Ok(Output { user_name: key.user, access_key_last_used: never })
    }
}

/// When and where a key was used.
#[derive(Shape)]
pub(crate) struct LastUsed {
    last_used_date: Option<Timestamp>,
    service_name: String,
    region: String,
}
