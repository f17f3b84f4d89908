//! DeleteBucketTagging.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::settings::{self, Named, Nothing};
use crate::tagging::{self, Tagging};

pub(crate) struct DeleteBucketTagging;

impl Operation for DeleteBucketTagging {
    const NAME: &'static str = "DeleteBucketTagging";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/{Bucket}?tagging", 204));
    const ACTION: Option<&'static str> = Some("PutBucketTagging");
    type Input = Named;
    type Output = Nothing;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Named) -> Result<Resource, Error> {
        Ok(bucket::arn(&input.bucket))
    }

    async fn terms(cx: &mut Cx, input: &Named) -> Result<Terms, Error> {
        bucket::terms(cx, &input.bucket).await
    }

    async fn run(cx: &mut Cx, input: Named) -> Result<Nothing, Error> {
        let row = settings::bucket_of(cx, &input.bucket, input.expected_bucket_owner.as_deref()).await?;
        let tag_set = tagging::system_tags(&row)?;
        if tag_set.is_empty() {
            settings::remove(cx, row, tagging::NAME).await?;
        } else {
            settings::write(cx, row, tagging::NAME, Tagging { tag_set }).await?;
        }
        Ok(Nothing {})
    }
}
