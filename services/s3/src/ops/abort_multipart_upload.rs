//! AbortMultipartUpload.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::headers;
use crate::multipart;
use crate::settings::Nothing;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(label)]
    key: String,
    #[shape(querystring = "uploadId")]
    upload_id: String,
    #[shape(header = "x-amz-if-match-initiated-time")]
    if_match_initiated_time: Option<String>,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

pub(crate) struct AbortMultipartUpload;

impl Operation for AbortMultipartUpload {
    const NAME: &'static str = "AbortMultipartUpload";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/{Bucket}/{Key+}", 204));
    type Input = Input;
    type Output = Nothing;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(bucket::object_arn(&input.bucket, &input.key))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        bucket::terms(cx, &input.bucket).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Nothing, Error> {
        let initiated = input.if_match_initiated_time.as_deref();
        headers::directory_only("x-amz-if-match-initiated-time", initiated)?;
        let owner = input.expected_bucket_owner.as_deref();
        let (_, upload) = multipart::open(cx, &input.bucket, &input.key, &input.upload_id, owner).await?;
        let now_millis = cx.now().millis();
        multipart::remove(cx.tx(), &upload, &[], now_millis).await?;
        Ok(Nothing {})
    }
}
