//! Query.

use std::collections::BTreeMap;

use cloud::prelude::*;
use ddbexpr::{
    Condition, Item, KeyAttribute, KeyCondition, KeyQuery, KeyTest, Parameter, Parameters, Placeholders,
    Projection,
};
use serde_json::Value as Json;
use store::Range;

use crate::access::{self, Facts};
use crate::capacity::ReturnConsumedCapacity;
use crate::error::Error;
use crate::item;
use crate::reading::{Asked, PageOutput, Plan, Select, Source};
use crate::request::{self, ConditionalOperator, LegacyCondition, Names};
use crate::tables::{self, TableName};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_name: String,
    #[shape(len = 3..=255, pattern = "[a-zA-Z0-9_.-]+")]
    index_name: Option<String>,
    select: Option<Select>,
    #[shape(len = 1..)]
    attributes_to_get: Option<Vec<String>>,
    #[shape(range = 1..)]
    limit: Option<i32>,
    consistent_read: Option<bool>,
    key_conditions: Option<BTreeMap<String, LegacyCondition>>,
    query_filter: Option<BTreeMap<String, LegacyCondition>>,
    conditional_operator: Option<ConditionalOperator>,
    scan_index_forward: Option<bool>,
    exclusive_start_key: Option<Json>,
    return_consumed_capacity: Option<ReturnConsumedCapacity>,
    projection_expression: Option<String>,
    filter_expression: Option<String>,
    key_condition_expression: Option<String>,
    expression_attribute_names: Option<Names>,
    expression_attribute_values: Option<Json>,
}

/// The expressions of a query.
struct Read {
    projection: Option<Projection>,
    filter: Option<Condition>,
    key: KeyCondition,
}

impl Input {
    fn check(&self) -> Result<(), Error> {
        let parameters = Parameters {
            expressions: &[
                ("ProjectionExpression", self.projection_expression.is_some()),
                ("FilterExpression", self.filter_expression.is_some()),
                ("KeyConditionExpression", self.key_condition_expression.is_some()),
            ],
            legacy: &[
                ("AttributesToGet", self.attributes_to_get.is_some()),
                ("QueryFilter", self.query_filter.is_some()),
                ("ConditionalOperator", self.conditional_operator.is_some()),
                ("KeyConditions", self.key_conditions.is_some()),
            ],
            names: self.expression_attribute_names.is_some(),
            values: request::present(self.expression_attribute_values.as_ref()).is_some(),
        };
        Ok(parameters.check()?)
    }

    fn read(&self) -> Result<Read, Error> {
        let values = request::present(self.expression_attribute_values.as_ref());
        let mut placeholders = Placeholders::new(self.expression_attribute_names.as_ref(), values)?;
        let projection = match (&self.projection_expression, &self.attributes_to_get) {
            (Some(text), _) => Some(Projection::parse(text, &mut placeholders)?),
            (None, Some(names)) => Some(Projection::attributes_to_get(names)?),
            (None, None) => None,
        };
        let operator = self.conditional_operator.as_ref().map(ConditionalOperator::as_str);
        let filter = match (&self.filter_expression, &self.query_filter) {
            (Some(text), _) => Some(Condition::parse(Parameter::Filter, text, &mut placeholders)?),
            (None, Some(filter)) => Some(ddbexpr::legacy::filter(&request::comparisons(filter), operator)?),
            (None, None) => {
                ddbexpr::legacy::check_operator(operator, 0)?;
                None
            }
        };
        let key = match (&self.key_condition_expression, &self.key_conditions) {
            (Some(text), _) => {
                let condition = KeyCondition::parse(text, &mut placeholders)?;
                placeholders.finish()?;
                KeyCondition::of(&condition)?
            }
            (None, Some(conditions)) => {
                placeholders.finish()?;
                ddbexpr::legacy::key_conditions(&request::comparisons(conditions))?
            }
            (None, None) => {
                return Err(Error::validation(
                    "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
                ));
            }
        };
        Ok(Read { projection, filter, key })
    }

    /// A filter looks at what the key condition has found, so it cannot be about the key.
    fn check_filter(&self, filter: Option<&Condition>, source: Source<'_>) -> Result<(), Error> {
        let named = filter.map(Condition::attributes).unwrap_or_default();
        let Some(name) = source.key().iter().find(|name| named.contains(name)) else { return Ok(()) };
        let parameter = if self.query_filter.is_some() { "QueryFilter" } else { "Filter Expression" };
        Err(Error::validation(format!(
            "{parameter} can only contain non-primary key attributes: Primary key attribute: {name}"
        )))
    }
}

/// Fits key conditions to the key of what is read.
fn fit(key: &KeyCondition, source: Source<'_>) -> Result<KeyQuery, Error> {
    let row = &source.table.row;
    fn part<'a>(row: &crate::table::TableRow, name: &'a str) -> KeyAttribute<'a> {
        KeyAttribute { name, kind: row.kind_of(name).value_kind() }
    }
    let names = source.key();
    let range = names.range.as_deref().map(|name| part(row, name));
    let query = key.fit(part(row, &names.hash), range)?;
    ddbexpr::key::require_content(&names.hash, &query.partition)?;
    if let (Some(name), Some(test)) = (&names.range, &query.sort) {
        for value in test.values() {
            ddbexpr::key::require_content(name, value)?;
        }
    }
    Ok(query)
}

/// The rows that a query asks for.
pub(crate) fn range(source: Source<'_>, query: &KeyQuery) -> Range {
    let rows = source.rows();
    let hash = &*query.partition;
    let mut range = rows.partition(hash);
    match &query.sort {
        None | Some(KeyTest::NotIndexable) => {}
        Some(KeyTest::Equal(value)) => {
            range = Range::new(rows.at(hash, value), rows.behind(hash, value));
        }
        Some(KeyTest::Less(value)) => range.to = rows.at(hash, value).into(),
        Some(KeyTest::LessOrEqual(value)) => range.to = rows.behind(hash, value).into(),
        Some(KeyTest::Greater(value)) => range.from = rows.behind(hash, value).into(),
        Some(KeyTest::GreaterOrEqual(value)) => range.from = rows.at(hash, value).into(),
        Some(KeyTest::Between(low, high)) => {
            range = Range::new(rows.at(hash, low), rows.behind(hash, high));
        }
        Some(KeyTest::BeginsWith(value)) => {
            range.from = rows.at(hash, value).into();
            if let Some(end) = rows.behind_prefix(hash, value) {
                range.to = end.into();
            }
        }
    }
    range
}

/// The part of `range` behind an `ExclusiveStartKey`.
pub(crate) fn behind(
    source: Source<'_>,
    mut range: Range,
    query: &KeyQuery,
    start: Option<&Item>,
    reverse: bool,
) -> Result<Range, Error> {
    let Some(start) = start else { return Ok(range) };
    source.check_start(start, "The provided starting key is invalid")?;
    let names = source.key();
    let inside = start[&names.hash] == *query.partition
        && match (&query.sort, &names.range) {
            (Some(test), Some(name)) => test.holds(&start[name]),
            _ => true,
        };
    if !inside {
        return Err(Error::validation(
            "The provided starting key is outside query boundaries based on provided conditions",
        ));
    }
    let place = source.place(start);
    if reverse {
        range.to = place;
    } else {
        range.from = [&place[..], &[0]].concat().into();
    }
    Ok(range)
}

pub(crate) struct Query;

impl Operation for Query {
    const NAME: &'static str = "Query";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = PageOutput;
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

    async fn conditions(cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        if !access::is_bound(cx) {
            return Ok(Conditions::new());
        }
        let mut facts = Facts { select: Some("ALL_ATTRIBUTES"), ..Facts::default() };
        let mut leading = Json::Null;
        if let Ok(read) = input.read() {
            facts = facts.condition(Ok(read.filter)).projection(read.projection.as_ref());
            facts.attributes.add(read.key.attributes());
            if let Ok(name) = TableName::read(cx, &input.table_name)
                && let Some(table) = tables::glance(cx, &name).await?
                && let Ok(source) = Source::of(&table, input.index_name.as_deref(), false)
                && let Ok(query) = fit(&read.key, source)
            {
                // The value stands under the table's key name, where it is looked for.
                let value = ddbexpr::json::write(&query.partition);
                leading = Json::Object([(table.row.key.hash.clone(), value)].into_iter().collect());
            }
        }
        if let Some(select) = &input.select {
            facts.select = Some(select.as_str());
        }
        facts.keys.push(&leading);
        facts.return_consumed_capacity = input.return_consumed_capacity;
        facts.conditions(cx, &input.table_name).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<PageOutput, Error> {
        let name = TableName::read(cx, &input.table_name)?;
        input.check()?;
        let start = item::read_optional(input.exclusive_start_key.as_ref())?;
        let Read { projection, filter, key } = input.read()?;
        let asked = Asked {
            select: input.select,
            projection,
            is_legacy: input.attributes_to_get.is_some(),
            filter: filter.as_ref(),
            verb: "Querying",
        };
        asked.check(input.index_name.is_some())?;
        let is_consistent = input.consistent_read.unwrap_or(false);
        let table = tables::reading(cx, &name).await?;
        let source = Source::of(&table, input.index_name.as_deref(), is_consistent)?;
        let query = fit(&key, source)?;
        input.check_filter(filter.as_ref(), source)?;
        let shown = asked.of(source)?;
        let reverse = !input.scan_index_forward.unwrap_or(true);
        let range = behind(source, range(source, &query), &query, start.as_ref(), reverse)?;
        let plan = Plan {
            source,
            range,
            reverse,
            limit: input.limit.and_then(|limit| usize::try_from(limit).ok()),
            filter: filter.as_ref(),
            shown: &shown,
            is_consistent,
        };
        let page = plan.read(cx.tx()).await?;
        Ok(page.answer(input.return_consumed_capacity, &input.table_name))
    }
}
