//! DeletePlatformApplication.

use cloud::prelude::*;

use crate::error::Error;
use crate::topic;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    platform_application_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes nothing: there is no mobile push, and one that is gone is fine.
pub(crate) struct DeletePlatformApplication;

impl Operation for DeletePlatformApplication {
    const NAME: &'static str = "DeletePlatformApplication";
    const KIND: Kind = Kind::Write;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(topic::resource(&input.platform_application_arn))
    }

    async fn run(_: &mut Cx, input: Input) -> Result<Output, Error> {
        super::no_application(&input.platform_application_arn)?;
        Ok(Output)
    }
}
