//! Listing keys: prefix, delimiter, pages.

use std::fmt::Write as _;

use cloud::prelude::*;
use store::Tx;
use store::layer::table::{self, Cursor, Paging};

use crate::error::Error;
use crate::keys::ObjectRow;

/// Rows that are read at once.
const ROWS: usize = 1000;

/// What to list.
pub(crate) struct Query<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) prefix: &'a str,
    pub(crate) delimiter: Option<&'a str>,
    /// List what is behind this key or common prefix.
    pub(crate) after: Option<&'a str>,
    pub(crate) limit: usize,
}

/// One line of a listing.
#[derive(Debug)]
pub(crate) enum Item {
    Object(Box<ObjectRow>),
    /// All keys that begin so.
    Prefix(String),
}

impl Item {
    /// The key, or the common prefix.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Object(row) => &row.key,
            Self::Prefix(prefix) => prefix,
        }
    }
}

/// A page, and whether there is more behind it.
pub(crate) struct Page {
    pub(crate) items: Vec<Item>,
    pub(crate) truncated: bool,
}

/// Lists one page.
pub(crate) async fn page(tx: &Tx, query: &Query<'_>) -> Result<Page, store::Error> {
    let delimiter = query.delimiter.filter(|delimiter| !delimiter.is_empty());
    let mut items: Vec<Item> = Vec::new();
    let mut cursor = query.after.map(|after| behind(after, query.prefix, delimiter));
    loop {
        let paging = Paging::after(ROWS, cursor.take());
        let rows = table::list_starting::<ObjectRow>(tx, (query.bucket,), query.prefix, &paging).await?;
        let more = rows.next;
        for row in rows.items {
            let common = delimiter.and_then(|delimiter| common_prefix(&row.key, query.prefix, delimiter));
            let Some(common) = common else {
                if items.len() == query.limit {
                    return Ok(Page { items, truncated: true });
                }
                items.push(Item::Object(Box::new(row)));
                continue;
            };
            // Keys under a prefix that was listed already: those that `behind` cannot skip.
            let last = items.last().map(Item::name).or(query.after);
            if last == Some(common.as_str()) {
                continue;
            }
            if items.len() == query.limit {
                return Ok(Page { items, truncated: true });
            }
            cursor = Some(past(&common));
            items.push(Item::Prefix(common));
            break;
        }
        if cursor.is_none() {
            cursor = more;
        }
        if cursor.is_none() {
            return Ok(Page { items, truncated: false });
        }
    }
}

/// What a key folds into.
pub(crate) fn common_prefix(key: &str, prefix: &str, delimiter: &str) -> Option<String> {
    let rest = key.strip_prefix(prefix)?;
    let at = rest.find(delimiter)?;
    Some(key[..prefix.len() + at + delimiter.len()].to_owned())
}

/// The place behind `after`: behind all of its keys when it is a common prefix.
fn behind(after: &str, prefix: &str, delimiter: Option<&str>) -> Cursor {
    let is_common =
        delimiter.is_some_and(|delimiter| common_prefix(after, prefix, delimiter).as_deref() == Some(after));
    if is_common { past(after) } else { Cursor::behind((after,)) }
}

/// The place behind every key that begins with `prefix`, but for those that go on with the last code point there is.
fn past(prefix: &str) -> Cursor {
    Cursor::behind((format!("{prefix}{}", char::MAX),))
}

/// Refuses what is not an encoding type; says whether names are to be encoded.
pub(crate) fn encodes(encoding: Option<&str>) -> Result<bool, Error> {
    match encoding {
        None => Ok(false),
        Some("url") => Ok(true),
        Some(other) => Err(Error::InvalidArgument {
            message: "Invalid Encoding Method specified in Request".to_owned(),
            name: "encoding-type",
            value: other.to_owned(),
        }),
    }
}

/// A name as the answer writes it: form-encoded, except for slashes, when the request asks for it.
pub(crate) fn encode(name: &str, encodes: bool) -> String {
    if !encodes {
        return name.to_owned();
    }
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b'/' => {
                out.push(char::from(byte))
            }
            b' ' => out.push('+'),
            _ => write!(out, "%{byte:02X}").expect("writing to a String does not fail"),
        }
    }
    out
}

/// How many keys a request asks for: at most 1000, whatever it says.
pub(crate) fn limit(max_keys: Option<i32>, most: i32) -> Result<i32, Error> {
    match max_keys {
        Some(number) if number < 0 => Err(Error::InvalidArgument {
            message: "Argument maxKeys must be an integer between 0 and 2147483647".to_owned(),
            name: "maxKeys",
            value: number.to_string(),
        }),
        Some(number) => Ok(number.min(most)),
        None => Ok(most),
    }
}

/// An object in a listing.
#[derive(Debug, Shape)]
pub(crate) struct Object {
    pub(crate) key: String,
    pub(crate) last_modified: Timestamp,
    #[shape(name = "ETag")]
    pub(crate) etag: String,
    #[shape(flat)]
    pub(crate) checksum_algorithm: Vec<String>,
    pub(crate) checksum_type: Option<String>,
    pub(crate) size: i64,
    pub(crate) owner: Option<Owner>,
    pub(crate) storage_class: String,
}

/// An account, as S3 shows it.
#[derive(Clone, Debug, Shape)]
pub(crate) struct Owner {
    pub(crate) display_name: Option<String>,
    #[shape(name = "ID")]
    pub(crate) id: String,
}

/// Keys that share a prefix.
#[derive(Debug, Shape)]
pub(crate) struct CommonPrefix {
    pub(crate) prefix: String,
}

/// Splits a page into what an answer lists apart.
pub(crate) fn split(
    items: Vec<Item>,
    encodes: bool,
    owner: Option<&Owner>,
) -> (Vec<Object>, Vec<CommonPrefix>) {
    let (mut objects, mut prefixes) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            Item::Prefix(prefix) => prefixes.push(CommonPrefix { prefix: encode(&prefix, encodes) }),
            Item::Object(row) => objects.push(Object {
                key: encode(&row.key, encodes),
                last_modified: Timestamp::from_millis(row.modified_at_millis),
                etag: format!("\"{}\"", row.etag),
                checksum_algorithm: row.checksums.keys().cloned().collect(),
                checksum_type: (!row.checksums.is_empty()).then_some(row.checksum_type),
                size: i64::try_from(row.size).unwrap_or(i64::MAX),
                owner: owner.cloned(),
                storage_class: row.headers.storage_class.unwrap_or_else(|| "STANDARD".to_owned()),
            }),
        }
    }
    (objects, prefixes)
}
