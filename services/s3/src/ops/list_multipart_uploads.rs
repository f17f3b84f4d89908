//! ListMultipartUploads.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};

use crate::bucket;
use crate::error::Error;
use crate::keys::UploadRow;
use crate::limits::LIST_UPLOADS_MAX;
use crate::listing::{self, CommonPrefix, Owner};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(querystring = "delimiter")]
    delimiter: Option<String>,
    #[shape(querystring = "encoding-type")]
    encoding_type: Option<String>,
    #[shape(querystring = "key-marker")]
    key_marker: Option<String>,
    #[shape(querystring = "max-uploads")]
    max_uploads: Option<i32>,
    #[shape(querystring = "prefix")]
    prefix: Option<String>,
    #[shape(querystring = "upload-id-marker")]
    upload_id_marker: Option<String>,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

#[derive(Shape)]
#[shape(xml = "ListMultipartUploadsResult")]
pub(crate) struct Output {
    bucket: String,
    key_marker: String,
    upload_id_marker: String,
    next_key_marker: String,
    prefix: Option<String>,
    delimiter: Option<String>,
    next_upload_id_marker: String,
    max_uploads: i32,
    is_truncated: bool,
    #[shape(flat, xml = "Upload")]
    uploads: Vec<Upload>,
    #[shape(flat)]
    common_prefixes: Vec<CommonPrefix>,
    encoding_type: Option<String>,
}

#[derive(Shape)]
struct Upload {
    upload_id: String,
    key: String,
    initiated: Timestamp,
    storage_class: String,
    owner: Owner,
    initiator: Owner,
    checksum_algorithm: Option<String>,
    checksum_type: Option<String>,
}

pub(crate) struct ListMultipartUploads;

impl Operation for ListMultipartUploads {
    const NAME: &'static str = "ListMultipartUploads";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}?uploads"));
    const ACTION: Option<&'static str> = Some("ListBucketMultipartUploads");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(bucket::arn(&input.bucket))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        bucket::terms(cx, &input.bucket).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = bucket::open(cx, &input.bucket).await?;
        bucket::check_owner(&row, input.expected_bucket_owner.as_deref())?;
        let encodes = listing::encodes(input.encoding_type.as_deref())?;
        let max_uploads = listing::limit(input.max_uploads, LIST_UPLOADS_MAX)?;
        let (found, truncated) = find(cx, &input, row.created_at_millis, max_uploads).await?;
        let owner = Owner { display_name: None, id: bucket::canonical_id(&row.owner) };
        let last = found.last().map(|line| match line {
            Line::Upload(upload) => (upload.key.clone(), upload.id.clone()),
            Line::Prefix(prefix) => (prefix.clone(), String::new()),
        });
        let (next_key_marker, next_upload_id_marker) = last.filter(|_| truncated).unwrap_or_default();
        let encode = |text: &str| listing::encode(text, encodes);
        let (mut uploads, mut common_prefixes) = (Vec::new(), Vec::new());
        for line in found {
            match line {
                Line::Prefix(prefix) => common_prefixes.push(CommonPrefix { prefix: encode(&prefix) }),
                Line::Upload(upload) => uploads.push(shown(*upload, &owner, &encode)),
            }
        }
        Ok(Output {
            key_marker: encode(&input.key_marker.unwrap_or_default()),
            upload_id_marker: input.upload_id_marker.unwrap_or_default(),
            next_key_marker: encode(&next_key_marker),
            prefix: input.prefix.map(|prefix| encode(&prefix)),
            delimiter: input.delimiter.map(|delimiter| encode(&delimiter)),
            next_upload_id_marker,
            max_uploads,
            is_truncated: truncated,
            uploads,
            common_prefixes,
            encoding_type: input.encoding_type,
            bucket: input.bucket,
        })
    }
}

/// A line of the listing.
enum Line {
    Upload(Box<UploadRow>),
    /// Keys that share it.
    Prefix(String),
}

/// A page of uploads, and whether there are more.
async fn find(
    cx: &mut Cx,
    input: &Input,
    bucket_created_at_millis: i64,
    limit: i32,
) -> Result<(Vec<Line>, bool), Error> {
    let limit = usize::try_from(limit).unwrap_or(0);
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let delimiter = input.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty());
    let mut cursor =
        match (input.key_marker.as_deref().unwrap_or_default(), input.upload_id_marker.as_deref()) {
            ("", _) => None,
            (key, Some(id)) if !id.is_empty() => Some(Cursor::behind((key, id))),
            (key, _) => Some(Cursor::behind(key)),
        };
    let mut lines: Vec<Line> = Vec::new();
    loop {
        let paging = Paging::after(limit.max(1), cursor);
        let page = table::list_starting::<UploadRow>(cx.tx(), (&input.bucket,), prefix, &paging).await?;
        for upload in page.items {
            // Uploads of a bucket that had this name before wait to be cleaned up.
            if upload.bucket_created_at_millis != bucket_created_at_millis {
                continue;
            }
            let common =
                delimiter.and_then(|delimiter| listing::common_prefix(&upload.key, prefix, delimiter));
            let seen = |common: &String| {
                input.key_marker.as_ref() == Some(common)
                    || matches!(lines.last(), Some(Line::Prefix(last)) if last == common)
            };
            if common.as_ref().is_some_and(seen) {
                continue;
            }
            if lines.len() == limit {
                return Ok((lines, limit > 0));
            }
            lines.push(common.map_or_else(|| Line::Upload(Box::new(upload)), Line::Prefix));
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok((lines, false)),
        }
    }
}

fn shown(upload: UploadRow, owner: &Owner, encode: &impl Fn(&str) -> String) -> Upload {
    Upload {
        key: encode(&upload.key),
        upload_id: upload.id,
        initiated: Timestamp::from_millis(upload.begun_at_millis),
        storage_class: upload.headers.storage_class.unwrap_or_else(|| "STANDARD".to_owned()),
        owner: owner.clone(),
        initiator: Owner { display_name: Some(upload.initiator), id: owner.id.clone() },
        checksum_type: upload.algorithm.is_some().then_some(upload.checksum_type),
        checksum_algorithm: upload.algorithm,
    }
}
