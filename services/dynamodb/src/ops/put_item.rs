//! PutItem.

use std::collections::BTreeMap;

use cloud::prelude::*;
use ddbexpr::Item;
use serde_json::Value as Json;

use crate::access::{self, Facts};
use crate::capacity::{ReturnConsumedCapacity, ReturnItemCollectionMetrics};
use crate::error::Error;
use crate::item::{self, IndexWords};
use crate::request::{Conditional, ConditionalOperator, ExpectedValue, Names, ReturnOnFailure, ReturnValue};
use crate::tables::{self, TableName};
use crate::writing::{self, Answer, Writing};

/// The words for an item over 400 KB.
pub(crate) const TOO_LARGE: &str = "Item size has exceeded the maximum allowed size";

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_name: String,
    item: Json,
    expected: Option<BTreeMap<String, ExpectedValue>>,
    return_values: Option<ReturnValue>,
    return_consumed_capacity: Option<ReturnConsumedCapacity>,
    return_item_collection_metrics: Option<ReturnItemCollectionMetrics>,
    conditional_operator: Option<ConditionalOperator>,
    condition_expression: Option<String>,
    expression_attribute_names: Option<Names>,
    expression_attribute_values: Option<Json>,
    return_values_on_condition_check_failure: Option<ReturnOnFailure>,
}

impl Input {
    fn conditional(&self) -> Conditional<'_> {
        Conditional {
            expression: self.condition_expression.as_deref(),
            names: self.expression_attribute_names.as_ref(),
            values: self.expression_attribute_values.as_ref(),
            expected: self.expected.as_ref(),
            operator: self.conditional_operator,
        }
    }
}

pub(crate) struct PutItem;

impl Operation for PutItem {
    const NAME: &'static str = "PutItem";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Answer;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(TableName::read(cx, &input.table_name)?.arn().into())
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        tables::policy(cx, &input.table_name).await
    }

    async fn conditions(cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        if !access::is_bound(cx) {
            return Ok(Conditions::new());
        }
        let mut facts = Facts::of(&input.item).condition(input.conditional().read());
        facts.return_values = input.return_values.as_ref().map(ReturnValue::as_str);
        facts.return_consumed_capacity = input.return_consumed_capacity;
        facts.conditions(cx, &input.table_name).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Answer, Error> {
        let name = TableName::read(cx, &input.table_name)?;
        let conditional = input.conditional();
        conditional.check()?;
        let new = item::read(&input.item)?;
        let wants_old = writing::wants_old(input.return_values)?;
        item::check_size(&new, TOO_LARGE)?;
        let condition = conditional.read()?;
        let table = tables::open(cx, &name).await?;
        let key = item::place_of_new(&table.row, &new)?;
        item::check_index_keys(&table.row, &new, IndexWords::Put)?;
        let writing = Writing {
            table: &table,
            table_name: &input.table_name,
            condition: condition.as_ref(),
            on_failure: input.return_values_on_condition_check_failure,
            capacity: input.return_consumed_capacity,
            metrics: input.return_item_collection_metrics,
        };
        let new = |_: Option<&Item>| Ok(Some(new));
        writing.run(cx, key, new, |change| writing::old(change).filter(|_| wants_old)).await
    }
}
