//! PutObject.
//!
//! Differs from AWS: encryption with KMS or customer keys, access control lists, object lock and archives are refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use cloud::prelude::*;
use store::layer::table;
use wire::digest::Algorithm;

use crate::announce::Announcement;
use crate::checksum::{self, Said, Wanted};
use crate::error::Error;
use crate::headers::{self, Asked};
use crate::keys::{self, BucketRow, Headers, ObjectRow};
use crate::limits::{INLINE_BYTES_MAX, PUT_BYTES_MAX};
use crate::upload::{self, Taken};
use crate::{bucket, conditions, event, lifecycle};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(header = "x-amz-acl", name = "ACL")]
    acl: Option<String>,
    #[shape(payload)]
    body: Option<Stream>,
    #[shape(label)]
    bucket: String,
    #[shape(label)]
    key: String,
    #[shape(header = "Cache-Control")]
    cache_control: Option<String>,
    #[shape(header = "Content-Disposition")]
    content_disposition: Option<String>,
    #[shape(header = "Content-Encoding")]
    content_encoding: Option<String>,
    #[shape(header = "Content-Language")]
    content_language: Option<String>,
    #[shape(header = "Content-MD5", name = "ContentMD5")]
    content_md5: Option<String>,
    #[shape(header = "Content-Type")]
    content_type: Option<String>,
    #[shape(header = "Expires")]
    expires: Option<String>,
    #[shape(header = "x-amz-sdk-checksum-algorithm")]
    checksum_algorithm: Option<String>,
    #[shape(header = "x-amz-trailer")]
    trailer: Option<String>,
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
    #[shape(header = "x-amz-write-offset-bytes")]
    write_offset_bytes: Option<String>,
    #[shape(header = "If-Match")]
    if_match: Option<String>,
    #[shape(header = "If-None-Match")]
    if_none_match: Option<String>,
    #[shape(header = "x-amz-grant-full-control")]
    grant_full_control: Option<String>,
    #[shape(header = "x-amz-grant-read")]
    grant_read: Option<String>,
    #[shape(header = "x-amz-grant-read-acp", name = "GrantReadACP")]
    grant_read_acp: Option<String>,
    #[shape(header = "x-amz-grant-write-acp", name = "GrantWriteACP")]
    grant_write_acp: Option<String>,
    #[shape(headers = "x-amz-meta-")]
    metadata: Option<BTreeMap<String, String>>,
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
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(header = "x-amz-expiration")]
    expiration: Option<String>,
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
    checksum_type: String,
    #[shape(header = "x-amz-server-side-encryption")]
    server_side_encryption: String,
}

pub(crate) struct PutObject;

impl Operation for PutObject {
    const NAME: &'static str = "PutObject";
    const KIND: Kind = Kind::Free;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/{Bucket}/{Key+}", 200));
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
        headers::check(&asked(&input))?;
        // Without it the rest of an object would take the place of the whole.
        headers::directory_only("x-amz-write-offset-bytes", input.write_offset_bytes.as_deref())?;
        let wanted = wanted(&input)?;
        let row = bucket::open(cx, &input.bucket).await?;
        bucket::check_owner(&row, input.expected_bucket_owner.as_deref())?;
        let metadata = headers::metadata(input.metadata.clone())?;
        let tags = headers::tags(input.tagging.as_deref())?;
        let body = input.body.clone().unwrap_or_else(Stream::empty);
        // CRC64NVME is what S3 adds by itself.
        let terms = upload::Terms {
            wanted: &wanted,
            algorithms: &[wanted.algorithm.unwrap_or(Algorithm::Crc64Nvme)],
            size_max: PUT_BYTES_MAX,
            inline_max: INLINE_BYTES_MAX,
        };
        let taken = upload::take(cx, &body, &terms).await?;
        let object = Arc::new(object(cx, &input, metadata, tags, taken));
        let said = Announcement::of(cx, &row, event::Kind::Put, &object)?;
        store(cx, object.clone(), said, input.if_match, input.if_none_match).await?;
        Ok(Output {
            expiration: lifecycle::expiration(&row, &object)?,
            etag: format!("\"{}\"", object.etag),
            checksum_crc32: checksum::of(&object.checksums, Algorithm::Crc32),
            checksum_crc32c: checksum::of(&object.checksums, Algorithm::Crc32c),
            checksum_crc64nvme: checksum::of(&object.checksums, Algorithm::Crc64Nvme),
            checksum_sha1: checksum::of(&object.checksums, Algorithm::Sha1),
            checksum_sha256: checksum::of(&object.checksums, Algorithm::Sha256),
            checksum_type: object.checksum_type.clone(),
            server_side_encryption: "AES256".to_owned(),
        })
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

fn wanted(input: &Input) -> Result<Wanted, Error> {
    Wanted::read(&Said {
        algorithm: input.checksum_algorithm.as_deref(),
        trailer: input.trailer.as_deref(),
        content_md5: input.content_md5.as_deref(),
        values: [
            (Algorithm::Crc32, input.checksum_crc32.as_deref()),
            (Algorithm::Crc32c, input.checksum_crc32c.as_deref()),
            (Algorithm::Crc64Nvme, input.checksum_crc64nvme.as_deref()),
            (Algorithm::Sha1, input.checksum_sha1.as_deref()),
            (Algorithm::Sha256, input.checksum_sha256.as_deref()),
        ],
    })
}

fn object(
    cx: &Cx,
    input: &Input,
    metadata: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
    taken: Taken,
) -> ObjectRow {
    let headers = Headers {
        content_type: input.content_type.clone(),
        cache_control: input.cache_control.clone(),
        content_disposition: input.content_disposition.clone(),
        content_encoding: input.content_encoding.as_deref().and_then(headers::content_encoding),
        content_language: input.content_language.clone(),
        expires: input.expires.clone(),
        website_redirect: input.website_redirect_location.clone(),
        storage_class: input.storage_class.clone().filter(|class| class != "STANDARD"),
        metadata,
    };
    ObjectRow {
        bucket: input.bucket.clone(),
        key: input.key.clone(),
        size: taken.size,
        etag: taken.md5.hex(),
        modified_at_millis: cx.now().millis(),
        content: taken.content,
        headers,
        checksums: checksum::stored(&taken.sums),
        checksum_type: "FULL_OBJECT".to_owned(),
        multipart: false,
        part_checksums: String::new(),
        tags,
    }
}

/// Puts a finished object in its place, if the conditions hold and the bucket is still there, and says so.
pub(super) async fn store(
    cx: &Cx,
    object: Arc<ObjectRow>,
    said: Announcement,
    if_match: Option<String>,
    if_none_match: Option<String>,
) -> Result<(), Error> {
    let (now_millis, cloud) = (cx.now().millis(), cx.cloud().clone());
    cx.transact(move |tx| {
        let (object, if_match, if_none_match) = (object.clone(), if_match.clone(), if_none_match.clone());
        let (said, cloud) = (said.clone(), cloud.clone());
        Box::pin(async move {
            if !table::exists::<BucketRow>(tx, (&object.bucket,)).await? {
                return Err(Error::no_bucket(&object.bucket));
            }
            let old = table::get::<ObjectRow>(tx, (&object.bucket, &object.key)).await?;
            conditions::check_write(
                if_match.as_deref(),
                if_none_match.as_deref(),
                old.as_ref(),
                &object.key,
            )?;
            keys::put_object(tx, &object, old.as_ref(), now_millis).await?;
            Ok(said.send(&cloud, tx)?)
        })
    })
    .await
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::json;
    use testkit::{World, nobody};

    async fn world() -> World {
        let world = World::new(&[&crate::S3]).await;
        world.ok("s3", "CreateBucket", json!({"Bucket": "photos"})).await;
        world
    }

    fn body(text: &str) -> String {
        STANDARD.encode(text)
    }

    /// The ETag is the MD5 of the body (S3 API reference, "ETag").
    #[tokio::test]
    async fn answers_etag_and_checksum() {
        let world = world().await;
        let put =
            json!({"Bucket": "photos", "Key": "a", "Body": body("hello"), "ChecksumAlgorithm": "SHA256"});
        let answer = world.ok("s3", "PutObject", put).await;
        assert_eq!(answer["ETag"], "\"5d41402abc4b2a76b9719d911017c592\"");
        assert_eq!(answer["ChecksumSHA256"], "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
        assert_eq!(answer["ServerSideEncryption"], "AES256");
    }

    #[tokio::test]
    async fn wrong_digests_leave_nothing() {
        let world = world().await;
        let wrong_md5 = json!({"Bucket": "photos", "Key": "a", "Body": body("hello"),
            "ContentMD5": "1B2M2Y8AsgTpgAmY7PhCfg=="});
        let (code, text) = world.error("s3", "PutObject", wrong_md5).await;
        assert_eq!(code, "BadDigest");
        assert_eq!(text, "The Content-MD5 you specified did not match what we received.");
        let wrong_crc =
            json!({"Bucket": "photos", "Key": "a", "Body": body("hello"), "ChecksumCRC32": "AAAAAA=="});
        assert_eq!(world.error("s3", "PutObject", wrong_crc).await.0, "BadDigest");
        assert_eq!(
            world.error("s3", "GetObject", json!({"Bucket": "photos", "Key": "a"})).await.0,
            "NoSuchKey"
        );
    }

    #[tokio::test]
    async fn conditions_decide_on_what_is_there() {
        let world = world().await;
        let create = json!({"Bucket": "photos", "Key": "a", "Body": body("1"), "IfNoneMatch": "*"});
        let first = world.ok("s3", "PutObject", create.clone()).await;
        assert_eq!(world.error("s3", "PutObject", create).await.0, "PreconditionFailed");
        let replace = json!({"Bucket": "photos", "Key": "a", "Body": body("2"), "IfMatch": first["ETag"]});
        world.ok("s3", "PutObject", replace.clone()).await;
        assert_eq!(world.error("s3", "PutObject", replace).await.0, "PreconditionFailed");
        let missing = json!({"Bucket": "photos", "Key": "b", "Body": body("2"), "IfMatch": "x"});
        assert_eq!(world.error("s3", "PutObject", missing).await.0, "NoSuchKey");
    }

    #[tokio::test]
    async fn what_is_not_supported_is_refused() {
        let world = world().await;
        for (member, value, code) in [
            ("ACL", "public-read", "AccessControlListNotSupported"),
            ("GrantReadACP", "id=x", "AccessControlListNotSupported"),
            ("GrantWriteACP", "id=x", "AccessControlListNotSupported"),
            ("ObjectLockLegalHoldStatus", "ON", "InvalidRequest"),
            ("ObjectLockRetainUntilDate", "2030-01-01T00:00:00Z", "InvalidRequest"),
            ("WriteOffsetBytes", "10", "NotImplemented"),
            ("ServerSideEncryption", "aws:kms", "NotImplemented"),
            ("StorageClass", "GLACIER", "NotImplemented"),
            ("StorageClass", "CHEAP", "InvalidStorageClass"),
        ] {
            let mut put = json!({"Bucket": "photos", "Key": "a", "Body": body("1")});
            put[member] = json!(value);
            assert_eq!(world.error("s3", "PutObject", put).await.0, code, "{member} {value}");
        }
        let long = json!({"Bucket": "photos", "Key": "k".repeat(1025), "Body": body("1")});
        assert_eq!(world.error("s3", "PutObject", long).await.0, "KeyTooLongError");
        assert_eq!(
            world.error("s3", "PutObject", json!({"Bucket": "none", "Key": "a"})).await.0,
            "NoSuchBucket"
        );
    }

    #[tokio::test]
    async fn nobody_is_denied() {
        let world = world().await;
        let put = json!({"Bucket": "photos", "Key": "a", "Body": body("1")});
        let failure = world.call_as(nobody(), "s3", "PutObject", put).await.unwrap_err();
        assert_eq!((failure.code(), failure.status()), ("AccessDenied", 403));
    }
}
