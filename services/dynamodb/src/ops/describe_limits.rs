//! DescribeLimits.

use cloud::prelude::*;

use crate::error::Error;
use crate::limits::{ACCOUNT_UNITS_MAX, TABLE_UNITS_MAX};

#[derive(Shape)]
pub(crate) struct Input {}

#[derive(Shape)]
pub(crate) struct Output {
    account_max_read_capacity_units: i64,
    account_max_write_capacity_units: i64,
    table_max_read_capacity_units: i64,
    table_max_write_capacity_units: i64,
}

pub(crate) struct DescribeLimits;

impl Operation for DescribeLimits {
    const NAME: &'static str = "DescribeLimits";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(_cx: &mut Cx, _input: Input) -> Result<Output, Error> {
        Ok(Output {
            account_max_read_capacity_units: ACCOUNT_UNITS_MAX,
            account_max_write_capacity_units: ACCOUNT_UNITS_MAX,
            table_max_read_capacity_units: TABLE_UNITS_MAX,
            table_max_write_capacity_units: TABLE_UNITS_MAX,
        })
    }
}
