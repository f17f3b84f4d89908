//! PutBucketTagging.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::settings::{self, Nothing};
use crate::tagging::{self, Tagging};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(payload)]
    tagging: Tagging,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

pub(crate) struct PutBucketTagging;

impl Operation for PutBucketTagging {
    const NAME: &'static str = "PutBucketTagging";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/{Bucket}?tagging", 204));
    type Input = Input;
    type Output = Nothing;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(bucket::arn(&input.bucket))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        bucket::terms(cx, &input.bucket).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Nothing, Error> {
        let row = settings::bucket_of(cx, &input.bucket, input.expected_bucket_owner.as_deref()).await?;
        let mut tagging = input.tagging;
        if !cx.caller().may_set_system_tags() {
            tagging.check_bucket("System tags cannot be added/updated by requester")?;
            tagging.tag_set.extend(tagging::system_tags(&row)?);
        }
        settings::write(cx, row, tagging::NAME, tagging).await?;
        Ok(Nothing {})
    }
}
