//! DescribeGlobalTable: there are no global tables.

use cloud::prelude::*;

use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 3..=255, pattern = "[a-zA-Z0-9_.-]+")]
    global_table_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct DescribeGlobalTable;

impl Operation for DescribeGlobalTable {
    const NAME: &'static str = "DescribeGlobalTable";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let resource = format!("global-table/{}", input.global_table_name);
        Ok(Arn::new("dynamodb", "", cx.account(), resource).into())
    }

    async fn run(_cx: &mut Cx, input: Input) -> Result<Output, Error> {
        Err(Error::GlobalTableNotFound(input.global_table_name))
    }
}
