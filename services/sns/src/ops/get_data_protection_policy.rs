//! GetDataProtectionPolicy.

use cloud::prelude::*;

use crate::error::Error;
use crate::topic;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    resource_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    data_protection_policy: Option<String>,
}

/// Shows the data protection policy of a topic.
pub(crate) struct GetDataProtectionPolicy;

impl Operation for GetDataProtectionPolicy {
    const NAME: &'static str = "GetDataProtectionPolicy";
    const KIND: Kind = Kind::Read;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(topic::resource(&input.resource_arn))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = topic::open(cx, "ResourceArn", &input.resource_arn).await?;
        Ok(Output { data_protection_policy: row.data_protection })
    }
}
