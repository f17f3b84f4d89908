//! UpdateAccount.

use cloud::prelude::*;
use store::layer::table;

use crate::api::access;
use crate::error::Error;
use crate::keys::AccountRow;
use crate::patch::{Change, PatchOperation};
use crate::views::Account;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    patch_operations: Option<Vec<PatchOperation>>,
}

/// Changes the settings of the account.
pub(crate) struct UpdateAccount;

impl Operation for UpdateAccount {
    const NAME: &'static str = "UpdateAccount";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PATCH", "/account", 200));
    const ACTION: Option<&'static str> = Some("PATCH");
    type Input = Input;
    type Output = Account;
    type Error = Error;

    fn resource(cx: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(access(cx, "/account"))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Account, Error> {
        let key = (cx.account().to_owned(), cx.region().to_owned());
        let stored: Option<AccountRow> = table::get(cx.tx(), key.clone()).await?;
        let (account, region) = key;
        let mut row = stored.unwrap_or(AccountRow { account, region, cloudwatch_role_arn: None });
        for operation in input.patch_operations.unwrap_or_default() {
            let change = Change::of(&operation)?;
            match change.steps()[..] {
                ["cloudwatchRoleArn"] => {
                    row.cloudwatch_role_arn = change.optional().filter(|arn| !arn.is_empty())
                }
                _ => return Err(change.unknown()),
            }
        }
        table::put(cx.tx(), &row).await?;
        Ok(Account::of(Some(row)))
    }
}
