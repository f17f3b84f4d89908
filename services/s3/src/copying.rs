//! What CopyObject and UploadPartCopy read.

use cloud::prelude::*;
use futures::StreamExt;
use serde_json::json;
use wire::digest::{Algorithm, Digest};

use crate::bucket;
use crate::checksum::{Meter, Wanted};
use crate::conditions;
use crate::download;
use crate::error::Error;
use crate::keys::ObjectRow;

/// The conditions on a source.
#[derive(Default)]
pub(crate) struct Conditions<'a> {
    pub(crate) if_match: Option<&'a str>,
    pub(crate) if_none_match: Option<&'a str>,
    pub(crate) if_modified_since: Option<Timestamp>,
    pub(crate) if_unmodified_since: Option<Timestamp>,
    pub(crate) owner: Option<&'a str>,
}

/// Bucket and key of a source: `bucket/key` or `/bucket/key`, percent-encoded, perhaps with a version.
pub(crate) fn parse(source: &str) -> Result<(String, String), Error> {
    let invalid = || Error::InvalidArgument {
        message: "Copy Source must mention the source bucket and key: sourcebucket/sourcekey".to_owned(),
        name: "x-amz-copy-source",
        value: source.to_owned(),
    };
    let (path, version) = match source.split_once("?versionId=") {
        Some((path, version)) => (path, Some(version)),
        None => (source, None),
    };
    let path = percent_encoding::percent_decode_str(path).decode_utf8().map_err(|_| invalid())?;
    let (bucket, key) = path.trim_start_matches('/').split_once('/').ok_or_else(invalid)?;
    if bucket.is_empty() || key.is_empty() {
        return Err(invalid());
    }
    if !matches!(version, None | Some("null")) {
        return Err(Error::InvalidArgument {
            message: "Invalid version id specified".to_owned(),
            name: "versionId",
            value: version.unwrap_or_default().to_owned(),
        });
    }
    Ok((bucket.to_owned(), key.to_owned()))
}

/// The source, if the caller may read it and the conditions hold.
pub(crate) async fn source(cx: &mut Cx, source: &str, wanted: &Conditions<'_>) -> Result<ObjectRow, Error> {
    let (bucket, key) = parse(source)?;
    // The caller needs what a read of the source needs: that operation decides.
    let caller = cx.caller().clone();
    cx.call_json(caller, "s3", "HeadObject", &json!({"Bucket": bucket, "Key": key})).await?;
    let row = bucket::open(cx, &bucket).await?;
    bucket::check_owner(&row, wanted.owner)?;
    let object = cx.get::<ObjectRow>((&bucket, &key)).await?.ok_or_else(|| Error::no_key(&key))?;
    check(wanted, &object, cx.now())?;
    Ok(object)
}

/// Unlike a read, a copy answers every condition that does not hold with 412.
fn check(wanted: &Conditions<'_>, object: &ObjectRow, now: Timestamp) -> Result<(), Error> {
    let modified_secs = Timestamp::from_millis(object.modified_at_millis).secs();
    let matches = |header: Option<&str>| header.map(|header| conditions::matches(header, &object.etag));
    let failed = |condition| Err(Error::PreconditionFailed { condition });
    match (matches(wanted.if_match), wanted.if_unmodified_since) {
        (Some(false), _) => return failed("x-amz-copy-source-If-Match"),
        (None, Some(since)) if modified_secs > since.secs() => {
            return failed("x-amz-copy-source-If-Unmodified-Since");
        }
        _ => {}
    }
    let if_modified_since = wanted.if_modified_since.filter(|since| *since <= now);
    match (matches(wanted.if_none_match), if_modified_since) {
        (Some(true), _) => failed("x-amz-copy-source-If-None-Match"),
        (None, Some(since)) if modified_secs <= since.secs() => failed("x-amz-copy-source-If-Modified-Since"),
        _ => Ok(()),
    }
}

/// The MD5 and a checksum of an object's bytes, read once.
pub(crate) async fn digests(
    cx: &Cx,
    object: &ObjectRow,
    algorithm: Algorithm,
) -> Result<(Digest, Vec<(Algorithm, Digest)>), Error> {
    let mut meter = Meter::new(&[algorithm]);
    let body = download::body(cx, object, 0..object.size)?;
    let mut pieces = body.take().ok_or_else(|| Error::from(Failure::internal("the body was taken")))?;
    while let Some(piece) = pieces.next().await {
        meter.update(&piece.map_err(Failure::internal)?);
    }
    meter.finish(&Wanted::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_paths() {
        for (source, bucket, key) in [
            ("photos/a/b", "photos", "a/b"),
            ("/photos/a%20b", "photos", "a b"),
            ("photos/a?versionId=null", "photos", "a"),
        ] {
            assert_eq!(parse(source).unwrap(), (bucket.to_owned(), key.to_owned()));
        }
        for source in ["photos", "photos/", "/", "", "photos/a?versionId=x"] {
            assert!(parse(source).is_err(), "{source}");
        }
    }
}
