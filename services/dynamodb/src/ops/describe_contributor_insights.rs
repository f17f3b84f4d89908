//! DescribeContributorInsights.
//!
//! Differs from AWS: insights cannot be enabled, so they are always disabled.

use cloud::prelude::*;

use crate::error::Error;
use crate::tables::{self, TableName};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_name: String,
    #[shape(len = 3..=255, pattern = "[a-zA-Z0-9_.-]+")]
    index_name: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    table_name: String,
    index_name: Option<String>,
    contributor_insights_status: String,
}

pub(crate) struct DescribeContributorInsights;

impl Operation for DescribeContributorInsights {
    const NAME: &'static str = "DescribeContributorInsights";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let name = TableName::read(cx, &input.table_name)?;
        Ok(match &input.index_name {
            Some(index) => name.index_arn(index).into(),
            None => name.arn().into(),
        })
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        tables::policy(cx, &input.table_name).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = TableName::read(cx, &input.table_name)?;
        let table = tables::existing(cx, &name).await?;
        let unknown = |index: &String| table.row.index(index).is_none();
        if input.index_name.as_ref().is_some_and(unknown) {
            return Err(Error::NotFound);
        }
        Ok(Output {
            table_name: name.name,
            index_name: input.index_name,
            contributor_insights_status: "DISABLED".to_owned(),
        })
    }
}
