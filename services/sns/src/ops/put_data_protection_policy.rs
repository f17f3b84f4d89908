//! PutDataProtectionPolicy.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::{data_protection, topic};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    resource_arn: String,
    #[shape(default)]
    data_protection_policy: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Gives a topic a data protection policy; an empty one takes it away.
///
/// Differs from AWS: the policy is kept and shown, but no message is looked through for personal data.
pub(crate) struct PutDataProtectionPolicy;

impl Operation for PutDataProtectionPolicy {
    const NAME: &'static str = "PutDataProtectionPolicy";
    const KIND: Kind = Kind::Write;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(topic::resource(&input.resource_arn))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut row = topic::open(cx, "ResourceArn", &input.resource_arn).await?;
        row.data_protection = match input.data_protection_policy {
            policy if policy.is_empty() => None,
            policy => {
                data_protection::check(&policy)?;
                Some(policy)
            }
        };
        table::put(cx.tx(), &row).await?;
        Ok(Output)
    }
}
