//! UploadPart.

use std::sync::Arc;

use cloud::prelude::*;
use wire::digest::Algorithm;

use crate::bucket;
use crate::checksum::{self, Said, Wanted};
use crate::error::Error;
use crate::keys::{Content, PartRow, UploadRow};
use crate::limits::PART_BYTES_MAX;
use crate::multipart;
use crate::upload::{self, Taken};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(payload)]
    body: Option<Stream>,
    #[shape(label)]
    bucket: String,
    #[shape(label)]
    key: String,
    #[shape(querystring = "partNumber")]
    part_number: i32,
    #[shape(querystring = "uploadId")]
    upload_id: String,
    #[shape(header = "Content-MD5", name = "ContentMD5")]
    content_md5: Option<String>,
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
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(header = "x-amz-server-side-encryption")]
    server_side_encryption: String,
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
}

pub(crate) struct UploadPart;

impl Operation for UploadPart {
    const NAME: &'static str = "UploadPart";
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
        let wanted = wanted(&input)?;
        let owner = input.expected_bucket_owner.as_deref();
        let (_, upload) = multipart::open(cx, &input.bucket, &input.key, &input.upload_id, owner).await?;
        let algorithms = multipart::algorithms(&upload, wanted.algorithm)?;
        let body = input.body.clone().unwrap_or_else(Stream::empty);
        let terms = upload::Terms {
            wanted: &wanted,
            algorithms: &algorithms,
            size_max: PART_BYTES_MAX,
            inline_max: 0,
        };
        let taken = upload::take(cx, &body, &terms).await?;
        let part = keep(cx, upload, number, taken).await?;
        // The checksum that S3 adds for itself is not told.
        let told = algorithms.last().filter(|_| wanted.algorithm.is_some());
        let sums =
            told.map(|algorithm| (algorithm.name().to_owned(), part.checksums[algorithm.name()].clone()));
        let sums = sums.into_iter().collect();
        Ok(Output {
            server_side_encryption: "AES256".to_owned(),
            etag: format!("\"{}\"", part.etag),
            checksum_crc32: checksum::of(&sums, Algorithm::Crc32),
            checksum_crc32c: checksum::of(&sums, Algorithm::Crc32c),
            checksum_crc64nvme: checksum::of(&sums, Algorithm::Crc64Nvme),
            checksum_sha1: checksum::of(&sums, Algorithm::Sha1),
            checksum_sha256: checksum::of(&sums, Algorithm::Sha256),
        })
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

/// Makes what was taken in a part of the upload, if that is still there.
pub(super) async fn keep(cx: &Cx, upload: UploadRow, number: u32, taken: Taken) -> Result<PartRow, Error> {
    let Content::Blobs(mut blobs) = taken.content else {
        return Err(Failure::internal("a part that is no file").into());
    };
    let blob = blobs.pop().ok_or_else(|| Failure::internal("a part without a file"))?;
    let part = PartRow {
        upload: upload.id.clone(),
        number,
        etag: taken.md5.hex(),
        modified_at_millis: cx.now().millis(),
        blob,
        checksums: checksum::stored(&taken.sums),
    };
    let shared = Arc::new((upload, part.clone()));
    cx.transact(move |tx| {
        let shared = shared.clone();
        Box::pin(async move { multipart::put_part(tx, &shared.0, &shared.1).await })
    })
    .await?;
    Ok(part)
}
