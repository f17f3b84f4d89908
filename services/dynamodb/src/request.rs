//! What requests for items have in common: conditions, legacy parameters, return values.

use std::collections::{BTreeMap, BTreeSet};

use cloud::prelude::*;
use ddbexpr::legacy::{AttributeUpdate, Comparison, Expectation};
use ddbexpr::{Condition, Item, Parameter, Parameters, Placeholders};
use serde_json::Value as Json;

use crate::error::Error;

/// `ExpressionAttributeNames`.
pub(crate) type Names = BTreeMap<String, String>;

/// What an operation returns of the item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ReturnValue {
    AllNew,
    UpdatedOld,
    AllOld,
    None,
    UpdatedNew,
}

/// What an operation returns of an item whose condition did not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ReturnOnFailure {
    AllOld,
    None,
}

/// How legacy conditions are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ConditionalOperator {
    Or,
    And,
}

/// Comparisons of the legacy parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ComparisonOperator {
    In,
    Null,
    Between,
    Lt,
    NotContains,
    Eq,
    Gt,
    NotNull,
    Ne,
    Le,
    BeginsWith,
    Ge,
    Contains,
}

/// An entry of `KeyConditions`, `QueryFilter` or `ScanFilter`.
#[derive(Clone, Debug, Shape)]
pub(crate) struct LegacyCondition {
    attribute_value_list: Option<Vec<Json>>,
    comparison_operator: ComparisonOperator,
}

/// An entry of `Expected`.
#[derive(Clone, Debug, Shape)]
pub(crate) struct ExpectedValue {
    value: Option<Json>,
    exists: Option<bool>,
    comparison_operator: Option<ComparisonOperator>,
    attribute_value_list: Option<Vec<Json>>,
}

/// What `AttributeUpdates` does to an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum AttributeAction {
    Add,
    Put,
    Delete,
}

/// An entry of `AttributeUpdates`.
#[derive(Clone, Debug, Shape)]
pub(crate) struct LegacyUpdate {
    value: Option<Json>,
    action: Option<AttributeAction>,
}

/// Legacy comparisons for `ddbexpr`.
pub(crate) fn comparisons(asked: &BTreeMap<String, LegacyCondition>) -> BTreeMap<String, Comparison> {
    let entries = asked.iter().map(|(name, condition)| {
        let comparison = Comparison {
            operator: condition.comparison_operator.as_str().to_owned(),
            values: condition.attribute_value_list.clone().unwrap_or_default(),
        };
        (name.clone(), comparison)
    });
    entries.collect()
}

/// Legacy updates for `ddbexpr`.
pub(crate) fn updates(asked: &BTreeMap<String, LegacyUpdate>) -> BTreeMap<String, AttributeUpdate> {
    let entries = asked.iter().map(|(name, update)| {
        let update = AttributeUpdate {
            action: update.action.map(|action| action.as_str().to_owned()),
            value: present(update.value.as_ref()).cloned(),
        };
        (name.clone(), update)
    });
    entries.collect()
}

/// An explicit null counts as absent.
pub(crate) fn present(json: Option<&Json>) -> Option<&Json> {
    json.filter(|json| !json.is_null())
}

/// The parameters that make a write conditional.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Conditional<'a> {
    pub(crate) expression: Option<&'a str>,
    pub(crate) names: Option<&'a Names>,
    pub(crate) values: Option<&'a Json>,
    pub(crate) expected: Option<&'a BTreeMap<String, ExpectedValue>>,
    pub(crate) operator: Option<ConditionalOperator>,
}

impl Conditional<'_> {
    /// Refuses parameters that exclude each other.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let parameters = Parameters {
            expressions: &[("ConditionExpression", self.expression.is_some())],
            legacy: &[
                ("Expected", self.expected.is_some()),
                ("ConditionalOperator", self.operator.is_some()),
            ],
            names: self.names.is_some(),
            values: present(self.values).is_some(),
        };
        Ok(parameters.check()?)
    }

    /// Reads the placeholders and the condition, which uses all of them.
    pub(crate) fn read(&self) -> Result<Option<Condition>, Error> {
        let mut placeholders = Placeholders::new(self.names, present(self.values))?;
        let condition = self.read_with(&mut placeholders)?;
        placeholders.finish()?;
        Ok(condition)
    }

    /// Reads the condition, which shares the placeholders with other expressions.
    pub(crate) fn read_with(&self, placeholders: &mut Placeholders) -> Result<Option<Condition>, Error> {
        if let Some(text) = self.expression {
            return Ok(Some(Condition::parse(Parameter::Condition, text, placeholders)?));
        }
        let operator = self.operator.as_ref().map(ConditionalOperator::as_str);
        let Some(expected) = self.expected else {
            ddbexpr::legacy::check_operator(operator, 0)?;
            return Ok(None);
        };
        let expectations: BTreeMap<String, Expectation> = expected
            .iter()
            .map(|(name, expected)| {
                let expectation = Expectation {
                    value: present(expected.value.as_ref()).cloned(),
                    exists: expected.exists,
                    operator: expected.comparison_operator.map(|operator| operator.as_str().to_owned()),
                    values: expected.attribute_value_list.clone(),
                };
                (name.clone(), expectation)
            })
            .collect();
        Ok(Some(ddbexpr::legacy::expected(&expectations, operator)?))
    }
}

/// Refuses to go on when the condition does not hold for the item as it is.
pub(crate) fn require(
    condition: Option<&Condition>,
    item: Option<&Item>,
    on_failure: Option<ReturnOnFailure>,
) -> Result<(), Error> {
    let nothing = Item::new();
    if condition.is_none_or(|condition| condition.holds(item.unwrap_or(&nothing))) {
        return Ok(());
    }
    let shown = item.filter(|_| on_failure == Some(ReturnOnFailure::AllOld));
    Err(Error::condition_failed(shown))
}

/// An item for an answer.
pub(crate) fn write(item: &Item) -> Json {
    ddbexpr::json::write_item(item)
}

/// Attributes that a request touches, for the condition key `dynamodb:Attributes`.
#[derive(Debug, Default)]
pub(crate) struct Touched(BTreeSet<String>);

impl Touched {
    /// Adds names.
    pub(crate) fn add<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        self.0.extend(names.into_iter().map(str::to_owned));
    }

    /// Adds the members of a JSON object: an item, a key, legacy conditions.
    pub(crate) fn add_members(&mut self, json: Option<&Json>) {
        if let Some(Json::Object(members)) = json {
            self.add(members.keys().map(String::as_str));
        }
    }

    /// All of them.
    pub(crate) fn into_names(self) -> Vec<String> {
        self.0.into_iter().collect()
    }
}
