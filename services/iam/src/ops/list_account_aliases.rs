//! ListAccountAliases.

use cloud::identity::record::AccountAlias;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::page::{More, Paged};

#[derive(Shape)]
pub(crate) struct Output {
    account_aliases: Vec<String>,
    #[shape(flatten)]
    more: More,
}

/// The other name of the account.
pub(crate) struct ListAccountAliases;

impl Operation for ListAccountAliases {
    const NAME: &'static str = "ListAccountAliases";
    const KIND: Kind = Kind::Read;
    type Input = Paged;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Paged) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Paged) -> Result<Output, Error> {
        let account = cx.account().to_owned();
        let alias: Option<AccountAlias> = table::get(cx.tx(), &account).await?;
        let page = input.of(alias.into_iter().map(|alias| alias.alias).collect())?;
        Ok(Output { account_aliases: page.items, more: page.more })
    }
}
