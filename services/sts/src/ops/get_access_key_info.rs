//! GetAccessKeyInfo.

use cloud::identity::ids;
use cloud::prelude::*;

use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 16..=128, pattern = r"[\w]*")]
    access_key_id: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    account: String,
}

/// The account of an access key, which the key id itself holds: whether there is such a key does not matter.
pub(crate) struct GetAccessKeyInfo;

impl Operation for GetAccessKeyInfo {
    const NAME: &'static str = "GetAccessKeyInfo";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(_cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let account = ids::account_of_access_key(&input.access_key_id);
        let account = account.ok_or_else(|| Error::Validation("Invalid Access Key".into()))?;
        Ok(Output { account })
    }
}
