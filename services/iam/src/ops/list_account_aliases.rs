//! ListAccountAliases.

use cloud::identity::record::AccountAlias;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=320)]
    marker: Option<String>,
    #[shape(range = 1..=1000)]
    max_items: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    account_aliases: Vec<String>,
    is_truncated: bool,
}

/// The other name of the account.
pub(crate) struct ListAccountAliases;

impl Operation for ListAccountAliases {
    const NAME: &'static str = "ListAccountAliases";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        // There is one at most, so there is nothing to page.
        let (_marker, _max_items) = (input.marker, input.max_items);
        let account = cx.account().to_owned();
        let alias: Option<AccountAlias> = table::get(cx.tx(), &account).await?;
        Ok(Output {
            account_aliases: alias.into_iter().map(|alias| alias.alias).collect(),
            is_truncated: false,
        })
    }
}
