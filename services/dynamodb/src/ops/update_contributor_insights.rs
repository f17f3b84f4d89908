//! UpdateContributorInsights.
//!
//! Differs from AWS: refused, because nothing would be measured.

use cloud::prelude::*;

use crate::error::Error;
use crate::tables::{self, TableName};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_name: String,
    index_name: Option<String>,
    contributor_insights_action: String,
    contributor_insights_mode: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct UpdateContributorInsights;

impl Operation for UpdateContributorInsights {
    const NAME: &'static str = "UpdateContributorInsights";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(TableName::read(cx, &input.table_name)?.arn().into())
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        tables::policy(cx, &input.table_name).await
    }

    async fn run(_cx: &mut Cx, _input: Input) -> Result<Output, Error> {
        Err(Error::validation("contributor insights are not supported by this cloud"))
    }
}
