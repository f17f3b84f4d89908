//! GetPlatformApplicationAttributes.

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::error::Error;
use crate::topic;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    platform_application_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    attributes: BTreeMap<String, String>,
}

/// Differs from AWS: mobile push is not there, so that no application or device is.
pub(crate) struct GetPlatformApplicationAttributes;

impl Operation for GetPlatformApplicationAttributes {
    const NAME: &'static str = "GetPlatformApplicationAttributes";
    const KIND: Kind = Kind::Read;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(topic::resource(&input.platform_application_arn))
    }

    async fn run(_: &mut Cx, input: Input) -> Result<Output, Error> {
        super::no_application(&input.platform_application_arn)?;
        Err(Error::NotFound("PlatformApplication"))
    }
}
