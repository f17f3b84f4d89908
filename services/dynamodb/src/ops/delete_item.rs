//! DeleteItem.

use std::collections::BTreeMap;

use cloud::prelude::*;
use serde_json::Value as Json;

use crate::access::{self, Facts};
use crate::capacity::{
    ConsumedCapacity, ItemCollectionMetrics, ReturnConsumedCapacity, ReturnItemCollectionMetrics,
};
use crate::error::Error;
use crate::item;
use crate::request::{
    self, Conditional, ConditionalOperator, ExpectedValue, Names, ReturnOnFailure, ReturnValue,
};
use crate::tables::{self, TableName};
use crate::write::{self, Change};

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

#[derive(Shape)]
pub(crate) struct Output {
    attributes: Option<Json>,
    consumed_capacity: Option<ConsumedCapacity>,
    item_collection_metrics: Option<ItemCollectionMetrics>,
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
    type Output = Output;
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

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = TableName::read(cx, &input.table_name)?;
        let conditional = input.conditional();
        conditional.check()?;
        let asked = item::read(&input.key)?;
        let returned = input.return_values.unwrap_or(ReturnValue::None);
        if !matches!(returned, ReturnValue::None | ReturnValue::AllOld) {
            return Err(Error::validation("ReturnValues can only be ALL_OLD or NONE"));
        }
        let condition = conditional.read()?;
        let table = tables::open(cx, &name).await?;
        let key = item::place_of_key(&table.row, &asked)?;
        let now = cx.now().millis();
        let tx = cx.tx();
        let old = write::get(tx, &table, &key).await?;
        request::require(condition.as_ref(), old.as_ref(), input.return_values_on_condition_check_failure)?;
        let change = Change { key, old, new: None, by_expiry: false };
        let written = write::apply(tx, &table, &change, now).await?;
        Ok(Output {
            consumed_capacity: written.units.tell(input.return_consumed_capacity, &input.table_name),
            item_collection_metrics: written.metrics(
                input.return_item_collection_metrics,
                &table.row,
                change.old.as_ref(),
            ),
            attributes: change.old.filter(|_| returned == ReturnValue::AllOld).as_ref().map(request::write),
        })
    }
}
