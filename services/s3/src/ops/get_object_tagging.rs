//! GetObjectTagging.

use cloud::prelude::*;

use super::get_object::object;
use crate::bucket;
use crate::error::Error;
use crate::tagging::Tagging;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(label)]
    key: String,
    #[shape(querystring = "versionId")]
    version_id: Option<String>,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

pub(crate) struct GetObjectTagging;

impl Operation for GetObjectTagging {
    const NAME: &'static str = "GetObjectTagging";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}/{Key+}?tagging"));
    type Input = Input;
    type Output = Tagging;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(bucket::object_arn(&input.bucket, &input.key))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        bucket::terms(cx, &input.bucket).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Tagging, Error> {
        let row = object(
            cx,
            &input.bucket,
            &input.key,
            input.version_id.as_deref(),
            input.expected_bucket_owner.as_deref(),
        )
        .await?;
        Ok(Tagging::of(&row.tags))
    }
}
