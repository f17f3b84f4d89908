//! HeadObject: GetObject without the body.

use cloud::prelude::*;

use super::get_object::{Input, Output, find, output, wanted};
use crate::error::Error;
use crate::{bucket, lifecycle};

pub(crate) struct HeadObject;

impl Operation for HeadObject {
    const NAME: &'static str = "HeadObject";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("HEAD", "/{Bucket}/{Key+}", 200));
    const ACTION: Option<&'static str> = Some("GetObject");
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
        let row = find(cx, &input).await?;
        let (range, partial) = wanted(&input, &row)?;
        let expiration = lifecycle::expiration(&bucket::open(cx, &input.bucket).await?, &row)?;
        let mut output = output(&input, row, &range, partial);
        output.expiration = expiration;
        Ok(output)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn says_what_is_there() {
        let world = World::new(&[&crate::S3]).await;
        world.ok("s3", "CreateBucket", json!({"Bucket": "photos"})).await;
        world.ok("s3", "PutObject", json!({"Bucket": "photos", "Key": "a"})).await;
        let answer = world.ok("s3", "HeadObject", json!({"Bucket": "photos", "Key": "a"})).await;
        assert_eq!(
            (&answer["ContentLength"], &answer["ContentType"]),
            (&json!(0), &json!("binary/octet-stream"))
        );
        assert_eq!(
            world.fails("s3", "HeadObject", json!({"Bucket": "photos", "Key": "b"})).await.status(),
            404
        );
    }
}
