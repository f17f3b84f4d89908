//! UpdateItem.

use std::collections::BTreeMap;

use cloud::prelude::*;
use ddbexpr::limits::ITEM_BYTES_MAX;
use ddbexpr::{Condition, Item, Parameters, Placeholders, Update};
use serde_json::Value as Json;

use crate::access::{self, Facts};
use crate::capacity::{ReturnConsumedCapacity, ReturnItemCollectionMetrics};
use crate::error::Error;
use crate::item::{self, IndexWords};
use crate::request::{
    self, Conditional, ConditionalOperator, ExpectedValue, LegacyUpdate, Names, ReturnOnFailure, ReturnValue,
};
use crate::table::TableRow;
use crate::tables::{self, TableName};
use crate::write::Change;
use crate::writing::{Answer, Writing};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_name: String,
    key: Json,
    attribute_updates: Option<BTreeMap<String, LegacyUpdate>>,
    expected: Option<BTreeMap<String, ExpectedValue>>,
    conditional_operator: Option<ConditionalOperator>,
    return_values: Option<ReturnValue>,
    return_consumed_capacity: Option<ReturnConsumedCapacity>,
    return_item_collection_metrics: Option<ReturnItemCollectionMetrics>,
    update_expression: Option<String>,
    condition_expression: Option<String>,
    expression_attribute_names: Option<Names>,
    expression_attribute_values: Option<Json>,
    return_values_on_condition_check_failure: Option<ReturnOnFailure>,
}

impl Input {
    fn check(&self) -> Result<(), Error> {
        let parameters = Parameters {
            expressions: &[
                ("UpdateExpression", self.update_expression.is_some()),
                ("ConditionExpression", self.condition_expression.is_some()),
            ],
            legacy: &[
                ("AttributeUpdates", self.attribute_updates.is_some()),
                ("Expected", self.expected.is_some()),
                ("ConditionalOperator", self.conditional_operator.is_some()),
            ],
            names: self.expression_attribute_names.is_some(),
            values: request::present(self.expression_attribute_values.as_ref()).is_some(),
        };
        Ok(parameters.check()?)
    }

    /// The update and the condition, which share their placeholders.
    fn read(&self) -> Result<(Option<Update>, Option<Condition>), Error> {
        let conditional = Conditional {
            expression: self.condition_expression.as_deref(),
            names: self.expression_attribute_names.as_ref(),
            values: self.expression_attribute_values.as_ref(),
            expected: self.expected.as_ref(),
            operator: self.conditional_operator,
        };
        let mut placeholders = Placeholders::new(conditional.names, request::present(conditional.values))?;
        let update = match (&self.update_expression, &self.attribute_updates) {
            (Some(text), _) => Some(Update::parse(text, &mut placeholders)?),
            (None, Some(updates)) => Some(ddbexpr::legacy::updates(&request::updates(updates))?),
            (None, None) => None,
        };
        let condition = conditional.read_with(&mut placeholders)?;
        placeholders.finish()?;
        Ok((update, condition))
    }
}

/// Refuses an update of attributes that make the table's key.
pub(crate) fn check_update(table: &TableRow, update: &Update) -> Result<(), Error> {
    match update.attributes().find(|name| table.key.has(name)) {
        Some(name) => Err(Error::parameter(format_args!(
            "Cannot update attribute {name}. This attribute is part of the key"
        ))),
        None => Ok(()),
    }
}

/// The item after an update; an item that is not there begins as its key.
pub(crate) fn updated(update: Option<&Update>, old: Option<&Item>, key: &Item) -> Result<Item, Error> {
    let before = old.unwrap_or(key);
    Ok(match update {
        Some(update) => update.apply(before)?,
        None => before.clone(),
    })
}

pub(crate) struct UpdateItem;

impl Operation for UpdateItem {
    const NAME: &'static str = "UpdateItem";
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
        let mut facts = Facts::of(&input.key);
        if let Ok((update, condition)) = input.read() {
            facts = facts.update(update.as_ref()).condition(Ok(condition));
        }
        facts.return_values = input.return_values.as_ref().map(ReturnValue::as_str);
        facts.return_consumed_capacity = input.return_consumed_capacity;
        facts.conditions(cx, &input.table_name).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Answer, Error> {
        let name = TableName::read(cx, &input.table_name)?;
        input.check()?;
        let asked = item::read(&input.key)?;
        let (update, condition) = input.read()?;
        let table = tables::open(cx, &name).await?;
        let key = item::place_of_key(&table.row, &asked)?;
        if let Some(update) = &update {
            check_update(&table.row, update)?;
        }
        let writing = Writing {
            table: &table,
            table_name: &input.table_name,
            condition: condition.as_ref(),
            on_failure: input.return_values_on_condition_check_failure,
            capacity: input.return_consumed_capacity,
            metrics: input.return_item_collection_metrics,
        };
        let new = |old: Option<&Item>| {
            let new = updated(update.as_ref(), old, &asked).map_err(|error| input.reword(error))?;
            if update.as_ref().is_some_and(|update| update.measured_size(&new) > ITEM_BYTES_MAX) {
                return Err(Error::validation("Item size to update has exceeded the maximum allowed size"));
            }
            item::check_index_keys(&table.row, &new, IndexWords::Update)?;
            Ok(Some(new))
        };
        writing.run(cx, key, new, |change| returned(input.return_values, update.as_ref(), change)).await
    }
}

impl Input {
    /// Legacy updates have words of their own for some errors.
    fn reword(&self, error: Error) -> Error {
        match error {
            Error::Validation(text) if self.attribute_updates.is_some() => {
                ddbexpr::legacy::update_error(ddbexpr::Error::Validation(text)).into()
            }
            other => other,
        }
    }
}

/// What the answer shows of the item. What is not there is not shown, not even empty.
fn returned(asked: Option<ReturnValue>, update: Option<&Update>, change: &Change) -> Option<Json> {
    let touched = |item: Option<&Item>| {
        let touched = update?.touched(item?);
        (!touched.is_empty()).then(|| request::write(&touched))
    };
    match asked.unwrap_or(ReturnValue::None) {
        ReturnValue::None => None,
        ReturnValue::AllOld => change.old.as_ref().map(request::write),
        ReturnValue::AllNew => change.new.as_ref().map(request::write),
        ReturnValue::UpdatedOld => touched(change.old.as_ref()),
        ReturnValue::UpdatedNew => touched(change.new.as_ref()),
    }
}
