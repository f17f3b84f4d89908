//! DescribeExport.

use cloud::prelude::*;

use super::tag_resource::arn_of;
use crate::error::Error;
use crate::export::{self, ExportDescription};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 37..=1024)]
    export_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    export_description: ExportDescription,
}

pub(crate) struct DescribeExport;

impl Operation for DescribeExport {
    const NAME: &'static str = "DescribeExport";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(arn_of(cx, &input.export_arn))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = export::find(cx.tx(), &input.export_arn).await?;
        Ok(Output { export_description: row.describe() })
    }
}
