//! Calls to S3.

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
