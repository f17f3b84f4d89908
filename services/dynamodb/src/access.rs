//! What IAM is told of a request: the condition keys of DynamoDB.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html>

use cloud::caller::Principal;
use cloud::prelude::*;
use ddbexpr::{Condition, Projection, Update};
use serde_json::Value as Json;

use crate::capacity::ReturnConsumedCapacity;
use crate::error::Error;
use crate::request::Touched;
use crate::tables::{self, TableName};

/// The facts of a request on one table.
#[derive(Debug, Default)]
pub(crate) struct Facts<'a> {
    /// The items or keys of the request.
    pub(crate) keys: Vec<&'a Json>,
    /// Attributes that it names.
    pub(crate) attributes: Touched,
    /// `Select`, or what stands for it.
    pub(crate) select: Option<&'a str>,
    pub(crate) return_values: Option<&'a str>,
    pub(crate) return_consumed_capacity: Option<ReturnConsumedCapacity>,
    /// The operation that the item's own operation is part of.
    pub(crate) enclosing: Option<&'static str>,
}

impl<'a> Facts<'a> {
    /// The facts of a request with one item or key.
    pub(crate) fn of(key: &'a Json) -> Self {
        let mut facts = Self { keys: vec![key], ..Self::default() };
        facts.attributes.add_members(Some(key));
        facts
    }

    /// Adds what a condition looks at. An expression that cannot be read is refused later, by the operation.
    #[must_use]
    pub(crate) fn condition(mut self, condition: Result<Option<Condition>, Error>) -> Self {
        if let Ok(Some(condition)) = condition {
            self.attributes.add(condition.attributes());
        }
        self
    }

    /// Adds what an update changes.
    #[must_use]
    pub(crate) fn update(mut self, update: Option<&Update>) -> Self {
        if let Some(update) = update {
            self.attributes.add(update.attributes());
        }
        self
    }

    /// Adds what a projection asks for.
    #[must_use]
    pub(crate) fn projection(mut self, projection: Option<&Projection>) -> Self {
        if let Some(projection) = projection {
            self.attributes.add(projection.paths().iter().map(ddbexpr::Path::head));
            self.select = Some("SPECIFIC_ATTRIBUTES");
        }
        self
    }

    /// The condition keys.
    pub(crate) async fn conditions(self, cx: &Cx, table: &str) -> Result<Conditions, Error> {
        let mut conditions = Conditions::new();
        if let Ok(name) = TableName::read(cx, table)
            && let Some(table) = tables::glance(cx, &name).await?
        {
            if !table.row.tags.is_empty() {
                conditions.push(tables::tags_of(&table));
            }
            let values = self.keys.iter().filter_map(|key| leading(key, &table.row.key.hash));
            let values: Vec<String> = values.collect();
            if !values.is_empty() {
                conditions.push(("dynamodb:LeadingKeys", values));
            }
        }
        let attributes = self.attributes.into_names();
        if !attributes.is_empty() {
            conditions.push(("dynamodb:Attributes", attributes));
        }
        let texts = [
            ("dynamodb:Select", self.select),
            ("dynamodb:ReturnValues", self.return_values),
            ("dynamodb:EnclosingOperation", self.enclosing),
            (
                "dynamodb:ReturnConsumedCapacity",
                self.return_consumed_capacity.as_ref().map(ReturnConsumedCapacity::as_str),
            ),
        ];
        let told = texts.into_iter().filter_map(|(key, text)| Some((key, vec![text?.to_owned()])));
        conditions.extend(told);
        Ok(conditions)
    }
}

/// The partition key's value as policies write it.
fn leading(key: &Json, hash: &str) -> Option<String> {
    let value = key.get(hash)?.as_object()?;
    value.values().find_map(Json::as_str).map(str::to_owned)
}

/// Whether facts are worth their gathering: policies do not bind the root user.
pub(crate) fn is_bound(cx: &Cx) -> bool {
    !matches!(cx.caller().principal, Principal::Root)
}
