//! GetAccount.

use cloud::prelude::*;
use store::layer::table;

use crate::api::access;
use crate::error::Error;
use crate::keys::AccountRow;
use crate::views::Account;

#[derive(Shape)]
pub(crate) struct Input;

/// Describes the settings of the account.
pub(crate) struct GetAccount;

impl Operation for GetAccount {
    const NAME: &'static str = "GetAccount";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("GET", "/account", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Account;
    type Error = Error;

    fn resource(cx: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(access(cx, "/account"))
    }

    async fn run(cx: &mut Cx, _: Input) -> Result<Account, Error> {
        let key = (cx.account().to_owned(), cx.region().to_owned());
        let row: Option<AccountRow> = table::get(cx.tx(), key).await?;
        Ok(Account::of(row))
    }
}
