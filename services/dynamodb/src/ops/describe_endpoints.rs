//! DescribeEndpoints.
//!
//! The endpoint is the one that clients use already.

use cloud::prelude::*;

use crate::error::Error;

/// How long clients may keep the answer, as AWS answers it.
const CACHE_MINUTES: i64 = 1440;

#[derive(Shape)]
pub(crate) struct Input {}

/// An endpoint.
#[derive(Shape)]
pub(crate) struct Endpoint {
    address: String,
    cache_period_in_minutes: i64,
}

#[derive(Shape)]
pub(crate) struct Output {
    endpoints: Vec<Endpoint>,
}

pub(crate) struct DescribeEndpoints;

impl Operation for DescribeEndpoints {
    const NAME: &'static str = "DescribeEndpoints";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, _input: Input) -> Result<Output, Error> {
        let endpoint = cx.cloud().endpoint();
        let address = endpoint.split_once("://").map_or(endpoint, |(_, address)| address).to_owned();
        Ok(Output { endpoints: vec![Endpoint { address, cache_period_in_minutes: CACHE_MINUTES }] })
    }
}
