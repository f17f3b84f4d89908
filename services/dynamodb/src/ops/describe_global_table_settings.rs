//! DescribeGlobalTableSettings: global tables of the version of 2017, of which there are none.
//!
//! Differs from AWS: global tables cannot be created, so the one that is named is never there.

use cloud::prelude::*;

use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 3..=255, pattern = "[a-zA-Z0-9_.-]+")]
    global_table_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct DescribeGlobalTableSettings;

impl Operation for DescribeGlobalTableSettings {
    const NAME: &'static str = "DescribeGlobalTableSettings";
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
