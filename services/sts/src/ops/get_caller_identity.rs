//! GetCallerIdentity.

use cloud::prelude::*;

use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {}

#[derive(Shape)]
pub(crate) struct Output {
    user_id: String,
    account: String,
    arn: String,
}

/// Who signed the request. Nobody can be denied this.
pub(crate) struct GetCallerIdentity;

impl Operation for GetCallerIdentity {
    const NAME: &'static str = "GetCallerIdentity";
    const KIND: Kind = Kind::Read;
    const OPEN: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, _input: Input) -> Result<Output, Error> {
        let caller = cx.caller();
        Ok(Output { user_id: caller.user_id(), account: caller.account.to_string(), arn: caller.arn() })
    }
}
