//! ListObjectVersions: every object is its only version, `null`.

use cloud::prelude::*;

use super::list_objects_v2::keys;
use crate::bucket;
use crate::error::Error;
use crate::limits::LIST_KEYS_MAX;
use crate::listing::{self, CommonPrefix, Item, Object, Owner, Query};

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
    #[shape(querystring = "max-keys")]
    max_keys: Option<i32>,
    #[shape(querystring = "prefix")]
    prefix: Option<String>,
    #[shape(querystring = "version-id-marker")]
    version_id_marker: Option<String>,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

#[derive(Shape)]
#[shape(xml = "ListVersionsResult")]
pub(crate) struct Output {
    is_truncated: bool,
    key_marker: String,
    version_id_marker: String,
    next_key_marker: Option<String>,
    next_version_id_marker: Option<String>,
    #[shape(flat, xml = "Version")]
    versions: Vec<Version>,
    name: String,
    prefix: String,
    delimiter: Option<String>,
    max_keys: i32,
    #[shape(flat)]
    common_prefixes: Vec<CommonPrefix>,
    encoding_type: Option<String>,
}

#[derive(Shape)]
struct Version {
    #[shape(name = "ETag")]
    etag: String,
    #[shape(flat)]
    checksum_algorithm: Vec<String>,
    checksum_type: Option<String>,
    size: i64,
    storage_class: String,
    key: String,
    version_id: String,
    is_latest: bool,
    last_modified: Timestamp,
    owner: Option<Owner>,
}

pub(crate) struct ListObjectVersions;

impl Operation for ListObjectVersions {
    const NAME: &'static str = "ListObjectVersions";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}?versions"));
    const ACTION: Option<&'static str> = Some("ListBucketVersions");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(bucket::arn(&input.bucket))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        let mut terms = bucket::terms(cx, &input.bucket).await?;
        terms.conditions.extend(keys(input.prefix.as_deref(), input.delimiter.as_deref(), input.max_keys));
        Ok(terms)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = bucket::open(cx, &input.bucket).await?;
        bucket::check_owner(&row, input.expected_bucket_owner.as_deref())?;
        let encodes = listing::encodes(input.encoding_type.as_deref())?;
        let max_keys = listing::limit(input.max_keys, LIST_KEYS_MAX)?;
        check_markers(&input)?;
        let query = Query {
            bucket: &input.bucket,
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref(),
            after: input.key_marker.as_deref().filter(|marker| !marker.is_empty()),
            limit: usize::try_from(max_keys).unwrap_or(0),
        };
        let page = listing::page(cx.tx(), &query).await?;
        let truncated = page.truncated && max_keys > 0;
        let last = page.items.last().filter(|_| truncated);
        let next_version_id_marker = last.and_then(|last| match last {
            Item::Object(_) => Some("null".to_owned()),
            Item::Prefix(_) => None,
        });
        let encode = |text: &str| listing::encode(text, encodes);
        let next_key_marker = last.map(|last| encode(last.name()));
        let owner = Owner { display_name: None, id: bucket::canonical_id(&row.owner) };
        let (objects, common_prefixes) = listing::split(page.items, encodes, Some(&owner));
        Ok(Output {
            is_truncated: truncated,
            key_marker: encode(&input.key_marker.unwrap_or_default()),
            version_id_marker: input.version_id_marker.unwrap_or_default(),
            next_key_marker,
            next_version_id_marker,
            versions: objects.into_iter().map(version).collect(),
            name: input.bucket,
            prefix: encode(&input.prefix.unwrap_or_default()),
            delimiter: input.delimiter.filter(|delimiter| !delimiter.is_empty()).map(|text| encode(&text)),
            max_keys,
            common_prefixes,
            encoding_type: input.encoding_type,
        })
    }
}

fn check_markers(input: &Input) -> Result<(), Error> {
    let Some(version) = input.version_id_marker.as_deref().filter(|version| !version.is_empty()) else {
        return Ok(());
    };
    if input.key_marker.as_deref().unwrap_or_default().is_empty() {
        return Err(Error::InvalidArgument {
            message: "A version-id marker cannot be specified without a key marker.".to_owned(),
            name: "version-id-marker",
            value: version.to_owned(),
        });
    }
    Ok(())
}

fn version(object: Object) -> Version {
    Version {
        etag: object.etag,
        checksum_algorithm: object.checksum_algorithm,
        checksum_type: object.checksum_type,
        size: object.size,
        storage_class: object.storage_class,
        key: object.key,
        version_id: "null".to_owned(),
        is_latest: true,
        last_modified: object.last_modified,
        owner: object.owner,
    }
}
