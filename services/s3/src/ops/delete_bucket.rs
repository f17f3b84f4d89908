//! DeleteBucket.

use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::bucket;
use crate::error::Error;
use crate::keys::{BucketRow, ObjectRow};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct DeleteBucket;

impl Operation for DeleteBucket {
    const NAME: &'static str = "DeleteBucket";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/{Bucket}", 204));
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
        let objects = table::list::<ObjectRow>(cx.tx(), (&input.bucket,), &Paging::first(1)).await?;
        if !objects.items.is_empty() {
            return Err(Error::BucketNotEmpty { bucket: input.bucket });
        }
        table::delete::<BucketRow>(cx.tx(), (&input.bucket,)).await?;
        Ok(Output {})
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn only_empty_ones() {
        let world = World::new(&[&crate::S3]).await;
        world.ok("s3", "CreateBucket", json!({"Bucket": "photos"})).await;
        world.ok("s3", "PutObject", json!({"Bucket": "photos", "Key": "a"})).await;
        let (code, text) = world.error("s3", "DeleteBucket", json!({"Bucket": "photos"})).await;
        assert_eq!(
            (code.as_str(), text.as_str()),
            ("BucketNotEmpty", "The bucket you tried to delete is not empty")
        );
        world.ok("s3", "DeleteObject", json!({"Bucket": "photos", "Key": "a"})).await;
        world.ok("s3", "DeleteBucket", json!({"Bucket": "photos"})).await;
        assert_eq!(world.error("s3", "DeleteBucket", json!({"Bucket": "photos"})).await.0, "NoSuchBucket");
    }
}
