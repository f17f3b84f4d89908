//! TransactWriteItems.

use std::collections::BTreeMap;

use cloud::prelude::*;
use ddbexpr::{Placeholders, Update};
use serde_json::{Value as Json, json};

use crate::access::{self, Facts};
use crate::capacity::{
    Access, ConsumedCapacity, ItemCollectionMetrics, ReturnConsumedCapacity, ReturnItemCollectionMetrics,
};
use crate::error::Error;
use crate::item;
use crate::request::{self, Conditional, Names, ReturnOnFailure};
use crate::tables::{self, TableName};
use crate::tokens::{self, Token};
use crate::transact::{self, Action, Step};

/// A Put, Update, Delete or ConditionCheck: each has some of these members.
#[derive(Shape)]
pub(crate) struct Part {
    item: Option<Json>,
    key: Option<Json>,
    #[shape(len = 1..=1024)]
    table_name: String,
    update_expression: Option<String>,
    condition_expression: Option<String>,
    expression_attribute_names: Option<Names>,
    expression_attribute_values: Option<Json>,
    return_values_on_condition_check_failure: Option<ReturnOnFailure>,
}

/// One of the actions.
#[derive(Shape)]
pub(crate) struct TransactWriteItem {
    condition_check: Option<Part>,
    put: Option<Part>,
    delete: Option<Part>,
    update: Option<Part>,
}

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=100)]
    transact_items: Vec<TransactWriteItem>,
    return_consumed_capacity: Option<ReturnConsumedCapacity>,
    return_item_collection_metrics: Option<ReturnItemCollectionMetrics>,
    #[shape(len = 1..=36)]
    client_request_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    consumed_capacity: Option<Vec<ConsumedCapacity>>,
    item_collection_metrics: Option<BTreeMap<String, Vec<ItemCollectionMetrics>>>,
}

/// The kinds of actions, each with what IAM calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Check,
    Put,
    Delete,
    Update,
}

impl What {
    fn action(self) -> &'static str {
        match self {
            Self::Check => "dynamodb:ConditionCheckItem",
            Self::Put => "dynamodb:PutItem",
            Self::Delete => "dynamodb:DeleteItem",
            Self::Update => "dynamodb:UpdateItem",
        }
    }
}

impl TransactWriteItem {
    fn part(&self) -> Result<(What, &Part), Error> {
        let parts = [
            (What::Check, &self.condition_check),
            (What::Put, &self.put),
            (What::Delete, &self.delete),
            (What::Update, &self.update),
        ];
        let mut given = parts.into_iter().filter_map(|(what, part)| Some((what, part.as_ref()?)));
        match (given.next(), given.next()) {
            (Some(one), None) => Ok(one),
            _ => Err(Error::validation("TransactItems can only contain one of Check, Put, Update or Delete")),
        }
    }
}

impl Part {
    fn conditional(&self) -> Conditional<'_> {
        Conditional {
            expression: self.condition_expression.as_deref(),
            names: self.expression_attribute_names.as_ref(),
            values: self.expression_attribute_values.as_ref(),
            ..Conditional::default()
        }
    }

    /// What IAM is told.
    fn facts(&self, what: What) -> Facts<'_> {
        let mut facts = self.subject(what).map(Facts::of).unwrap_or_default();
        facts.enclosing = Some("TransactWriteItems");
        let mut placeholders = Placeholders::new(
            self.expression_attribute_names.as_ref(),
            request::present(self.expression_attribute_values.as_ref()),
        )
        .unwrap_or_default();
        let update = self.update_expression.as_deref();
        let update = update.and_then(|text| Update::parse(text, &mut placeholders).ok());
        let condition = self.conditional().read_with(&mut placeholders);
        facts.update(update.as_ref()).condition(condition)
    }

    /// The item or the key.
    fn subject(&self, what: What) -> Result<&Json, Error> {
        let (subject, member) = match what {
            What::Put => (&self.item, "put.item"),
            What::Check => (&self.key, "conditionCheck.key"),
            What::Delete => (&self.key, "delete.key"),
            What::Update => (&self.key, "update.key"),
        };
        request::present(subject.as_ref()).ok_or_else(|| missing(member))
    }

    fn read(&self, cx: &Cx, what: What) -> Result<Action, Error> {
        let item = item::read(self.subject(what)?)?;
        if what == What::Check && self.condition_expression.is_none() {
            return Err(missing("conditionCheck.conditionExpression"));
        }
        let mut placeholders = Placeholders::new(
            self.expression_attribute_names.as_ref(),
            request::present(self.expression_attribute_values.as_ref()),
        )?;
        let step = match what {
            What::Check => Step::Check,
            What::Put => Step::Put,
            What::Delete => Step::Delete,
            What::Update => {
                let text = self.update_expression.as_deref();
                let text = text.ok_or_else(|| missing("update.updateExpression"))?;
                Step::Update(Update::parse(text, &mut placeholders)?)
            }
        };
        let condition = self.conditional().read_with(&mut placeholders)?;
        placeholders.finish()?;
        Ok(Action {
            table: TableName::read(cx, &self.table_name)?,
            table_name: self.table_name.clone(),
            item,
            step,
            condition,
            on_failure: self.return_values_on_condition_check_failure,
        })
    }

    /// What was asked, for the comparison of two requests with one token.
    fn told(&self, what: What) -> Json {
        json!([
            what.action(),
            self.table_name,
            self.item,
            self.key,
            self.update_expression,
            self.condition_expression,
            self.expression_attribute_names,
            self.expression_attribute_values,
            self.return_values_on_condition_check_failure.as_ref().map(ReturnOnFailure::as_str),
        ])
    }
}

fn missing(member: &str) -> Error {
    Error::validation(format!(
        "1 validation error detected: Value null at 'transactItems.1.member.{member}' failed to satisfy constraint: Member must not be null"
    ))
}

pub(crate) struct TransactWriteItems;

impl Operation for TransactWriteItems {
    const NAME: &'static str = "TransactWriteItems";
    const KIND: Kind = Kind::Write;
    // Access is decided for each action, as if it came alone.
    const OPEN: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut parts = Vec::with_capacity(input.transact_items.len());
        for item in &input.transact_items {
            let (what, part) = item.part()?;
            permit(cx, what, part).await?;
            parts.push((what, part));
        }
        let actions: Vec<Action> =
            parts.iter().map(|(what, part)| part.read(cx, *what)).collect::<Result<_, _>>()?;
        let wanted = input.return_consumed_capacity;
        let told = || parts.iter().map(|(what, part)| part.told(*what)).collect::<Vec<Json>>();
        let token = match &input.client_request_token {
            Some(token) => match tokens::check(cx, token, &told()).await? {
                Token::New(token) => Some(token),
                Token::Repeated(row) => {
                    let units = tokens::units(&row);
                    let told =
                        units.iter().filter_map(|(name, units)| units.tell_split(wanted, name, Access::Read));
                    return Ok(Output {
                        consumed_capacity: shown(told.collect()),
                        item_collection_metrics: None,
                    });
                }
            },
            None => None,
        };
        let done = transact::run(cx, &actions).await?;
        if let Some(token) = token {
            tokens::remember(cx, token, &done.sizes).await?;
        }
        let told =
            done.units.iter().filter_map(|(name, units)| units.tell_split(wanted, name, Access::Write));
        let metrics = input.return_item_collection_metrics == Some(ReturnItemCollectionMetrics::Size);
        Ok(Output {
            consumed_capacity: shown(told.collect()),
            item_collection_metrics: (metrics && !done.collections.is_empty()).then_some(done.collections),
        })
    }
}

fn shown(told: Vec<ConsumedCapacity>) -> Option<Vec<ConsumedCapacity>> {
    (!told.is_empty()).then_some(told)
}

async fn permit(cx: &mut Cx, what: What, part: &Part) -> Result<(), Error> {
    let name = TableName::read(cx, &part.table_name)?;
    let conditions = if access::is_bound(cx) {
        part.facts(what).conditions(cx, &part.table_name).await?
    } else {
        Vec::new()
    };
    let policy = tables::policy(cx, &part.table_name).await?;
    let resource = Resource::One(name.arn());
    Ok(cx.require_with(what.action(), &resource, policy.as_deref(), &conditions).await?)
}

#[cfg(test)]
mod tests;
