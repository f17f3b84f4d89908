//! Finding groups and streams, and their ARNs.

use cloud::arn::Arn;
use cloud::cx::Cx;
use store::Tx;
use store::layer::table;

use crate::error::Error;
use crate::keys::{GroupRow, StreamRow};

/// The group called `name` of the caller's account and region.
pub(crate) async fn open(cx: &mut Cx, name: &str) -> Result<GroupRow, Error> {
    let key = (cx.account().to_owned(), cx.region().to_owned(), name.to_owned());
    table::get(cx.tx(), key).await?.ok_or(Error::NoSuchGroup)
}

/// A group and one of its streams.
pub(crate) async fn open_stream(
    cx: &mut Cx,
    group: &str,
    stream: &str,
) -> Result<(GroupRow, StreamRow), Error> {
    let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
    find_stream(cx.tx(), &account, &region, group, stream).await
}

/// As [`open_stream`], in a transaction of the operation's own.
pub(crate) async fn find_stream(
    tx: &Tx,
    account: &str,
    region: &str,
    group: &str,
    stream: &str,
) -> Result<(GroupRow, StreamRow), Error> {
    let group: Option<GroupRow> = table::get(tx, (account, region, group)).await?;
    let group = group.ok_or(Error::NoSuchGroup)?;
    let stream = table::get(tx, (group.id, stream)).await?.ok_or(Error::NoSuchStream)?;
    Ok((group, stream))
}

/// What access to a group is decided on. AWS names the streams of the group here, so that policies ending in `:*`
/// fit.
pub(crate) fn access_arn(cx: &Cx, group: &str) -> Arn {
    stream_arn(cx, group, "")
}

/// The ARN of a stream.
pub(crate) fn stream_arn(cx: &Cx, group: &str, stream: &str) -> Arn {
    cx.arn("logs", format_args!("log-group:{group}:log-stream:{stream}"))
}

/// The ARN of a group as new operations show it.
pub(crate) fn arn(cx: &Cx, group: &str) -> Arn {
    cx.arn("logs", format_args!("log-group:{group}"))
}

/// The name of a group that is given by name or, in its place, by name or ARN. Giving both or none is refused with
/// the text of the reference.
pub(crate) fn name<'a>(name: Option<&'a str>, identifier: Option<&'a str>) -> Result<&'a str, Error> {
    match (name, identifier) {
        (Some(name), None) => Ok(name),
        (None, Some(identifier)) => Ok(from_identifier(identifier)),
        (Some(_), Some(_)) => {
            Err(Error::invalid("LogGroup name and LogGroup identifier are mutually exclusive parameters."))
        }
        (None, None) => Err(Error::invalid("Either logGroupName or logGroupIdentifier must be specified.")),
    }
}

/// The name of a group in its ARN, or the text itself.
pub(crate) fn from_identifier(identifier: &str) -> &str {
    let named = identifier.starts_with("arn:").then(|| identifier.split_once(":log-group:")).flatten();
    named.map_or(identifier, |(_, name)| name)
}
