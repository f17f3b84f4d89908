//! GetBucketNotificationConfiguration.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::notification::{self, Notification};
use crate::settings::{self, Named};

pub(crate) struct GetBucketNotificationConfiguration;

impl Operation for GetBucketNotificationConfiguration {
    const NAME: &'static str = "GetBucketNotificationConfiguration";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}?notification"));
    const ACTION: Option<&'static str> = Some("GetBucketNotification");
    type Input = Named;
    type Output = Notification;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Named) -> Result<Resource, Error> {
        Ok(bucket::arn(&input.bucket))
    }

    async fn terms(cx: &mut Cx, input: &Named) -> Result<Terms, Error> {
        bucket::terms(cx, &input.bucket).await
    }

    async fn run(cx: &mut Cx, input: Named) -> Result<Notification, Error> {
        let row = settings::bucket_of(cx, &input.bucket, input.expected_bucket_owner.as_deref()).await?;
        Ok(settings::read(&row, notification::NAME)?.unwrap_or_default())
    }
}
