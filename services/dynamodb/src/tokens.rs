//! Client tokens of transactions: a repetition within ten minutes does nothing again.

use std::collections::BTreeMap;

use cloud::prelude::*;
use serde_json::Value as Json;
use store::layer::table;

use crate::capacity::{Units, read_units};
use crate::error::Error;
use crate::keys::{self, TokenRow};
use crate::limits::TOKEN_MILLIS;

/// A token that nobody has used, with what is asked under it.
#[derive(Debug)]
pub(crate) struct NewToken {
    token: String,
    digest: String,
}

/// What is known of a token.
#[derive(Debug)]
pub(crate) enum Token {
    /// Nothing.
    New(NewToken),
    /// The same was asked before.
    Repeated(TokenRow),
}

/// Looks a token up. The same token with something else is an error.
pub(crate) async fn check(cx: &mut Cx, token: &str, told: &[Json]) -> Result<Token, Error> {
    let digest = keys::digest_hex(Json::from(told.to_vec()).to_string().as_bytes());
    let now = cx.now().millis();
    let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
    let key = (account.as_str(), region.as_str(), token);
    let row: Option<TokenRow> = table::get(cx.tx(), key).await?;
    match row.filter(|row| row.until_millis > now) {
        None => Ok(Token::New(NewToken { token: token.to_owned(), digest })),
        Some(row) if row.digest == digest => Ok(Token::Repeated(row)),
        Some(_) => Err(Error::TokenMismatch),
    }
}

/// Remembers a token with the sizes of the items that were written.
pub(crate) async fn remember(
    cx: &mut Cx,
    token: NewToken,
    sizes: &BTreeMap<String, Vec<u64>>,
) -> Result<(), Error> {
    let row = TokenRow {
        account: cx.account().to_owned(),
        region: cx.region().to_owned(),
        token: token.token,
        digest: token.digest,
        until_millis: cx.now().millis() + TOKEN_MILLIS,
        bytes: sizes.iter().map(|(name, sizes)| (name.clone(), sizes.clone())).collect(),
    };
    Ok(table::put(cx.tx(), &row).await?)
}

/// What a repetition costs: the items are read, in a transaction.
pub(crate) fn units(row: &TokenRow) -> Vec<(String, Units)> {
    let units = |sizes: &[u64]| {
        let each = sizes.iter().map(|bytes| read_units(usize::try_from(*bytes).unwrap_or(0), true));
        Units::of_table(each.sum()).doubled()
    };
    row.bytes.iter().map(|(name, sizes)| (name.clone(), units(sizes))).collect()
}
