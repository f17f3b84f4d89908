//! HeadBucket.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(header = "x-amz-bucket-arn")]
    bucket_arn: String,
    #[shape(header = "x-amz-bucket-region")]
    bucket_region: String,
    #[shape(header = "x-amz-access-point-alias")]
    access_point_alias: bool,
}

pub(crate) struct HeadBucket;

impl Operation for HeadBucket {
    const NAME: &'static str = "HeadBucket";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("HEAD", "/{Bucket}", 200));
    const ACTION: Option<&'static str> = Some("ListBucket");
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
        Ok(Output {
            bucket_arn: format!("arn:aws:s3:::{}", row.name),
            bucket_region: row.region,
            access_point_alias: false,
        })
    }
}
