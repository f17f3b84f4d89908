//! DeleteAccountAlias.

use cloud::identity::record::AccountAlias;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 3..=63)]
    account_alias: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Takes the other name off the account.
pub(crate) struct DeleteAccountAlias;

impl Operation for DeleteAccountAlias {
    const NAME: &'static str = "DeleteAccountAlias";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let account = cx.account().to_owned();
        let alias: Option<AccountAlias> = table::get(cx.tx(), &account).await?;
        if alias.is_none_or(|known| known.alias != input.account_alias) {
            return Err(Error::NoSuchEntity(format!(
                "The account alias {} cannot be found.",
                input.account_alias
            )));
        }
        table::delete::<AccountAlias>(cx.tx(), &account).await?;
        Ok(Output {})
    }
}
