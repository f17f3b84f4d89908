//! ListObjectsV2.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cloud::prelude::*;

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
    #[shape(querystring = "max-keys")]
    max_keys: Option<i32>,
    #[shape(querystring = "prefix")]
    prefix: Option<String>,
    #[shape(querystring = "continuation-token")]
    continuation_token: Option<String>,
    #[shape(querystring = "fetch-owner")]
    fetch_owner: Option<bool>,
    #[shape(querystring = "start-after")]
    start_after: Option<String>,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

#[derive(Shape)]
#[shape(xml = "ListBucketResult")]
pub(crate) struct Output {
    name: String,
    prefix: String,
    delimiter: Option<String>,
    max_keys: i32,
    key_count: i32,
    is_truncated: bool,
    encoding_type: Option<String>,
    start_after: Option<String>,
    continuation_token: Option<String>,
    next_continuation_token: Option<String>,
    #[shape(flat)]
    contents: Vec<Object>,
    #[shape(flat)]
    common_prefixes: Vec<CommonPrefix>,
}

pub(crate) struct ListObjectsV2;

impl Operation for ListObjectsV2 {
    const NAME: &'static str = "ListObjectsV2";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}?list-type=2"));
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
        let token = input.continuation_token.as_deref().map(open).transpose()?;
        let query = Query {
            bucket: &input.bucket,
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref(),
            after: token.as_deref().or(input.start_after.as_deref()),
            limit: usize::try_from(max_keys).unwrap_or(0),
        };
        let page = listing::page(cx.tx(), &query).await?;
        let truncated = page.truncated && max_keys > 0;
        let next = page.items.last().filter(|_| truncated).map(|item| STANDARD.encode(item.name()));
        let owner = Owner { display_name: None, id: bucket::canonical_id(&row.owner) };
        let owner = input.fetch_owner.unwrap_or(false).then_some(&owner);
        let key_count = i32::try_from(page.items.len()).unwrap_or(i32::MAX);
        let (contents, common_prefixes) = listing::split(page.items, encodes, owner);
        let encode = |text: String| listing::encode(&text, encodes);
        Ok(Output {
            name: input.bucket,
            prefix: encode(input.prefix.unwrap_or_default()),
            delimiter: input.delimiter.filter(|delimiter| !delimiter.is_empty()).map(encode),
            max_keys,
            key_count,
            is_truncated: truncated,
            encoding_type: input.encoding_type,
            start_after: input.start_after.map(encode),
            continuation_token: input.continuation_token,
            next_continuation_token: next,
            contents,
            common_prefixes,
        })
    }
}

/// The condition keys of listings (Service Authorization Reference, "Amazon S3").
pub(super) fn keys(prefix: Option<&str>, delimiter: Option<&str>, max_keys: Option<i32>) -> Conditions {
    let mut keys = vec![("s3:prefix", vec![prefix.unwrap_or_default().to_owned()])];
    if let Some(delimiter) = delimiter {
        keys.push(("s3:delimiter", vec![delimiter.to_owned()]));
    }
    if let Some(number) = max_keys {
        keys.push(("s3:max-keys", vec![number.to_string()]));
    }
    keys
}

fn open(token: &str) -> Result<String, Error> {
    let bytes = STANDARD.decode(token).ok();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| Error::InvalidArgument {
        message: "The continuation token provided is incorrect".to_owned(),
        name: "continuation-token",
        value: token.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use testkit::World;

    async fn world() -> World {
        let world = World::new(&[&crate::S3]).await;
        world.ok("s3", "CreateBucket", json!({"Bucket": "photos"})).await;
        for key in ["a", "b/1", "b/2", "b/c/3", "d e", "b0"] {
            world.ok("s3", "PutObject", json!({"Bucket": "photos", "Key": key})).await;
        }
        world
    }

    fn names(answer: &Value) -> (Vec<String>, Vec<String>) {
        let of = |list: &str, name: &str| {
            let list = answer[list].as_array().cloned().unwrap_or_default();
            list.iter().map(|row| row[name].as_str().unwrap().to_owned()).collect()
        };
        (of("Contents", "Key"), of("CommonPrefixes", "Prefix"))
    }

    async fn list(world: &World, more: Value) -> Value {
        let mut input = json!({"Bucket": "photos"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.ok("s3", "ListObjectsV2", input).await
    }

    #[tokio::test]
    async fn keys_in_byte_order() {
        let world = world().await;
        let answer = list(&world, json!({})).await;
        assert_eq!(names(&answer).0, ["a", "b/1", "b/2", "b/c/3", "b0", "d e"]);
        assert_eq!((&answer["KeyCount"], &answer["IsTruncated"]), (&json!(6), &json!(false)));
    }

    #[tokio::test]
    async fn delimiters_fold_keys() {
        let world = world().await;
        let answer = list(&world, json!({"Delimiter": "/"})).await;
        assert_eq!(names(&answer), (vec!["a".into(), "b0".into(), "d e".into()], vec!["b/".into()]));
        let answer = list(&world, json!({"Delimiter": "/", "Prefix": "b/"})).await;
        assert_eq!(names(&answer), (vec!["b/1".into(), "b/2".into()], vec!["b/c/".into()]));
    }

    #[tokio::test]
    async fn pages_join_without_gaps() {
        let world = world().await;
        let (mut keys, mut token) = (Vec::new(), Value::Null);
        loop {
            let mut input = json!({"Delimiter": "/", "MaxKeys": 1});
            if !token.is_null() {
                input["ContinuationToken"] = token;
            }
            let answer = list(&world, input).await;
            let (contents, prefixes) = names(&answer);
            keys.extend(contents.into_iter().chain(prefixes));
            token = answer.get("NextContinuationToken").cloned().unwrap_or(Value::Null);
            if token.is_null() {
                break;
            }
        }
        assert_eq!(keys, ["a", "b/", "b0", "d e"]);
    }

    #[tokio::test]
    async fn names_can_be_encoded() {
        let world = world().await;
        let answer = list(&world, json!({"Prefix": "d ", "EncodingType": "url"})).await;
        assert_eq!(names(&answer).0, ["d+e"]);
        assert_eq!(answer["Prefix"], "d+");
        assert_eq!(
            world.error("s3", "ListObjectsV2", json!({"Bucket": "photos", "MaxKeys": -1})).await.0,
            "InvalidArgument"
        );
    }
}
