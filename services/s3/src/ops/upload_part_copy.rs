//! UploadPartCopy.

use cloud::prelude::*;
use wire::digest::Algorithm;

use super::upload_part::keep;
use crate::bucket;
use crate::checksum::{self, Wanted};
use crate::copying::{self, Conditions as SourceConditions};
use crate::error::Error;
use crate::limits::PART_BYTES_MAX;
use crate::upload;
use crate::{download, multipart};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(label)]
    key: String,
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
    #[shape(header = "x-amz-copy-source-range")]
    copy_source_range: Option<String>,
    #[shape(querystring = "partNumber")]
    part_number: i32,
    #[shape(querystring = "uploadId")]
    upload_id: String,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
    #[shape(header = "x-amz-source-expected-bucket-owner")]
    expected_source_bucket_owner: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(payload)]
    copy_part_result: CopyPartResult,
    #[shape(header = "x-amz-server-side-encryption")]
    server_side_encryption: String,
}

#[derive(Shape)]
struct CopyPartResult {
    #[shape(name = "ETag")]
    etag: String,
    last_modified: Timestamp,
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

pub(crate) struct UploadPartCopy;

impl Operation for UploadPartCopy {
    const NAME: &'static str = "UploadPartCopy";
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
        let number = multipart::check_number(input.part_number)?;
        let owner = input.expected_bucket_owner.as_deref();
        let (_, upload) = multipart::open(cx, &input.bucket, &input.key, &input.upload_id, owner).await?;
        let conditions = SourceConditions {
            if_match: input.copy_source_if_match.as_deref(),
            if_none_match: input.copy_source_if_none_match.as_deref(),
            if_modified_since: input.copy_source_if_modified_since,
            if_unmodified_since: input.copy_source_if_unmodified_since,
            owner: input.expected_source_bucket_owner.as_deref(),
        };
        let source = copying::source(cx, &input.copy_source, &conditions).await?;
        let range = range(input.copy_source_range.as_deref(), source.size)?;
        let body = download::body(cx, &source, range)?;
        let algorithms = multipart::algorithms(&upload, None)?;
        let shown = upload.algorithm.is_some();
        let wanted = Wanted::default();
        let terms = upload::Terms {
            wanted: &wanted,
            algorithms: &algorithms,
            size_max: PART_BYTES_MAX,
            inline_max: 0,
        };
        let taken = upload::take(cx, &body, &terms).await?;
        let part = keep(cx, upload, number, taken).await?;
        let sums = if shown { part.checksums } else { Default::default() };
        let copy_part_result = CopyPartResult {
            etag: format!("\"{}\"", part.etag),
            last_modified: Timestamp::from_millis(part.modified_at_millis),
            checksum_crc32: checksum::of(&sums, Algorithm::Crc32),
            checksum_crc32c: checksum::of(&sums, Algorithm::Crc32c),
            checksum_crc64nvme: checksum::of(&sums, Algorithm::Crc64Nvme),
            checksum_sha1: checksum::of(&sums, Algorithm::Sha1),
            checksum_sha256: checksum::of(&sums, Algorithm::Sha256),
        };
        Ok(Output { copy_part_result, server_side_encryption: "AES256".to_owned() })
    }
}

/// Only `bytes=first-last` is a range here, and it must lie in the source.
fn range(header: Option<&str>, size: u64) -> Result<std::ops::Range<u64>, Error> {
    let Some(header) = header else {
        return Ok(0..size);
    };
    let invalid = |message: String| Error::InvalidArgument {
        message,
        name: "x-amz-copy-source-range",
        value: header.to_owned(),
    };
    let bounds = header.strip_prefix("bytes=").and_then(|spec| spec.split_once('-'));
    let bounds =
        bounds.and_then(|(first, last)| Some((first.parse::<u64>().ok()?, last.parse::<u64>().ok()?)));
    let (first, last) = bounds.filter(|(first, last)| first <= last).ok_or_else(|| {
        let text = "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are \
                    the zero-based offsets of the first and last bytes to copy";
        invalid(text.to_owned())
    })?;
    if last >= size {
        return Err(invalid(format!("Range specified is not valid for source object of size: {size}")));
    }
    Ok(first..last + 1)
}
