//! CreateAccountAlias.

use cloud::identity::record::AccountAlias;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 3..=63, pattern = "[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]")]
    account_alias: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Gives the account another name.
pub(crate) struct CreateAccountAlias;

impl Operation for CreateAccountAlias {
    const NAME: &'static str = "CreateAccountAlias";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let alias = AccountAlias { account: cx.account().to_owned(), alias: input.account_alias };
        table::put(cx.tx(), &alias).await?;
        Ok(Output {})
    }
}
