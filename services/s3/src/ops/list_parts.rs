//! ListParts.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};
use wire::digest::Algorithm;

use crate::bucket;
use crate::error::Error;
use crate::keys::PartRow;
use crate::limits::LIST_PARTS_MAX;
use crate::listing::{self, Owner};
use crate::{checksum, lifecycle, multipart};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(label)]
    key: String,
    #[shape(querystring = "max-parts")]
    max_parts: Option<i32>,
    #[shape(querystring = "part-number-marker")]
    part_number_marker: Option<i32>,
    #[shape(querystring = "uploadId")]
    upload_id: String,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

#[derive(Shape)]
#[shape(xml = "ListPartsResult")]
pub(crate) struct Output {
    #[shape(header = "x-amz-abort-date")]
    abort_date: Option<Timestamp>,
    #[shape(header = "x-amz-abort-rule-id")]
    abort_rule_id: Option<String>,
    bucket: String,
    key: String,
    upload_id: String,
    part_number_marker: i32,
    next_part_number_marker: i32,
    max_parts: i32,
    is_truncated: bool,
    #[shape(flat, xml = "Part")]
    parts: Vec<Part>,
    initiator: Owner,
    owner: Owner,
    storage_class: String,
    checksum_algorithm: Option<String>,
    checksum_type: Option<String>,
}

#[derive(Shape)]
struct Part {
    part_number: i32,
    last_modified: Timestamp,
    #[shape(name = "ETag")]
    etag: String,
    size: i64,
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

pub(crate) struct ListParts;

impl Operation for ListParts {
    const NAME: &'static str = "ListParts";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}/{Key+}"));
    const ACTION: Option<&'static str> = Some("ListMultipartUploadParts");
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
        let max_parts = listing::limit(input.max_parts, LIST_PARTS_MAX)?;
        let marker = input.part_number_marker.unwrap_or(0).max(0);
        let after = (marker > 0).then(|| Cursor::behind(u64::from(marker.unsigned_abs())));
        let paging = Paging::after(usize::try_from(max_parts).unwrap_or(0), after);
        let page = table::list::<PartRow>(cx.tx(), (&upload.id,), &paging).await?;
        let shown = upload.algorithm.is_some();
        let parts: Vec<Part> = page.items.into_iter().map(|row| part(row, shown)).collect();
        let rules = lifecycle::of(&row)?;
        let abort = rules.as_ref().and_then(|rules| rules.abort(&upload.key, upload.begun_at_millis));
        let owner = Owner { display_name: None, id: bucket::canonical_id(&row.owner) };
        Ok(Output {
            abort_date: abort.map(|(at, _)| Timestamp::from_millis(at)),
            abort_rule_id: abort.map(|(_, rule)| rule.to_owned()),
            part_number_marker: marker,
            next_part_number_marker: parts.last().map_or(0, |part| part.part_number),
            max_parts,
            is_truncated: page.next.is_some(),
            parts,
            initiator: Owner { display_name: Some(upload.initiator), id: owner.id.clone() },
            owner,
            storage_class: upload.headers.storage_class.unwrap_or_else(|| "STANDARD".to_owned()),
            checksum_type: shown.then_some(upload.checksum_type),
            checksum_algorithm: upload.algorithm,
            bucket: upload.bucket,
            key: upload.key,
            upload_id: upload.id,
        })
    }
}

fn part(row: PartRow, shown: bool) -> Part {
    let sums = if shown { row.checksums } else { Default::default() };
    Part {
        part_number: i32::try_from(row.number).unwrap_or(i32::MAX),
        last_modified: Timestamp::from_millis(row.modified_at_millis),
        etag: format!("\"{}\"", row.etag),
        size: i64::try_from(row.blob.size).unwrap_or(i64::MAX),
        checksum_crc32: checksum::of(&sums, Algorithm::Crc32),
        checksum_crc32c: checksum::of(&sums, Algorithm::Crc32c),
        checksum_crc64nvme: checksum::of(&sums, Algorithm::Crc64Nvme),
        checksum_sha1: checksum::of(&sums, Algorithm::Sha1),
        checksum_sha256: checksum::of(&sums, Algorithm::Sha256),
    }
}
