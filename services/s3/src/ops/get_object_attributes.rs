//! GetObjectAttributes.
//!
//! Differs from AWS: parts with composite checksums are listed without their own.

use cloud::prelude::*;
use wire::digest::Algorithm;

use super::get_object::object;
use crate::bucket;
use crate::checksum;
use crate::error::Error;
use crate::keys::ObjectRow;
use crate::limits::LIST_PARTS_MAX;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(label)]
    key: String,
    #[shape(querystring = "versionId")]
    version_id: Option<String>,
    #[shape(header = "x-amz-max-parts")]
    max_parts: Option<i32>,
    #[shape(header = "x-amz-part-number-marker")]
    part_number_marker: Option<i32>,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
    #[shape(header = "x-amz-object-attributes")]
    object_attributes: Vec<String>,
}

#[derive(Shape)]
#[shape(xml = "GetObjectAttributesResponse")]
pub(crate) struct Output {
    #[shape(header = "Last-Modified")]
    last_modified: Timestamp,
    #[shape(name = "ETag")]
    etag: Option<String>,
    checksum: Option<Checksum>,
    object_parts: Option<ObjectParts>,
    storage_class: Option<String>,
    object_size: Option<i64>,
}

#[derive(Shape)]
struct Checksum {
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
}

#[derive(Shape)]
struct ObjectParts {
    #[shape(name = "TotalPartsCount", xml = "PartsCount")]
    parts_count: i32,
    part_number_marker: Option<i32>,
    next_part_number_marker: Option<i32>,
    max_parts: Option<i32>,
    is_truncated: Option<bool>,
    #[shape(flat, xml = "Part")]
    parts: Option<Vec<Part>>,
}

#[derive(Shape)]
struct Part {
    part_number: i32,
    size: i64,
    #[shape(name = "ChecksumCRC32")]
    checksum_crc32: Option<String>,
    #[shape(name = "ChecksumCRC32C")]
    checksum_crc32c: Option<String>,
    #[shape(name = "ChecksumSHA1")]
    checksum_sha1: Option<String>,
    #[shape(name = "ChecksumSHA256")]
    checksum_sha256: Option<String>,
}

pub(crate) struct GetObjectAttributes;

impl Operation for GetObjectAttributes {
    const NAME: &'static str = "GetObjectAttributes";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}/{Key+}?attributes"));
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
        let row = object(
            cx,
            &input.bucket,
            &input.key,
            input.version_id.as_deref(),
            input.expected_bucket_owner.as_deref(),
        )
        .await?;
        check(&input.object_attributes)?;
        let wants = |name: &str| input.object_attributes.iter().any(|one| one == name);
        Ok(Output {
            last_modified: Timestamp::from_millis(row.modified_at_millis),
            // Without quotes, as S3 does here alone.
            etag: wants("ETag").then(|| row.etag.clone()),
            checksum: (wants("Checksum") && !row.checksums.is_empty()).then(|| sums(&row)),
            object_parts: if wants("ObjectParts") { parts(&input, &row) } else { None },
            storage_class: wants("StorageClass")
                .then(|| row.headers.storage_class.clone().unwrap_or_else(|| "STANDARD".to_owned())),
            object_size: wants("ObjectSize").then(|| i64::try_from(row.size).unwrap_or(i64::MAX)),
        })
    }
}

fn check(attributes: &[String]) -> Result<(), Error> {
    const KNOWN: [&str; 5] = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"];
    match attributes.iter().find(|one| !KNOWN.contains(&one.as_str())) {
        None => Ok(()),
        Some(unknown) => Err(Error::InvalidArgument {
            message: "Invalid attribute name specified.".to_owned(),
            name: "x-amz-object-attributes",
            value: unknown.clone(),
        }),
    }
}

fn sums(row: &ObjectRow) -> Checksum {
    Checksum {
        checksum_crc32: checksum::of(&row.checksums, Algorithm::Crc32),
        checksum_crc32c: checksum::of(&row.checksums, Algorithm::Crc32c),
        checksum_crc64nvme: checksum::of(&row.checksums, Algorithm::Crc64Nvme),
        checksum_sha1: checksum::of(&row.checksums, Algorithm::Sha1),
        checksum_sha256: checksum::of(&row.checksums, Algorithm::Sha256),
        checksum_type: row.checksum_type.clone(),
    }
}

/// A part with its digest, where the object has kept it.
fn part(row: &ObjectRow, part_number: i32, size: i64) -> Part {
    let at = usize::try_from(part_number - 1).unwrap_or(usize::MAX);
    let sum = row.part_checksums.split(' ').nth(at).filter(|sum| !matches!(*sum, "" | "-"));
    let of = |algorithm: Algorithm| {
        sum.filter(|_| row.checksums.contains_key(algorithm.name())).map(str::to_owned)
    };
    Part {
        part_number,
        size,
        checksum_crc32: of(Algorithm::Crc32),
        checksum_crc32c: of(Algorithm::Crc32c),
        checksum_sha1: of(Algorithm::Sha1),
        checksum_sha256: of(Algorithm::Sha256),
    }
}

/// Parts are listed one by one only for composite checksums; otherwise there is their number alone.
fn parts(input: &Input, row: &ObjectRow) -> Option<ObjectParts> {
    let sizes = row.parts();
    if sizes.is_empty() {
        return None;
    }
    let count = i32::try_from(sizes.len()).unwrap_or(i32::MAX);
    let marker = input.part_number_marker.unwrap_or(0).max(0);
    let max = input.max_parts.unwrap_or(LIST_PARTS_MAX).clamp(0, LIST_PARTS_MAX);
    let size = |size: u64| i64::try_from(size).unwrap_or(i64::MAX);
    let parts: Vec<Part> = (1..)
        .zip(sizes)
        .filter(|(number, _)| *number > marker)
        .take(usize::try_from(max).unwrap_or(0))
        .map(|(part_number, bytes)| part(row, part_number, size(bytes)))
        .collect();
    let last = parts.last().map_or(marker, |part| part.part_number);
    if row.checksum_type == crate::multipart::FULL {
        return Some(ObjectParts {
            parts_count: count,
            part_number_marker: None,
            next_part_number_marker: None,
            max_parts: None,
            is_truncated: None,
            parts: None,
        });
    }
    Some(ObjectParts {
        parts_count: count,
        part_number_marker: Some(marker),
        next_part_number_marker: Some(last),
        max_parts: Some(max),
        is_truncated: Some(last < count),
        parts: Some(parts),
    })
}
