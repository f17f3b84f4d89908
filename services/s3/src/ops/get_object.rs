//! GetObject.

use std::collections::BTreeMap;

use cloud::prelude::*;
use serde_json::json;
use wire::digest::Algorithm;

use crate::conditions::Read;
use crate::error::Error;
use crate::keys::ObjectRow;
use crate::{bucket, checksum, download, lifecycle};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    pub(super) bucket: String,
    #[shape(label)]
    pub(super) key: String,
    #[shape(header = "If-Match")]
    if_match: Option<String>,
    #[shape(header = "If-Modified-Since")]
    if_modified_since: Option<Timestamp>,
    #[shape(header = "If-None-Match")]
    if_none_match: Option<String>,
    #[shape(header = "If-Unmodified-Since")]
    if_unmodified_since: Option<Timestamp>,
    #[shape(header = "Range")]
    range: Option<String>,
    #[shape(querystring = "response-cache-control")]
    response_cache_control: Option<String>,
    #[shape(querystring = "response-content-disposition")]
    response_content_disposition: Option<String>,
    #[shape(querystring = "response-content-encoding")]
    response_content_encoding: Option<String>,
    #[shape(querystring = "response-content-language")]
    response_content_language: Option<String>,
    #[shape(querystring = "response-content-type")]
    response_content_type: Option<String>,
    #[shape(querystring = "response-expires")]
    response_expires: Option<String>,
    #[shape(querystring = "versionId")]
    version_id: Option<String>,
    #[shape(querystring = "partNumber", range = 1..=10000)]
    part_number: Option<i32>,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
    #[shape(header = "x-amz-checksum-mode")]
    checksum_mode: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(status)]
    status: i32,
    #[shape(payload)]
    pub(super) body: Option<Stream>,
    #[shape(header = "accept-ranges")]
    accept_ranges: String,
    #[shape(header = "Last-Modified")]
    last_modified: Timestamp,
    #[shape(header = "Content-Length")]
    content_length: i64,
    #[shape(header = "ETag", name = "ETag")]
    etag: String,
    #[shape(header = "x-amz-checksum-crc32", name = "ChecksumCRC32")]
    checksum_crc32: Option<String>,
    #[shape(header = "x-amz-checksum-crc32c", name = "ChecksumCRC32C")]
    checksum_crc32c: Option<String>,
    #[shape(header = "x-amz-checksum-crc64nvme", name = "ChecksumCRC64NVME")]
    checksum_crc64nvme: Option<String>,
    #[shape(header = "x-amz-checksum-sha1", name = "ChecksumSHA1")]
    checksum_sha1: Option<String>,
    #[shape(header = "x-amz-checksum-sha256", name = "ChecksumSHA256")]
    checksum_sha256: Option<String>,
    #[shape(header = "x-amz-checksum-type")]
    checksum_type: Option<String>,
    #[shape(header = "Cache-Control")]
    cache_control: Option<String>,
    #[shape(header = "Content-Disposition")]
    content_disposition: Option<String>,
    #[shape(header = "Content-Encoding")]
    content_encoding: Option<String>,
    #[shape(header = "Content-Language")]
    content_language: Option<String>,
    #[shape(header = "Content-Range")]
    content_range: Option<String>,
    #[shape(header = "Content-Type")]
    content_type: String,
    #[shape(header = "Expires")]
    expires: Option<String>,
    #[shape(header = "x-amz-website-redirect-location")]
    website_redirect_location: Option<String>,
    #[shape(header = "x-amz-server-side-encryption")]
    server_side_encryption: String,
    #[shape(headers = "x-amz-meta-")]
    metadata: BTreeMap<String, String>,
    #[shape(header = "x-amz-storage-class")]
    storage_class: Option<String>,
    #[shape(header = "x-amz-mp-parts-count")]
    parts_count: Option<i32>,
    #[shape(header = "x-amz-tagging-count")]
    tag_count: Option<i32>,
    #[shape(header = "x-amz-expiration")]
    pub(super) expiration: Option<String>,
}

pub(crate) struct GetObject;

impl Operation for GetObject {
    const NAME: &'static str = "GetObject";
    const KIND: Kind = Kind::Free;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}/{Key+}"));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(bucket::object_arn(&input.bucket, &input.key))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        bucket::terms(cx, &input.bucket).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = find(cx, &input).await?;
        let (range, partial) = wanted(&input, &row)?;
        let body = download::body(cx, &row, range.clone())?;
        let expiration = lifecycle::expiration(&bucket::open(cx, &input.bucket).await?, &row)?;
        Ok(Output { body: Some(body), expiration, ..output(&input, row, &range, partial) })
    }
}

/// The object, if it is there.
pub(super) async fn object(
    cx: &mut Cx,
    bucket: &str,
    key: &str,
    version: Option<&str>,
    owner: Option<&str>,
) -> Result<ObjectRow, Error> {
    let row = bucket::open(cx, bucket).await?;
    bucket::check_owner(&row, owner)?;
    if !matches!(version, None | Some("null")) {
        return Err(Error::InvalidArgument {
            message: "Invalid version id specified".to_owned(),
            name: "versionId",
            value: version.unwrap_or_default().to_owned(),
        });
    }
    match cx.get::<ObjectRow>((bucket, key)).await? {
        Some(object) => Ok(object),
        None => Err(missing(cx, bucket, key).await),
    }
}

/// Who may not list a bucket is not told what is missing in it (API reference of GetObject, "Permissions").
async fn missing(cx: &mut Cx, bucket: &str, key: &str) -> Error {
    let caller = cx.caller().clone();
    match cx.call_json(caller, "s3", "ListObjectsV2", &json!({"Bucket": bucket, "MaxKeys": 0})).await {
        Ok(_) => Error::no_key(key),
        Err(failure) if failure.status() == 403 => Error::AccessDenied("Access Denied".to_owned()),
        Err(failure) => failure.into(),
    }
}

/// The object, if it is there and the conditions hold.
pub(super) async fn find(cx: &mut Cx, input: &Input) -> Result<ObjectRow, Error> {
    let (version, owner) = (input.version_id.as_deref(), input.expected_bucket_owner.as_deref());
    let object = object(cx, &input.bucket, &input.key, version, owner).await?;
    let conditions = Read {
        if_match: input.if_match.clone(),
        if_none_match: input.if_none_match.clone(),
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    conditions.check(&object, cx.now())?;
    Ok(object)
}

/// The bytes that a request asks for, and whether they are a part of the object only.
pub(super) fn wanted(input: &Input, row: &ObjectRow) -> Result<(std::ops::Range<u64>, bool), Error> {
    let whole = 0..row.size;
    let Some(number) = input.part_number else {
        let range = download::range(input.range.as_deref(), row.size)?;
        return Ok((range.clone().unwrap_or(whole), range.is_some()));
    };
    if input.range.is_some() {
        return Err(Error::InvalidRequest(
            "Cannot specify both Range header and partNumber query parameter".to_owned(),
        ));
    }
    let index = usize::try_from(number - 1).unwrap_or(0);
    let parts = row.parts();
    if parts.is_empty() && index == 0 {
        return Ok((whole, true));
    }
    let Some(size) = parts.get(index) else {
        return Err(Error::Internal(Failure::new(
            "InvalidPartNumber",
            416,
            "The requested partnumber is not satisfiable",
        )));
    };
    let start: u64 = parts[..index].iter().sum();
    Ok((start..start + size, true))
}

/// Everything but the body.
pub(super) fn output(input: &Input, row: ObjectRow, range: &std::ops::Range<u64>, partial: bool) -> Output {
    let with_checksum =
        input.checksum_mode.as_deref().is_some_and(|mode| mode.eq_ignore_ascii_case("ENABLED"))
            && (!partial || input.part_number.is_some() || range.end - range.start == row.size);
    let checksum = |algorithm| with_checksum.then(|| checksum::of(&row.checksums, algorithm)).flatten();
    let content_range =
        (partial && row.size > 0).then(|| format!("bytes {}-{}/{}", range.start, range.end - 1, row.size));
    let count = |number: usize| (number > 0).then(|| i32::try_from(number).unwrap_or(i32::MAX));
    let override_with = |asked: &Option<String>, own: &Option<String>| asked.clone().or_else(|| own.clone());
    let headers = &row.headers;
    Output {
        expiration: None,
        status: if partial { 206 } else { 200 },
        body: None,
        accept_ranges: "bytes".to_owned(),
        last_modified: Timestamp::from_millis(row.modified_at_millis),
        content_length: i64::try_from(range.end - range.start).unwrap_or(i64::MAX),
        etag: format!("\"{}\"", row.etag),
        checksum_crc32: checksum(Algorithm::Crc32),
        checksum_crc32c: checksum(Algorithm::Crc32c),
        checksum_crc64nvme: checksum(Algorithm::Crc64Nvme),
        checksum_sha1: checksum(Algorithm::Sha1),
        checksum_sha256: checksum(Algorithm::Sha256),
        checksum_type: (with_checksum && !row.checksums.is_empty()).then(|| row.checksum_type.clone()),
        cache_control: override_with(&input.response_cache_control, &headers.cache_control),
        content_disposition: override_with(&input.response_content_disposition, &headers.content_disposition),
        content_encoding: override_with(&input.response_content_encoding, &headers.content_encoding),
        content_language: override_with(&input.response_content_language, &headers.content_language),
        content_range,
        content_type: override_with(&input.response_content_type, &headers.content_type)
            .unwrap_or_else(|| "binary/octet-stream".to_owned()),
        expires: override_with(&input.response_expires, &headers.expires),
        website_redirect_location: headers.website_redirect.clone(),
        server_side_encryption: "AES256".to_owned(),
        metadata: headers.metadata.clone(),
        storage_class: headers.storage_class.clone(),
        parts_count: input.part_number.and_then(|_| count(row.parts().len())),
        tag_count: count(row.tags.len()),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::{Value, json};
    use testkit::{World, anonymous};

    async fn world(body: &[u8]) -> World {
        let world = World::new(&[&crate::S3]).await;
        world.ok("s3", "CreateBucket", json!({"Bucket": "photos"})).await;
        let put = json!({"Bucket": "photos", "Key": "a/b", "Body": STANDARD.encode(body),
            "ContentType": "text/plain", "Metadata": {"Owner": "me"}});
        world.ok("s3", "PutObject", put).await;
        world
    }

    /// An answer of the operation, with its body read.
    async fn get(world: &World, input: Value) -> (Value, Vec<u8>) {
        let mut cx = world.cx();
        let (_, entry) = world.cloud().registry().operation("s3", "GetObject").unwrap();
        let doc = wire::json::from_value((entry.input)(), &input).unwrap();
        let answer = cx.call(testkit::root(), "s3", "GetObject", doc).await.unwrap();
        let body = match answer.member(1) {
            shape::Doc::Stream(stream) => stream.collect(1 << 20).await.unwrap().to_vec(),
            other => panic!("{other:?}"),
        };
        (wire::json::to_value((entry.output)(), &answer), body)
    }

    #[tokio::test]
    async fn gives_back_what_was_put() {
        let world = world(b"hello").await;
        let (answer, body) = get(&world, json!({"Bucket": "photos", "Key": "a/b"})).await;
        assert_eq!(body, b"hello");
        assert_eq!(answer["ContentType"], "text/plain");
        assert_eq!(answer["Metadata"], json!({"owner": "me"}));
        assert_eq!(answer["ContentLength"], 5);
    }

    #[tokio::test]
    async fn large_objects_are_files() {
        let large: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
        let world = world(&large).await;
        let (_, body) = get(&world, json!({"Bucket": "photos", "Key": "a/b"})).await;
        assert!(body == large);
        let (answer, body) =
            get(&world, json!({"Bucket": "photos", "Key": "a/b", "Range": "bytes=-4"})).await;
        assert_eq!(body, large[large.len() - 4..]);
        assert_eq!(
            (&answer["ContentRange"], &answer["Status"]),
            (&json!("bytes 799996-799999/800000"), &json!(206))
        );
    }

    #[tokio::test]
    async fn conditions() {
        let world = world(b"hello").await;
        let etag = "\"5d41402abc4b2a76b9719d911017c592\"";
        let failure = world
            .fails("s3", "GetObject", json!({"Bucket": "photos", "Key": "a/b", "IfNoneMatch": etag}))
            .await;
        assert_eq!(failure.status(), 304);
        let failure =
            world.fails("s3", "GetObject", json!({"Bucket": "photos", "Key": "a/b", "IfMatch": "x"})).await;
        assert_eq!((failure.code(), failure.status()), ("PreconditionFailed", 412));
        let behind = json!({"Bucket": "photos", "Key": "a/b", "Range": "bytes=5-"});
        assert_eq!(world.fails("s3", "GetObject", behind).await.status(), 416);
    }

    #[tokio::test]
    async fn strangers_are_denied() {
        let world = world(b"hello").await;
        let input = json!({"Bucket": "photos", "Key": "a/b"});
        let failure = world.call_as(anonymous(), "s3", "GetObject", input).await.unwrap_err();
        assert_eq!((failure.code(), failure.message()), ("AccessDenied", "Access Denied"));
    }
}
