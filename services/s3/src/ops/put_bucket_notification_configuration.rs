//! PutBucketNotificationConfiguration.

use cloud::prelude::*;

use crate::error::Error;
use crate::notification::{self, Notification};
use crate::settings::{self, Nothing};
use crate::{announce, bucket};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(payload)]
    notification_configuration: Notification,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
    #[shape(header = "x-amz-skip-destination-validation")]
    skip_destination_validation: Option<bool>,
}

/// Says where the events of a bucket go, after it has tried to reach them there.
pub(crate) struct PutBucketNotificationConfiguration;

impl Operation for PutBucketNotificationConfiguration {
    const NAME: &'static str = "PutBucketNotificationConfiguration";
    const KIND: Kind = Kind::Free;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/{Bucket}?notification", 200));
    const ACTION: Option<&'static str> = Some("PutBucketNotification");
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
        let owner = input.expected_bucket_owner.as_deref();
        let row = settings::bucket_of(cx, &input.bucket, owner).await?;
        let mut wanted = input.notification_configuration;
        wanted.complete(|| cx.new_id());
        wanted.check()?;
        if input.skip_destination_validation != Some(true) {
            announce::reach(cx, &row, &wanted).await?;
        }
        let bucket = input.bucket;
        cx.transact(move |tx| {
            let (bucket, wanted) = (bucket.clone(), wanted.clone());
            Box::pin(async move { settings::write_with(tx, &bucket, notification::NAME, wanted).await })
        })
        .await?;
        Ok(Nothing {})
    }
}
