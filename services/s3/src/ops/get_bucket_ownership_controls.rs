//! GetBucketOwnershipControls.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::ownership::{self, OwnershipControls};
use crate::settings::{self, Named};

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(payload)]
    ownership_controls: OwnershipControls,
}

pub(crate) struct GetBucketOwnershipControls;

impl Operation for GetBucketOwnershipControls {
    const NAME: &'static str = "GetBucketOwnershipControls";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}?ownershipControls"));
    type Input = Named;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Named) -> Result<Resource, Error> {
        Ok(bucket::arn(&input.bucket))
    }

    async fn terms(cx: &mut Cx, input: &Named) -> Result<Terms, Error> {
        bucket::terms(cx, &input.bucket).await
    }

    async fn run(cx: &mut Cx, input: Named) -> Result<Output, Error> {
        let row = settings::bucket_of(cx, &input.bucket, input.expected_bucket_owner.as_deref()).await?;
        let controls = ownership::of(&row)?;
        Ok(Output {
            ownership_controls: controls.ok_or(Error::NoOwnershipControls { bucket: input.bucket })?,
        })
    }
}
