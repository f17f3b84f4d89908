//! TransactGetItems.

use std::collections::BTreeMap;

use cloud::prelude::*;
use ddbexpr::size;
use serde_json::Value as Json;

use super::get_item;
use crate::access::{self, Facts};
use crate::capacity::{Access, ConsumedCapacity, ReturnConsumedCapacity, Units, read_units};
use crate::error::{Error, Reason};
use crate::item;
use crate::limits::TRANSACT_BYTES_MAX;
use crate::request::{self, Names};
use crate::tables::{self, TableName};
use crate::transact;
use crate::write;

/// An item to be read.
#[derive(Shape)]
pub(crate) struct Get {
    key: Json,
    #[shape(len = 1..=1024)]
    table_name: String,
    projection_expression: Option<String>,
    expression_attribute_names: Option<Names>,
}

/// One of the actions.
#[derive(Shape)]
pub(crate) struct TransactGetItem {
    get: Get,
}

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=100)]
    transact_items: Vec<TransactGetItem>,
    return_consumed_capacity: Option<ReturnConsumedCapacity>,
}

/// An item that was read, or that there is none.
#[derive(Shape)]
pub(crate) struct ItemResponse {
    pub(crate) item: Option<Json>,
}

#[derive(Shape)]
pub(crate) struct Output {
    consumed_capacity: Option<Vec<ConsumedCapacity>>,
    responses: Vec<ItemResponse>,
}

impl Get {
    fn projection(&self) -> Result<Option<ddbexpr::Projection>, Error> {
        let names = self.expression_attribute_names.as_ref();
        get_item::projection(self.projection_expression.as_deref(), None, names)
    }

    /// What IAM is told.
    fn facts(&self) -> Facts<'_> {
        let projection = self.projection().unwrap_or_default();
        let mut facts = Facts::of(&self.key);
        facts.select = Some("ALL_ATTRIBUTES");
        facts.enclosing = Some("TransactGetItems");
        facts.projection(projection.as_ref())
    }
}

pub(crate) struct TransactGetItems;

impl Operation for TransactGetItems {
    const NAME: &'static str = "TransactGetItems";
    const KIND: Kind = Kind::Read;
    // Access is decided for each action, as if it came alone.
    const OPEN: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let gets: Vec<&Get> = input.transact_items.iter().map(|item| &item.get).collect();
        for get in &gets {
            permit(cx, get).await?;
        }
        let mut reasons = vec![Reason::NONE; gets.len()];
        let mut units: BTreeMap<&str, Units> = BTreeMap::new();
        let mut responses = Vec::with_capacity(gets.len());
        let (mut seen, mut total) = (std::collections::BTreeSet::new(), 0);
        for (index, get) in gets.iter().enumerate() {
            let name = TableName::read(cx, &get.table_name)?;
            let asked = item::read(&get.key)?;
            let projection = get.projection()?;
            let table = tables::reading(cx, &name).await?;
            let key = match item::place_of_key(&table.row, &asked) {
                Ok(key) => key,
                Err(error) => {
                    reasons[index] = Reason::of(error)?;
                    continue;
                }
            };
            if !seen.insert((name, key.clone())) {
                return Err(Error::validation(transact::TWICE));
            }
            let found = write::get(cx.tx(), &table, &key).await?;
            let bytes = found.as_ref().map_or(0, size::item);
            total += bytes;
            let cost = Units::of_table(read_units(bytes, true)).doubled();
            units.entry(&get.table_name).or_default().add(&cost);
            let item = found.as_ref().map(|found| match &projection {
                Some(projection) => request::write(&projection.of_item(found)),
                None => request::write(found),
            });
            responses.push(ItemResponse { item });
        }
        if reasons.iter().any(|reason| reason.code != Reason::NONE.code) {
            return Err(Error::cancelled(reasons));
        }
        if total > TRANSACT_BYTES_MAX {
            return Err(Error::validation(crate::error::TOO_MUCH));
        }
        let wanted = input.return_consumed_capacity;
        let told: Vec<_> =
            units.iter().filter_map(|(name, units)| units.tell_split(wanted, name, Access::Read)).collect();
        Ok(Output { consumed_capacity: (!told.is_empty()).then_some(told), responses })
    }
}

async fn permit(cx: &mut Cx, get: &Get) -> Result<(), Error> {
    let name = TableName::read(cx, &get.table_name)?;
    let conditions =
        if access::is_bound(cx) { get.facts().conditions(cx, &get.table_name).await? } else { Vec::new() };
    let policy = tables::policy(cx, &get.table_name).await?;
    let resource = Resource::One(name.arn());
    Ok(cx.require_with("dynamodb:GetItem", &resource, policy.as_deref(), &conditions).await?)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::tests::{error, item, ok, table, world};

    fn get(p: &str) -> Value {
        json!({"Get": {"TableName": "things", "Key": item(p, 1, json!({}))}})
    }

    #[tokio::test]
    async fn items_are_read_together() {
        let world = world().await;
        table(&world, "things", json!({})).await;
        let there = item("a", 1, json!({"x": {"S": "1"}}));
        ok(&world, "PutItem", json!({"TableName": "things", "Item": there})).await;
        let input = json!({"TransactItems": [get("b"), get("a")], "ReturnConsumedCapacity": "TOTAL"});
        let wanted = json!({
            "Responses": [{}, {"Item": there}],
            "ConsumedCapacity": [{"TableName": "things", "CapacityUnits": 4, "ReadCapacityUnits": 4}],
        });
        assert_eq!(ok(&world, "TransactGetItems", input).await, wanted);
    }

    #[tokio::test]
    async fn wrong_requests() {
        let world = world().await;
        table(&world, "things", json!({})).await;
        let twice = json!({"TransactItems": [get("a"), get("a")]});
        assert_eq!(error(&world, "TransactGetItems", twice).await.0, "ValidationException");
        let wrong = json!({"Get": {"TableName": "things", "Key": {"p": {"S": "a"}}}});
        let (code, text) =
            error(&world, "TransactGetItems", json!({"TransactItems": [get("a"), wrong]})).await;
        assert_eq!(code, "TransactionCanceledException");
        assert!(text.ends_with("[None, ValidationError]"), "{text}");
        let missing = json!({"Get": {"TableName": "nothing", "Key": {"p": {"S": "a"}}}});
        let code = error(&world, "TransactGetItems", json!({"TransactItems": [missing]})).await.0;
        assert_eq!(code, "ResourceNotFoundException");
    }
}
