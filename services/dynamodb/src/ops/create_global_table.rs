//! CreateGlobalTable.
//!
//! Differs from AWS: refused, because this cloud has one region.

use cloud::prelude::*;
use serde_json::Value as Json;

use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 3..=255, pattern = "[a-zA-Z0-9_.-]+")]
    global_table_name: String,
    replication_group: Vec<Json>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct CreateGlobalTable;

impl Operation for CreateGlobalTable {
    const NAME: &'static str = "CreateGlobalTable";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(cx.arn("dynamodb", format_args!("table/{}", input.global_table_name)).into())
    }

    async fn run(_cx: &mut Cx, _input: Input) -> Result<Output, Error> {
        Err(Error::validation("global tables are not supported by this cloud"))
    }
}
