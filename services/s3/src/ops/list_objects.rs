//! ListObjects, the older listing.

use cloud::prelude::*;

use super::list_objects_v2::keys;
use crate::bucket;
use crate::error::Error;
use crate::limits::LIST_KEYS_MAX;
use crate::listing::{self, CommonPrefix, Object, Owner, Query};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(querystring = "delimiter")]
    delimiter: Option<String>,
    #[shape(querystring = "encoding-type")]
    encoding_type: Option<String>,
    #[shape(querystring = "marker")]
    marker: Option<String>,
    #[shape(querystring = "max-keys")]
    max_keys: Option<i32>,
    #[shape(querystring = "prefix")]
    prefix: Option<String>,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

#[derive(Shape)]
#[shape(xml = "ListBucketResult")]
pub(crate) struct Output {
    name: String,
    prefix: String,
    marker: String,
    next_marker: Option<String>,
    delimiter: Option<String>,
    max_keys: i32,
    is_truncated: bool,
    encoding_type: Option<String>,
    #[shape(flat)]
    contents: Vec<Object>,
    #[shape(flat)]
    common_prefixes: Vec<CommonPrefix>,
}

pub(crate) struct ListObjects;

impl Operation for ListObjects {
    const NAME: &'static str = "ListObjects";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}"));
    const ACTION: Option<&'static str> = Some("ListBucket");
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
        let query = Query {
            bucket: &input.bucket,
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref(),
            after: input.marker.as_deref().filter(|marker| !marker.is_empty()),
            limit: usize::try_from(max_keys).unwrap_or(0),
        };
        let page = listing::page(cx.tx(), &query).await?;
        let truncated = page.truncated && max_keys > 0;
        // S3 names the next marker only when a delimiter is given; otherwise it is the last key.
        let delimiter = input.delimiter.filter(|delimiter| !delimiter.is_empty());
        let next =
            page.items.last().filter(|_| truncated && delimiter.is_some()).map(|item| item.name().to_owned());
        let owner = Owner { display_name: None, id: bucket::canonical_id(&row.owner) };
        let (contents, common_prefixes) = listing::split(page.items, encodes, Some(&owner));
        let encode = |text: String| listing::encode(&text, encodes);
        Ok(Output {
            name: input.bucket,
            prefix: encode(input.prefix.unwrap_or_default()),
            marker: encode(input.marker.unwrap_or_default()),
            next_marker: next.map(encode),
            delimiter: delimiter.map(encode),
            max_keys,
            is_truncated: truncated,
            encoding_type: input.encoding_type,
            contents,
            common_prefixes,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn markers_continue() {
        let world = World::new(&[&crate::S3]).await;
        world.ok("s3", "CreateBucket", json!({"Bucket": "photos"})).await;
        for key in ["a/1", "a/2", "b"] {
            world.ok("s3", "PutObject", json!({"Bucket": "photos", "Key": key})).await;
        }
        let first =
            world.ok("s3", "ListObjects", json!({"Bucket": "photos", "Delimiter": "/", "MaxKeys": 1})).await;
        assert_eq!((&first["NextMarker"], &first["IsTruncated"]), (&json!("a/"), &json!(true)));
        let next = json!({"Bucket": "photos", "Delimiter": "/", "Marker": "a/"});
        let next = world.ok("s3", "ListObjects", next).await;
        assert_eq!(next["Contents"][0]["Key"], "b");
        assert_eq!(next["CommonPrefixes"], json!([]));
    }
}
