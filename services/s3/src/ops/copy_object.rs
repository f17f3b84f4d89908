//! CopyObject: the files are shared, nothing is copied.
//!
//! Differs from AWS: what PutObject refuses is refused here, too.

use std::collections::BTreeMap;
use std::sync::Arc;

use cloud::prelude::*;
use wire::digest::Algorithm;

use super::put_object::store;
use crate::announce::Announcement;
use crate::bucket;
use crate::copying::{self, Conditions as SourceConditions};
use crate::error::Error;
use crate::headers::{self, Asked};
use crate::keys::{Headers, ObjectRow};
use crate::limits::COPY_BYTES_MAX;
use crate::{checksum, event, multipart};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(header = "x-amz-acl", name = "ACL")]
    acl: Option<String>,
    #[shape(label)]
    bucket: String,
    #[shape(label)]
    key: String,
    #[shape(header = "Cache-Control")]
    cache_control: Option<String>,
    #[shape(header = "x-amz-checksum-algorithm")]
    checksum_algorithm: Option<String>,
    #[shape(header = "Content-Disposition")]
    content_disposition: Option<String>,
    #[shape(header = "Content-Encoding")]
    content_encoding: Option<String>,
    #[shape(header = "Content-Language")]
    content_language: Option<String>,
    #[shape(header = "Content-Type")]
    content_type: Option<String>,
    #[shape(header = "x-amz-copy-source")]
    copy_source: String,
    #[shape(header = "x-amz-copy-source-if-match")]
    copy_source_if_match: Option<String>,
    #[shape(header = "x-amz-copy-source-if-modified-since")]
    copy_source_if_modified_since: Option<Timestamp>,
    #[shape(header = "x-amz-copy-source-if-none-match")]
    copy_source_if_none_match: Option<String>,
    #[shape(header = "x-amz-copy-source-if-unmodified-since")]
    copy_source_if_unmodified_since: Option<Timestamp>,
    #[shape(header = "Expires")]
    expires: Option<String>,
    #[shape(header = "x-amz-grant-full-control")]
    grant_full_control: Option<String>,
    #[shape(header = "x-amz-grant-read")]
    grant_read: Option<String>,
    #[shape(header = "x-amz-grant-read-acp", name = "GrantReadACP")]
    grant_read_acp: Option<String>,
    #[shape(header = "x-amz-grant-write-acp", name = "GrantWriteACP")]
    grant_write_acp: Option<String>,
    #[shape(header = "If-Match")]
    if_match: Option<String>,
    #[shape(header = "If-None-Match")]
    if_none_match: Option<String>,
    #[shape(headers = "x-amz-meta-")]
    metadata: Option<BTreeMap<String, String>>,
    #[shape(header = "x-amz-metadata-directive")]
    metadata_directive: Option<String>,
    #[shape(header = "x-amz-tagging-directive")]
    tagging_directive: Option<String>,
    #[shape(header = "x-amz-server-side-encryption")]
    server_side_encryption: Option<String>,
    #[shape(header = "x-amz-storage-class")]
    storage_class: Option<String>,
    #[shape(header = "x-amz-website-redirect-location")]
    website_redirect_location: Option<String>,
    #[shape(header = "x-amz-server-side-encryption-customer-algorithm", name = "SSECustomerAlgorithm")]
    sse_customer_algorithm: Option<String>,
    #[shape(header = "x-amz-server-side-encryption-aws-kms-key-id", name = "SSEKMSKeyId")]
    sse_kms_key_id: Option<String>,
    #[shape(header = "x-amz-tagging")]
    tagging: Option<String>,
    #[shape(header = "x-amz-object-lock-mode")]
    object_lock_mode: Option<String>,
    #[shape(header = "x-amz-object-lock-retain-until-date")]
    object_lock_retain_until_date: Option<String>,
    #[shape(header = "x-amz-object-lock-legal-hold")]
    object_lock_legal_hold_status: Option<String>,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
    #[shape(header = "x-amz-source-expected-bucket-owner")]
    expected_source_bucket_owner: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(payload)]
    copy_object_result: CopyObjectResult,
    #[shape(header = "x-amz-server-side-encryption")]
    server_side_encryption: String,
}

#[derive(Shape)]
struct CopyObjectResult {
    #[shape(name = "ETag")]
    etag: String,
    last_modified: Timestamp,
    checksum_type: String,
    #[shape(name = "ChecksumCRC32")]
    checksum_crc32: Option<String>,
    #[shape(name = "ChecksumCRC32C")]
    checksum_crc32c: Option<String>,
    #[shape(name = "ChecksumCRC64NVME")]
    checksum_crc64nvme: Option<String>,
    #[shape(name = "ChecksumSHA1")]
    checksum_sha1: Option<String>,
    #[shape(name = "ChecksumSHA256")]
    checksum_sha256: Option<String>,
}

pub(crate) struct CopyObject;

impl Operation for CopyObject {
    const NAME: &'static str = "CopyObject";
    const KIND: Kind = Kind::Free;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/{Bucket}/{Key+}", 200));
    const ACTION: Option<&'static str> = Some("PutObject");
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
        bucket::check_key(&input.key)?;
        let replaces = directive(input.metadata_directive.as_deref(), "x-amz-metadata-directive")?;
        let retags = directive(input.tagging_directive.as_deref(), "x-amz-tagging-directive")?;
        let row = bucket::open(cx, &input.bucket).await?;
        bucket::check_owner(&row, input.expected_bucket_owner.as_deref())?;
        let conditions = SourceConditions {
            if_match: input.copy_source_if_match.as_deref(),
            if_none_match: input.copy_source_if_none_match.as_deref(),
            if_modified_since: input.copy_source_if_modified_since,
            if_unmodified_since: input.copy_source_if_unmodified_since,
            owner: input.expected_source_bucket_owner.as_deref(),
        };
        let source = copying::source(cx, &input.copy_source, &conditions).await?;
        check(&input, &source, replaces)?;
        headers::check(&asked(&input))?;
        let mut object = ObjectRow {
            bucket: input.bucket.clone(),
            key: input.key.clone(),
            modified_at_millis: cx.now().millis(),
            headers: if replaces { new_headers(&input)? } else { source.headers.clone() },
            tags: if retags { headers::tags(input.tagging.as_deref())? } else { source.tags.clone() },
            multipart: false,
            part_checksums: String::new(),
            ..source.clone()
        };
        object.headers.storage_class = input.storage_class.clone().filter(|class| class != "STANDARD");
        object.headers.website_redirect = input.website_redirect_location.clone();
        sum_up(cx, &input, &source, &mut object).await?;
        let object = Arc::new(object);
        let said = Announcement::of(cx, &row, event::Kind::Copy, &object)?;
        store(cx, object.clone(), said, input.if_match, input.if_none_match).await?;
        let copy_object_result = CopyObjectResult {
            etag: format!("\"{}\"", object.etag),
            last_modified: Timestamp::from_millis(object.modified_at_millis),
            checksum_type: object.checksum_type.clone(),
            checksum_crc32: checksum::of(&object.checksums, Algorithm::Crc32),
            checksum_crc32c: checksum::of(&object.checksums, Algorithm::Crc32c),
            checksum_crc64nvme: checksum::of(&object.checksums, Algorithm::Crc64Nvme),
            checksum_sha1: checksum::of(&object.checksums, Algorithm::Sha1),
            checksum_sha256: checksum::of(&object.checksums, Algorithm::Sha256),
        };
        Ok(Output { copy_object_result, server_side_encryption: "AES256".to_owned() })
    }
}

fn asked(input: &Input) -> Asked<'_> {
    Asked {
        acl: input.acl.as_deref(),
        grant: [&input.grant_full_control, &input.grant_read, &input.grant_read_acp, &input.grant_write_acp]
            .into_iter()
            .find_map(Option::as_deref),
        encryption: input.server_side_encryption.as_deref(),
        kms_key: input.sse_kms_key_id.as_deref(),
        customer_key: input.sse_customer_algorithm.as_deref(),
        lock: [
            &input.object_lock_mode,
            &input.object_lock_retain_until_date,
            &input.object_lock_legal_hold_status,
        ]
        .into_iter()
        .find_map(Option::as_deref),
        storage_class: input.storage_class.as_deref(),
    }
}

/// Whether the source's own is replaced.
fn directive(said: Option<&str>, header: &'static str) -> Result<bool, Error> {
    match said {
        None | Some("COPY") => Ok(false),
        Some("REPLACE") => Ok(true),
        Some(other) => Err(Error::InvalidArgument {
            message: "Unknown metadata directive.".to_owned(),
            name: header,
            value: other.to_owned(),
        }),
    }
}

/// Refuses a copy that is too large, or that changes nothing (recorded text).
fn check(input: &Input, source: &ObjectRow, replaces: bool) -> Result<(), Error> {
    if source.size > COPY_BYTES_MAX {
        return Err(Error::InvalidRequest(format!(
            "The specified copy source is larger than the maximum allowable size for a copy source: {COPY_BYTES_MAX}"
        )));
    }
    let changes = replaces
        || input.storage_class.is_some()
        || input.website_redirect_location.is_some()
        || input.server_side_encryption.is_some();
    if source.bucket == input.bucket && source.key == input.key && !changes {
        return Err(Error::InvalidRequest(
            "This copy request is illegal because it is trying to copy an object to itself without changing the \
             object's metadata, storage class, website redirect location or encryption attributes."
                .to_owned(),
        ));
    }
    Ok(())
}

fn new_headers(input: &Input) -> Result<Headers, Error> {
    Ok(Headers {
        content_type: input.content_type.clone(),
        cache_control: input.cache_control.clone(),
        content_disposition: input.content_disposition.clone(),
        content_encoding: input.content_encoding.as_deref().and_then(headers::content_encoding),
        content_language: input.content_language.clone(),
        expires: input.expires.clone(),
        website_redirect: None,
        storage_class: None,
        metadata: headers::metadata(input.metadata.clone())?,
    })
}

/// A copy is one piece: what was uploaded in parts, or is asked for in another algorithm, is read once for its sums.
async fn sum_up(cx: &Cx, input: &Input, source: &ObjectRow, object: &mut ObjectRow) -> Result<(), Error> {
    let asked = input.checksum_algorithm.as_deref();
    let (asked, _) = multipart::kind(asked, None)?;
    let own = source.checksums.keys().next().and_then(|name| Algorithm::parse(name));
    let algorithm = asked.or(own).unwrap_or(Algorithm::Crc64Nvme);
    if source.multipart || own != Some(algorithm) {
        let (md5, sums) = copying::digests(cx, source, algorithm).await?;
        object.etag = md5.hex();
        object.checksums = checksum::stored(&sums);
    }
    object.checksum_type = multipart::FULL.to_owned();
    Ok(())
}
