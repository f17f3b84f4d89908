//! PutObjectTagging.

use cloud::prelude::*;
use store::layer::table;

use super::get_object::object;
use crate::announce::Announcement;
use crate::bucket;
use crate::error::Error;
use crate::event;
use crate::settings::Nothing;
use crate::tagging::Tagging;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(label)]
    key: String,
    #[shape(querystring = "versionId")]
    version_id: Option<String>,
    #[shape(payload)]
    tagging: Tagging,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

pub(crate) struct PutObjectTagging;

impl Operation for PutObjectTagging {
    const NAME: &'static str = "PutObjectTagging";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/{Bucket}/{Key+}?tagging", 200));
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
        input.tagging.check_object()?;
        row.tags = input.tagging.map();
        table::put(cx.tx(), &row).await?;
        let bucket = bucket::open(cx, &input.bucket).await?;
        Announcement::of(cx, &bucket, event::Kind::Tag, &row)?.send_now(cx)?;
        Ok(Nothing {})
    }
}
