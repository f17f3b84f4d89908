//! DescribeAccountSettings.

use cloud::prelude::*;

use crate::account::Commitment;
use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {}

#[derive(Shape)]
pub(crate) struct Output {
    minimum_throughput_billing_commitment: Commitment,
}

pub(crate) struct DescribeAccountSettings;

impl Operation for DescribeAccountSettings {
    const NAME: &'static str = "DescribeAccountSettings";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(_cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let Input {} = input;
        Ok(Output { minimum_throughput_billing_commitment: Commitment::disabled() })
    }
}
