//! SetPlatformApplicationAttributes.

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::error::Error;
use crate::topic;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    platform_application_arn: String,
    #[shape(default)]
    attributes: BTreeMap<String, String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Differs from AWS: mobile push is not there, so that no application or device is.
pub(crate) struct SetPlatformApplicationAttributes;

impl Operation for SetPlatformApplicationAttributes {
    const NAME: &'static str = "SetPlatformApplicationAttributes";
    const KIND: Kind = Kind::Write;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(topic::resource(&input.platform_application_arn))
    }

    async fn run(_: &mut Cx, input: Input) -> Result<Output, Error> {
        super::no_application(&input.platform_application_arn)?;
        super::check_some(&input.attributes)?;
        Err(Error::NotFound("PlatformApplication"))
    }
}
