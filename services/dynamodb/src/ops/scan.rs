//! Scan.

use std::collections::BTreeMap;

use cloud::prelude::*;
use ddbexpr::{Condition, Item, Parameter, Parameters, Placeholders, Projection};
use serde_json::Value as Json;
use store::Range;

use crate::access::{self, Facts};
use crate::capacity::ReturnConsumedCapacity;
use crate::error::Error;
use crate::item;
use crate::limits::SEGMENTS_MAX;
use crate::reading::{Asked, PageOutput, Plan, Select, Source};
use crate::request::{self, ConditionalOperator, LegacyCondition, Names};
use crate::tables::{self, TableName};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_name: String,
    #[shape(len = 3..=255, pattern = "[a-zA-Z0-9_.-]+")]
    index_name: Option<String>,
    #[shape(len = 1..)]
    attributes_to_get: Option<Vec<String>>,
    #[shape(range = 1..)]
    limit: Option<i32>,
    select: Option<Select>,
    scan_filter: Option<BTreeMap<String, LegacyCondition>>,
    conditional_operator: Option<ConditionalOperator>,
    exclusive_start_key: Option<Json>,
    return_consumed_capacity: Option<ReturnConsumedCapacity>,
    #[shape(range = 1..=1000000)]
    total_segments: Option<i32>,
    #[shape(range = 0..=999999)]
    segment: Option<i32>,
    projection_expression: Option<String>,
    filter_expression: Option<String>,
    expression_attribute_names: Option<Names>,
    expression_attribute_values: Option<Json>,
    consistent_read: Option<bool>,
}

impl Input {
    fn check(&self) -> Result<(), Error> {
        let parameters = Parameters {
            expressions: &[
                ("ProjectionExpression", self.projection_expression.is_some()),
                ("FilterExpression", self.filter_expression.is_some()),
            ],
            legacy: &[
                ("AttributesToGet", self.attributes_to_get.is_some()),
                ("ScanFilter", self.scan_filter.is_some()),
                ("ConditionalOperator", self.conditional_operator.is_some()),
            ],
            names: self.expression_attribute_names.is_some(),
            values: request::present(self.expression_attribute_values.as_ref()).is_some(),
        };
        parameters.check()?;
        self.segments().map(|_| ())
    }

    /// The segment and the number of segments.
    fn segments(&self) -> Result<(u64, u64), Error> {
        match (self.segment, self.total_segments) {
            (None, None) => Ok((0, 1)),
            (Some(_), None) => Err(Error::validation(
                "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
            )),
            (None, Some(_)) => Err(Error::validation(
                "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
            )),
            (Some(segment), Some(total)) if segment >= total => Err(Error::validation(format!(
                "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: {segment} is not less than TotalSegments: {total}"
            ))),
            (Some(segment), Some(total)) => {
                debug_assert!(total <= SEGMENTS_MAX, "the shape has the limit");
                Ok((segment.unsigned_abs().into(), total.unsigned_abs().into()))
            }
        }
    }

    fn read(&self) -> Result<(Option<Projection>, Option<Condition>), Error> {
        let values = request::present(self.expression_attribute_values.as_ref());
        let mut placeholders = Placeholders::new(self.expression_attribute_names.as_ref(), values)?;
        let projection = match (&self.projection_expression, &self.attributes_to_get) {
            (Some(text), _) => Some(Projection::parse(text, &mut placeholders)?),
            (None, Some(names)) => Some(Projection::attributes_to_get(names)?),
            (None, None) => None,
        };
        let operator = self.conditional_operator.as_ref().map(ConditionalOperator::as_str);
        let filter = match (&self.filter_expression, &self.scan_filter) {
            (Some(text), _) => Some(Condition::parse(Parameter::Filter, text, &mut placeholders)?),
            (None, Some(filter)) => Some(ddbexpr::legacy::filter(&request::comparisons(filter), operator)?),
            (None, None) => {
                ddbexpr::legacy::check_operator(operator, 0)?;
                None
            }
        };
        placeholders.finish()?;
        Ok((projection, filter))
    }
}

/// The rows of a segment behind an `ExclusiveStartKey`.
fn range(source: Source<'_>, segments: (u64, u64), start: Option<&Item>) -> Result<Range, Error> {
    let mut range = source.rows().segment(segments.0, segments.1);
    let Some(start) = start else { return Ok(range) };
    source.check_start(
        start,
        "The provided starting key is invalid: The provided key element does not match the schema",
    )?;
    let place = source.place(start);
    if !range.contains(&place) {
        return Err(Error::validation(
            "The provided Exclusive start key does not map to the provided Segment and TotalSegments values.",
        ));
    }
    range.from = [&place[..], &[0]].concat().into();
    Ok(range)
}

pub(crate) struct ScanTable;

impl Operation for ScanTable {
    const NAME: &'static str = "Scan";
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
        if let Ok((projection, filter)) = input.read() {
            facts = facts.condition(Ok(filter)).projection(projection.as_ref());
        }
        if let Some(select) = &input.select {
            facts.select = Some(select.as_str());
        }
        facts.return_consumed_capacity = input.return_consumed_capacity;
        facts.conditions(cx, &input.table_name).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<PageOutput, Error> {
        let name = TableName::read(cx, &input.table_name)?;
        input.check()?;
        let segments = input.segments()?;
        let start = item::read_optional(input.exclusive_start_key.as_ref())?;
        let (projection, filter) = input.read()?;
        let asked = Asked {
            select: input.select,
            projection,
            is_legacy: input.attributes_to_get.is_some(),
            filter: filter.as_ref(),
            verb: "Scanning",
        };
        asked.check(input.index_name.is_some())?;
        let is_consistent = input.consistent_read.unwrap_or(false);
        let table = tables::reading(cx, &name).await?;
        let source = Source::of(&table, input.index_name.as_deref(), is_consistent)?;
        let shown = asked.of(source)?;
        let plan = Plan {
            source,
            range: range(source, segments, start.as_ref())?,
            reverse: false,
            limit: input.limit.and_then(|limit| usize::try_from(limit).ok()),
            filter: filter.as_ref(),
            shown: &shown,
            is_consistent,
        };
        let page = plan.read(cx.tx()).await?;
        Ok(page.answer(input.return_consumed_capacity, &input.table_name))
    }
}
