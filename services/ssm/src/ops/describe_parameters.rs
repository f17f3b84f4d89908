//! DescribeParameters.
//!
//! Differs from AWS: parameters shared from other accounts are refused.

use cloud::prelude::*;
use store::layer::table::{Cursor, Paging};

use crate::error::Error;
use crate::filter::ParameterStringFilter;
use crate::keys::{self, ParameterRow};
use crate::limits::RESULTS;
use crate::parameter;

#[derive(Shape)]
pub(crate) struct Input {
    filters: Option<Vec<ParametersFilter>>,
    parameter_filters: Option<Vec<ParameterStringFilter>>,
    #[shape(range = 1..=50)]
    max_results: Option<i32>,
    next_token: Option<String>,
    shared: Option<bool>,
}

#[derive(Shape)]
struct ParametersFilter {
    key: String,
    #[shape(len = 1..=50)]
    values: Vec<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    parameters: Vec<ParameterMetadata>,
    next_token: Option<String>,
}

#[derive(Shape)]
struct ParameterMetadata {
    name: String,
    #[shape(name = "ARN")]
    arn: String,
    #[shape(name = "Type")]
    kind: String,
    last_modified_date: Timestamp,
    last_modified_user: String,
    description: Option<String>,
    allowed_pattern: Option<String>,
    version: i64,
    tier: String,
    policies: Vec<String>,
    data_type: String,
}

pub(crate) struct DescribeParameters;

impl Operation for DescribeParameters {
    const NAME: &'static str = "DescribeParameters";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let filters = filters(&input)?;
        let limit = input.max_results.and_then(|count| usize::try_from(count).ok()).unwrap_or(RESULTS);
        let mut after = Cursor::of_token(input.next_token.as_deref(), || Error::InvalidNextToken)?;
        let mut parameters = Vec::new();
        loop {
            let page = keys::starting(cx, "", &Paging::after(1, after)).await?;
            let rows = page.items.into_iter().filter(|row| filters.iter().all(|filter| filter.matches(row)));
            parameters.extend(rows.map(metadata));
            after = page.next;
            if after.is_none() || parameters.len() == limit {
                return Ok(Output { parameters, next_token: after.map(|cursor| cursor.to_text()) });
            }
        }
    }
}

/// Both kinds of filter as the newer kind.
fn filters(input: &Input) -> Result<Vec<ParameterStringFilter>, Error> {
    if input.shared == Some(true) {
        return Err(Error::Validation("shared parameters are not supported by this cloud".to_owned()));
    }
    let old = input.filters.iter().flatten().map(|filter| ParameterStringFilter {
        key: filter.key.clone(),
        option: None,
        values: Some(filter.values.clone()),
    });
    let filters: Vec<_> = old.chain(input.parameter_filters.iter().flatten().cloned()).collect();
    for filter in &filters {
        filter.check()?;
    }
    Ok(filters)
}

fn metadata(row: ParameterRow) -> ParameterMetadata {
    ParameterMetadata {
        arn: parameter::arn(&row.region, &row.account, &row.name).into(),
        name: row.name,
        kind: row.current.kind,
        last_modified_date: Timestamp::from_millis(row.current.modified_at_millis),
        last_modified_user: row.current.modified_by,
        description: row.current.description,
        allowed_pattern: row.current.allowed_pattern,
        version: row.current.number,
        tier: row.current.tier,
        policies: Vec::new(),
        data_type: row.current.data_type,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn filters_by_name_and_type() {
        let world = World::new(&[&crate::SSM]).await;
        for (name, kind) in [("/a/1", "String"), ("/a/2", "StringList"), ("b", "String")] {
            world.ok("ssm", "PutParameter", json!({"Name": name, "Value": "v", "Type": kind})).await;
        }
        let filters = json!([
            {"Key": "Name", "Option": "BeginsWith", "Values": ["/a"]},
            {"Key": "Type", "Values": ["StringList"]},
        ]);
        let answer = world.ok("ssm", "DescribeParameters", json!({"ParameterFilters": filters})).await;
        assert_eq!(answer["Parameters"].as_array().unwrap().len(), 1);
        assert_eq!(answer["Parameters"][0]["Name"], "/a/2");
        let wrong = json!({"ParameterFilters": [{"Key": "Type", "Option": "Contains", "Values": ["x"]}]});
        assert_eq!(world.error("ssm", "DescribeParameters", wrong).await.0, "InvalidFilterOption");
    }
}
