//! GetEndpointAttributes.

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::error::Error;
use crate::topic;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    endpoint_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    attributes: BTreeMap<String, String>,
}

/// Differs from AWS: mobile push is not there, so that no application or device is.
pub(crate) struct GetEndpointAttributes;

impl Operation for GetEndpointAttributes {
    const NAME: &'static str = "GetEndpointAttributes";
    const KIND: Kind = Kind::Read;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(topic::resource(&input.endpoint_arn))
    }

    async fn run(_: &mut Cx, _: Input) -> Result<Output, Error> {
        Err(Error::NotFound("Endpoint"))
    }
}
