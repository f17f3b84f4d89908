//! What a queue is: names, addresses, rules. Pure, but for looking a queue up.

use cloud::access;
use cloud::memo::Memo;
use cloud::prelude::*;
use store::keyspace;

use crate::error::Error;
use crate::keys::{self, QueueRow};
use crate::limits::NAME_CHARS_MAX;

/// The ending of a FIFO queue's name.
const FIFO: &str = ".fifo";

/// Refuses names that SQS does not allow.
pub(crate) fn check_name(name: &str, fifo: bool) -> Result<(), Error> {
    let stem = if fifo { name.strip_suffix(FIFO).unwrap_or("") } else { name };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !stem.is_empty() && name.len() <= NAME_CHARS_MAX && stem.bytes().all(plain) {
        return Ok(());
    }
    let text = if fifo {
        "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length."
    } else {
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
    };
    Err(Error::Invalid(text.to_owned()))
}

/// The URL of a queue.
pub(crate) fn url(endpoint: &str, account: &str, name: &str) -> String {
    format!("{endpoint}/{account}/{name}")
}

/// Which queue a request means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Address<'a> {
    account: Option<&'a str>,
    name: &'a str,
}

impl<'a> Address<'a> {
    /// Reads a queue URL. Only account and name count, so that a queue is found under every host name of this cloud;
    /// a bare name is a queue of the caller, as in AWS (recorded: test_posting_to_queue_via_queue_name).
    pub(crate) fn parse(url: &'a str) -> Result<Self, Error> {
        if url.is_empty() {
            return Err(Error::Missing("QueueUrl"));
        }
        let mut parts = url.trim_end_matches('/').rsplit('/');
        let name = parts.next().unwrap_or_default();
        let account =
            parts.next().filter(|part| part.len() == 12 && part.bytes().all(|b| b.is_ascii_digit()));
        if account.is_none() && url.contains('/') {
            return Err(Error::NoSuchQueue);
        }
        Ok(Self { account, name })
    }

    /// Reads a queue's ARN.
    pub(crate) fn of_arn(arn: &'a Arn) -> Option<Self> {
        (arn.service() == "sqs").then(|| Self { account: Some(arn.account()), name: arn.resource() })
    }

    /// The queue's name.
    pub(crate) fn name(&self) -> &'a str {
        self.name
    }

    /// The account of the queue.
    pub(crate) fn account<'b>(&self, cx: &'b Cx) -> &'b str
    where
        'a: 'b,
    {
        self.account.unwrap_or_else(|| cx.account())
    }

    /// What access is decided on.
    pub(crate) fn resource(&self, cx: &Cx) -> Resource {
        Arn::new("sqs", cx.region(), self.account(cx), self.name).into()
    }

    /// The queue, in the transaction of a Read or Write operation.
    pub(crate) async fn open(&self, cx: &mut Cx) -> Result<QueueRow, Error> {
        let (account, region) = (self.account(cx).to_owned(), cx.region().to_owned());
        keys::find(cx.tx(), &account, &region, self.name).await?.ok_or(Error::NoSuchQueue)
    }

    /// What the queue brings to the decision on access to it; nothing when it does not exist, which the operation itself
    /// will say. It is asked for each call and seldom changes, so it is kept in memory.
    pub(crate) async fn terms(&self, cx: &Cx) -> Result<Terms, Error> {
        let key = (self.account(cx).to_owned(), cx.region().to_owned(), self.name.to_owned());
        let known = cx.state::<Known>();
        let read_in = match known.0.find(cx.cloud(), &[keyspace::SQS_QUEUE], &key) {
            Ok(terms) => return Ok(terms),
            Err(generation) => generation,
        };
        let row = keys::find(&cx.snapshot().await?, &key.0, &key.1, &key.2).await?;
        let Some(row) = row else { return Ok(Terms::default()) };
        let policy = row.attributes.get("Policy").cloned();
        let terms = Terms { policy, conditions: vec![access::resource_tags(&row.tags)] };
        known.0.keep(read_in, key, terms.clone());
        Ok(terms)
    }
}

/// What access to the queue at `url` is decided on.
pub(crate) fn resource(cx: &Cx, url: &str) -> Result<Resource, Error> {
    Ok(Address::parse(url)?.resource(cx))
}

/// The queue at `url`, in the transaction of a Read or Write operation.
pub(crate) async fn open(cx: &mut Cx, url: &str) -> Result<QueueRow, Error> {
    Address::parse(url)?.open(cx).await
}

/// Policies and tags of queues, by account, region and name.
#[derive(Default)]
struct Known(Memo<(String, String, String), Terms>);

/// What the queue at `url` brings to the decision on access to it.
pub(crate) async fn terms(cx: &Cx, url: &str) -> Result<Terms, Error> {
    Address::parse(url)?.terms(cx).await
}

impl QueueRow {
    /// Whether it is a FIFO queue.
    pub(crate) fn is_fifo(&self) -> bool {
        self.name.ends_with(FIFO)
    }
}

/// Whether `name` is a FIFO queue's.
pub(crate) fn is_fifo_name(name: &str) -> bool {
    name.ends_with(FIFO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, fifo, good) in [
            ("a-B_1", false, true),
            ("", false, false),
            ("a.fifo", false, false),
            ("a.fifo", true, true),
            (".fifo", true, false),
            ("a", true, false),
            ("a b", false, false),
            ("é", false, false),
            (&"a".repeat(80), false, true),
            (&"a".repeat(81), false, false),
            (&format!("{}.fifo", "a".repeat(76)), true, false),
        ] {
            assert_eq!(check_name(name, fifo).is_ok(), good, "{name}");
        }
    }

    #[test]
    fn addresses() {
        let parse = |url| Address::parse(url).ok().map(|a| (a.account, a.name));
        assert_eq!(parse("http://localhost:4566/000000000000/q"), Some((Some("000000000000"), "q")));
        assert_eq!(
            parse("https://sqs.us-east-1.amazonaws.com/000000000000/q/"),
            Some((Some("000000000000"), "q"))
        );
        assert_eq!(parse("/000000000000/q"), Some((Some("000000000000"), "q")));
        assert_eq!(parse("q"), Some((None, "q")));
        assert_eq!(parse("http://localhost:4566/q"), None);
        assert_eq!(parse(""), None);
    }
}
