//! ListBuckets.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};

use crate::bucket;
use crate::error::Error;
use crate::keys::BucketRow;
use crate::limits::BUCKETS_MAX;
use crate::listing::Owner;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(querystring = "max-buckets", range = 1..=10000)]
    max_buckets: Option<i32>,
    #[shape(querystring = "continuation-token", len = 0..=1024)]
    continuation_token: Option<String>,
    #[shape(querystring = "prefix")]
    prefix: Option<String>,
    #[shape(querystring = "bucket-region")]
    bucket_region: Option<String>,
}

#[derive(Shape)]
#[shape(xml = "ListAllMyBucketsResult")]
pub(crate) struct Output {
    #[shape(member = "Bucket")]
    buckets: Vec<Bucket>,
    owner: Owner,
    continuation_token: Option<String>,
    prefix: Option<String>,
}

#[derive(Shape)]
struct Bucket {
    name: String,
    creation_date: Timestamp,
    bucket_region: Option<String>,
    bucket_arn: String,
}

pub(crate) struct ListBuckets;

impl Operation for ListBuckets {
    const NAME: &'static str = "ListBuckets";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/"));
    const ACTION: Option<&'static str> = Some("ListAllMyBuckets");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let limit = input.max_buckets.and_then(|number| usize::try_from(number).ok()).unwrap_or(BUCKETS_MAX);
        let token = input.continuation_token.as_deref();
        let mut after = Cursor::of_token(token, || Error::InvalidArgument {
            message: "The continuation token provided is incorrect".to_owned(),
            name: "continuation-token",
            value: token.unwrap_or_default().to_owned(),
        })?;
        let account = cx.account().to_owned();
        let prefix = input.prefix.clone().unwrap_or_default();
        let with_region =
            input.bucket_region.is_some() || input.max_buckets.is_some() || input.prefix.is_some();
        let mut buckets = Vec::new();
        loop {
            // One row at a time keeps the cursor exact while other accounts' buckets are passed over.
            let paging = Paging::after(1, after);
            let page = table::list_starting::<BucketRow>(cx.tx(), (), &prefix, &paging).await?;
            for row in page.items {
                let in_region = input.bucket_region.as_ref().is_none_or(|region| *region == row.region);
                if row.owner == account && in_region {
                    buckets.push(shown(row, with_region));
                }
            }
            after = page.next;
            if after.is_none() || buckets.len() == limit {
                break;
            }
        }
        Ok(Output {
            buckets,
            owner: Owner { display_name: None, id: bucket::canonical_id(&account) },
            continuation_token: after.map(|cursor| cursor.to_text()),
            prefix: input.prefix,
        })
    }
}

/// The region is told to those who ask for pages, a prefix or a region.
fn shown(row: BucketRow, with_region: bool) -> Bucket {
    Bucket {
        bucket_arn: format!("arn:aws:s3:::{}", row.name),
        name: row.name,
        creation_date: Timestamp::from_millis(row.created_at_millis),
        bucket_region: with_region.then_some(row.region),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn only_ones_own() {
        let world = World::new(&[&crate::S3]).await;
        for name in ["aaa", "bbb", "ccc"] {
            world.ok("s3", "CreateBucket", json!({"Bucket": name})).await;
        }
        let other = cloud::caller::Caller::root("111111111111", "us-east-1");
        world.call_as(other, "s3", "CreateBucket", json!({"Bucket": "abb"})).await.unwrap();
        let first = world.ok("s3", "ListBuckets", json!({"MaxBuckets": 2})).await;
        assert_eq!(
            (&first["Buckets"][0]["Name"], &first["Buckets"][1]["Name"]),
            (&json!("aaa"), &json!("bbb"))
        );
        let rest = json!({"ContinuationToken": first["ContinuationToken"]});
        let rest = world.ok("s3", "ListBuckets", rest).await;
        assert_eq!(rest["Buckets"].as_array().unwrap().len(), 1);
        assert_eq!(rest.get("ContinuationToken"), None);
    }
}
