//! GetBucketLocation.

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

/// The root element is the location itself: `<LocationConstraint>eu-west-1</LocationConstraint>`.
#[derive(Shape)]
pub(crate) struct Output {
    #[shape(payload)]
    location_constraint: Option<String>,
}

pub(crate) struct GetBucketLocation;

impl Operation for GetBucketLocation {
    const NAME: &'static str = "GetBucketLocation";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}?location"));
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
        let old_name = row.settings.get(bucket::OLD_NAME).and_then(|name| name.as_str());
        let region = match (old_name, row.region.as_str()) {
            (Some(name), _) => name,
            (None, "us-east-1") => "",
            (None, region) => region,
        };
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{region}</LocationConstraint>"
        );
        Ok(Output { location_constraint: Some(text) })
    }
}
