//! DeleteObjectTagging.

use cloud::prelude::*;
use store::layer::table;

use super::get_object::object;
use crate::announce::Announcement;
use crate::bucket;
use crate::error::Error;
use crate::event;
use crate::settings::Nothing;

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

pub(crate) struct DeleteObjectTagging;

impl Operation for DeleteObjectTagging {
    const NAME: &'static str = "DeleteObjectTagging";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/{Bucket}/{Key+}?tagging", 204));
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
        let mut row = object(
            cx,
            &input.bucket,
            &input.key,
            input.version_id.as_deref(),
            input.expected_bucket_owner.as_deref(),
        )
        .await?;
        row.tags.clear();
        table::put(cx.tx(), &row).await?;
        let bucket = bucket::open(cx, &input.bucket).await?;
        Announcement::of(cx, &bucket, event::Kind::Untag, &row)?.send_now(cx)?;
        Ok(Nothing {})
    }
}
