//! CompleteMultipartUpload: the parts become an object without being copied.

use cloud::prelude::*;
use wire::digest::Algorithm;

use crate::announce::Announcement;
use crate::bucket;
use crate::error::Error;
use crate::keys::{self, Content, ObjectRow, PartRow, UploadRow};
use crate::multipart::{self, Listed};
use crate::{checksum, conditions, event, lifecycle};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(label)]
    key: String,
    #[shape(payload)]
    multipart_upload: Option<CompletedUpload>,
    #[shape(querystring = "uploadId")]
    upload_id: String,
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
    #[shape(header = "x-amz-mp-object-size")]
    mpu_object_size: Option<i64>,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
    #[shape(header = "If-Match")]
    if_match: Option<String>,
    #[shape(header = "If-None-Match")]
    if_none_match: Option<String>,
}

#[derive(Shape)]
#[shape(xml = "CompleteMultipartUpload")]
struct CompletedUpload {
    #[shape(flat, xml = "Part")]
    parts: Option<Vec<CompletedPart>>,
}

#[derive(Clone, Shape)]
struct CompletedPart {
    #[shape(name = "ETag")]
    etag: Option<String>,
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
    part_number: Option<i32>,
}

#[derive(Shape)]
#[shape(xml = "CompleteMultipartUploadResult")]
pub(crate) struct Output {
    #[shape(header = "x-amz-expiration")]
    expiration: Option<String>,
    location: String,
    bucket: String,
    key: String,
    #[shape(name = "ETag")]
    etag: String,
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
    checksum_type: String,
    #[shape(header = "x-amz-server-side-encryption")]
    server_side_encryption: String,
}

pub(crate) struct CompleteMultipartUpload;

impl Operation for CompleteMultipartUpload {
    const NAME: &'static str = "CompleteMultipartUpload";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/{Bucket}/{Key+}", 200));
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
        let owner = input.expected_bucket_owner.as_deref();
        let (row, upload) = multipart::open(cx, &input.bucket, &input.key, &input.upload_id, owner).await?;
        let stored = multipart::parts(cx.tx(), &upload.id).await?;
        let parts = multipart::select(&upload, stored, &listed(&input, &upload))?;
        let object = object(cx, &upload, &parts)?;
        check(&input, &object)?;
        let old = cx.get::<ObjectRow>((&input.bucket, &input.key)).await?;
        let (if_match, if_none_match) = (input.if_match.as_deref(), input.if_none_match.as_deref());
        conditions::check_write(if_match, if_none_match, old.as_ref(), &input.key)?;
        let now_millis = cx.now().millis();
        let kept: Vec<u32> = parts.iter().map(|part| part.number).collect();
        multipart::remove(cx.tx(), &upload, &kept, now_millis).await?;
        keys::take_over(cx.tx(), &object, old.as_ref(), now_millis).await?;
        Announcement::of(cx, &row, event::Kind::Complete, &object)?.send_now(cx)?;
        Ok(Output {
            expiration: lifecycle::expiration(&row, &object)?,
            location: format!("{}/{}/{}", cx.cloud().endpoint(), object.bucket, object.key),
            etag: format!("\"{}\"", object.etag),
            checksum_crc32: checksum::of(&object.checksums, Algorithm::Crc32),
            checksum_crc32c: checksum::of(&object.checksums, Algorithm::Crc32c),
            checksum_crc64nvme: checksum::of(&object.checksums, Algorithm::Crc64Nvme),
            checksum_sha1: checksum::of(&object.checksums, Algorithm::Sha1),
            checksum_sha256: checksum::of(&object.checksums, Algorithm::Sha256),
            checksum_type: object.checksum_type,
            bucket: object.bucket,
            key: object.key,
            server_side_encryption: "AES256".to_owned(),
        })
    }
}

fn listed(input: &Input, upload: &UploadRow) -> Vec<Listed> {
    let parts = input.multipart_upload.iter().flat_map(|upload| upload.parts.iter().flatten());
    let listed = parts.map(|part| {
        let part = part.clone();
        let checksum = match upload.algorithm.as_deref().and_then(Algorithm::parse) {
            Some(Algorithm::Crc32) => part.checksum_crc32,
            Some(Algorithm::Crc32c) => part.checksum_crc32c,
            Some(Algorithm::Crc64Nvme) => part.checksum_crc64nvme,
            Some(Algorithm::Sha1) => part.checksum_sha1,
            Some(Algorithm::Sha256) => part.checksum_sha256,
            Some(Algorithm::Md5) | None => None,
        };
        Listed { number: part.part_number, etag: part.etag, checksum }
    });
    listed.collect()
}

fn object(cx: &Cx, upload: &UploadRow, parts: &[PartRow]) -> Result<ObjectRow, Error> {
    let (algorithm, sum) = multipart::checksum(upload, parts)?;
    Ok(ObjectRow {
        bucket: upload.bucket.clone(),
        key: upload.key.clone(),
        size: parts.iter().map(|part| part.blob.size).sum(),
        etag: multipart::etag(parts)?,
        modified_at_millis: cx.now().millis(),
        content: Content::Blobs(parts.iter().map(|part| part.blob.clone()).collect()),
        headers: upload.headers.clone(),
        checksums: [(algorithm.name().to_owned(), sum)].into(),
        checksum_type: upload.checksum_type.clone(),
        multipart: true,
        part_checksums: multipart::part_checksums(upload, parts),
        tags: upload.tags.clone(),
    })
}

/// Refuses an object that is not what the client expects of the whole.
fn check(input: &Input, object: &ObjectRow) -> Result<(), Error> {
    if input.checksum_type.as_ref().is_some_and(|expected| *expected != object.checksum_type) {
        return Err(Error::InvalidRequest(format!(
            "The upload was created using the {} checksum mode. The complete request must use the same checksum mode.",
            object.checksum_type
        )));
    }
    if input.mpu_object_size.is_some_and(|expected| u64::try_from(expected) != Ok(object.size)) {
        return Err(Error::InvalidRequest(format!(
            "The provided 'x-amz-mp-object-size' header value {} does not match what was computed: {}",
            input.mpu_object_size.unwrap_or_default(),
            object.size
        )));
    }
    let expected = [
        (Algorithm::Crc32, &input.checksum_crc32),
        (Algorithm::Crc32c, &input.checksum_crc32c),
        (Algorithm::Crc64Nvme, &input.checksum_crc64nvme),
        (Algorithm::Sha1, &input.checksum_sha1),
        (Algorithm::Sha256, &input.checksum_sha256),
    ];
    for (algorithm, expected) in expected {
        let Some(expected) = expected else { continue };
        // A composite may be said with or without the number of parts.
        let own = checksum::of(&object.checksums, algorithm);
        let same = own.is_some_and(|own| own == *expected || own.split('-').next() == Some(expected));
        if !same {
            let name = algorithm.name().to_ascii_lowercase();
            return Err(Error::BadDigest { name, what: "the calculated checksum" });
        }
    }
    Ok(())
}
