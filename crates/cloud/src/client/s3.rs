//! Calls to S3.

use bytes::Bytes;
use serde_json::json;
use shape::{Doc, Stream};

use super::{input, member};
use crate::caller::Caller;
use crate::cx::Cx;
use crate::failure::Failure;

/// Reads an object as `caller`.
pub async fn get_object(
    cx: &mut Cx,
    caller: Caller,
    bucket: &str,
    key: &str,
    version: Option<&str>,
) -> Result<Stream, Failure> {
    let mut members = vec![("Bucket", Doc::Text(bucket.to_owned())), ("Key", Doc::Text(key.to_owned()))];
    if let Some(version) = version {
        members.push(("VersionId", Doc::Text(version.to_owned())));
    }
    let document = input(cx, "s3", "GetObject", members)?;
    let mut output = cx.call(caller, "s3", "GetObject", document).await?;
    match member(cx, "s3", "GetObject", &mut output, "Body")? {
        Doc::Stream(stream) => Ok(stream),
        Doc::Blob(bytes) => Ok(Stream::once(bytes)),
        _ => Ok(Stream::empty()),
    }
}

/// Writes an object as `caller`; answers its ETag without the quotes. `owner` is the account that the bucket must be of.
pub async fn put_object(
    cx: &mut Cx,
    caller: Caller,
    bucket: &str,
    key: &str,
    owner: Option<&str>,
    body: Bytes,
) -> Result<String, Failure> {
    let mut members = vec![
        ("Bucket", Doc::Text(bucket.to_owned())),
        ("Key", Doc::Text(key.to_owned())),
        ("Body", Doc::Stream(Stream::once(body))),
    ];
    members.extend(owner.map(|owner| ("ExpectedBucketOwner", Doc::Text(owner.to_owned()))));
    let document = input(cx, "s3", "PutObject", members)?;
    let mut output = cx.call(caller, "s3", "PutObject", document).await?;
    match member(cx, "s3", "PutObject", &mut output, "ETag")? {
        Doc::Text(etag) => Ok(etag.trim_matches('"').to_owned()),
        _ => Err(Failure::internal("s3/PutObject answers no ETag")),
    }
}

/// The keys of a bucket's objects that begin with `prefix` and come behind `after`, and whether there are more.
pub async fn list_objects(
    cx: &mut Cx,
    caller: Caller,
    bucket: &str,
    prefix: &str,
    after: Option<&str>,
    owner: Option<&str>,
) -> Result<(Vec<String>, bool), Failure> {
    let mut asked = json!({"Bucket": bucket, "Prefix": prefix});
    if let Some(after) = after {
        asked["StartAfter"] = after.into();
    }
    if let Some(owner) = owner {
        asked["ExpectedBucketOwner"] = owner.into();
    }
    let answer = cx.call_json(caller, "s3", "ListObjectsV2", &asked).await?;
    let contents = answer["Contents"].as_array().map(Vec::as_slice).unwrap_or_default();
    let keys = contents.iter().filter_map(|object| Some(object["Key"].as_str()?.to_owned()));
    Ok((keys.collect(), answer["IsTruncated"].as_bool().unwrap_or_default()))
}
