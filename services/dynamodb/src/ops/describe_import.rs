//! DescribeImport.

use cloud::prelude::*;

use super::tag_resource::arn_of;
use crate::error::Error;
use crate::import::{self, ImportTableDescription};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 37..=1024)]
    import_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    import_table_description: ImportTableDescription,
}

pub(crate) struct DescribeImport;

impl Operation for DescribeImport {
    const NAME: &'static str = "DescribeImport";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(arn_of(cx, &input.import_arn))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = import::find(cx.tx(), &input.import_arn).await?;
        Ok(Output { import_table_description: row.describe() })
    }
}
