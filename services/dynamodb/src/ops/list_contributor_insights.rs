//! ListContributorInsights.
//!
//! Differs from AWS: insights cannot be enabled, so there are none.

use cloud::prelude::*;
use serde_json::Value as Json;

use crate::error::Error;
use crate::tables::{self, TableName};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_name: Option<String>,
    next_token: Option<String>,
    max_results: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    contributor_insights_summaries: Vec<Json>,
}

pub(crate) struct ListContributorInsights;

impl Operation for ListContributorInsights {
    const NAME: &'static str = "ListContributorInsights";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if let Some(name) = &input.table_name {
            let name = TableName::read(cx, name)?;
            tables::existing(cx, &name).await?;
        }
        Ok(Output { contributor_insights_summaries: Vec::new() })
    }
}
