//! The inbox: mails and text messages that services would send to people. Here they stay, for people to read.

use serde::{Deserialize, Serialize};
use store::Tx;
use store::keyspace::{self, Prefix};
use store::layer::table::{self, Cursor, Paging, Record};
use store::tuple::Tuple;

use crate::cx::Cx;
use crate::failure::Failure;

/// How long a message stays: as long as a queue keeps one at most, a fortnight.
const AGE_MILLIS_MAX: i64 = 14 * 24 * 3600 * 1000;
/// Old messages that one sending takes away.
const TRIM: usize = 20;

/// A message to a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mail {
    /// The account that sent it.
    pub account: String,
    /// The region that sent it.
    pub region: String,
    /// When, in milliseconds since 1970.
    pub at_millis: i64,
    /// Its own id.
    pub id: String,
    /// `email` or `sms`.
    pub kind: String,
    /// From whom.
    pub from: String,
    /// To whom: an address or a phone number.
    pub to: String,
    /// The subject of a mail.
    pub subject: Option<String>,
    /// The text.
    pub body: String,
}

impl Record for Mail {
    const PREFIX: Prefix = keyspace::SYSTEM_INBOX;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, self.at_millis, &self.id))
    }
}

/// What is sent to a person.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    /// `email` or `sms`.
    pub kind: &'a str,
    /// From whom.
    pub from: &'a str,
    /// To whom: an address or a phone number.
    pub to: &'a str,
    /// The subject of a mail.
    pub subject: Option<String>,
    /// The text.
    pub body: String,
}

/// Puts a message in the inbox of the account and region of `cx`, in the transaction of a Write operation. Messages
/// that are too old go.
pub async fn put(cx: &mut Cx, draft: Draft<'_>) -> Result<(), Failure> {
    let mail = Mail {
        account: cx.account().to_owned(),
        region: cx.region().to_owned(),
        at_millis: cx.now().millis(),
        id: cx.new_id(),
        kind: draft.kind.to_owned(),
        from: draft.from.to_owned(),
        to: draft.to.to_owned(),
        subject: draft.subject,
        body: draft.body,
    };
    let place = (mail.account.as_str(), mail.region.as_str());
    let oldest = table::list::<Mail>(cx.tx(), place, &Paging::first(TRIM)).await?;
    for old in oldest.items.iter().filter(|old| old.at_millis < mail.at_millis - AGE_MILLIS_MAX) {
        let key = (old.account.as_str(), old.region.as_str(), old.at_millis, old.id.as_str());
        table::delete::<Mail>(cx.tx(), key).await?;
    }
    Ok(table::put(cx.tx(), &mail).await?)
}

/// The messages of an account in a region, newest first.
pub async fn list(
    tx: &Tx,
    account: &str,
    region: &str,
    limit: usize,
    after: Option<Cursor>,
) -> Result<(Vec<Mail>, Option<Cursor>), store::Error> {
    let page = table::list::<Mail>(tx, (account, region), &Paging::after(limit, after).reversed()).await?;
    Ok((page.items, page.next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_is_read() {
        let mail = r#"{"account":"a","region":"r","at_millis":1,"id":"i","kind":"sms","from":"f","to":"t","subject":null,
            "body":"b"}"#;
        assert_eq!(serde_json::from_str::<Mail>(mail).unwrap().kind, "sms");
    }
}
