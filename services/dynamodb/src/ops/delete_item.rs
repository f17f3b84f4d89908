//! DeleteItem.

use std::collections::BTreeMap;

use cloud::prelude::*;
use ddbexpr::Item;
use serde_json::Value as Json;

use crate::access::{self, Facts};
use crate::capacity::{ReturnConsumedCapacity, ReturnItemCollectionMetrics};
use crate::error::Error;
use crate::item;
use crate::request::{Conditional, ConditionalOperator, ExpectedValue, Names, ReturnOnFailure, ReturnValue};
use crate::tables::{self, TableName};
use crate::writing::{self, Answer, Writing};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_name: String,
    key: Json,
    expected: Option<BTreeMap<String, ExpectedValue>>,
    conditional_operator: Option<ConditionalOperator>,
    return_values: Option<ReturnValue>,
    return_consumed_capacity: Option<ReturnConsumedCapacity>,
    return_item_collection_metrics: Option<ReturnItemCollectionMetrics>,
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

pub(crate) struct DeleteItem;

impl Operation for DeleteItem {
    const NAME: &'static str = "DeleteItem";
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
        let mut facts = Facts::of(&input.key).condition(input.conditional().read());
        facts.return_values = input.return_values.as_ref().map(ReturnValue::as_str);
        facts.return_consumed_capacity = input.return_consumed_capacity;
        facts.conditions(cx, &input.table_name).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Answer, Error> {
        let name = TableName::read(cx, &input.table_name)?;
        let conditional = input.conditional();
        conditional.check()?;
        let asked = item::read(&input.key)?;
        let wants_old = writing::wants_old(input.return_values)?;
        let condition = conditional.read()?;
        let table = tables::open(cx, &name).await?;
        let key = item::place_of_key(&table.row, &asked)?;
        let writing = Writing {
            table: &table,
            table_name: &input.table_name,
            condition: condition.as_ref(),
            on_failure: input.return_values_on_condition_check_failure,
            capacity: input.return_consumed_capacity,
            metrics: input.return_item_collection_metrics,
        };
        let nothing = |_: Option<&Item>| Ok(None);
        writing.run(cx, key, nothing, |change| writing::old(change).filter(|_| wants_old)).await
    }
}
