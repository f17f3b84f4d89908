//! GetItem.

use cloud::prelude::*;
use ddbexpr::{Parameters, Placeholders, Projection, size};
use serde_json::Value as Json;

use crate::access::{self, Facts};
use crate::capacity::{ConsumedCapacity, ReturnConsumedCapacity, Units, read_units};
use crate::error::Error;
use crate::item;
use crate::request::{self, Names};
use crate::tables::{self, TableName};
use crate::write;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_name: String,
    key: Json,
    #[shape(len = 1..)]
    attributes_to_get: Option<Vec<String>>,
    consistent_read: Option<bool>,
    return_consumed_capacity: Option<ReturnConsumedCapacity>,
    projection_expression: Option<String>,
    expression_attribute_names: Option<Names>,
}

#[derive(Shape)]
pub(crate) struct Output {
    item: Option<Json>,
    consumed_capacity: Option<ConsumedCapacity>,
}

/// The projection of a read by key, in either form.
pub(crate) fn projection(
    expression: Option<&str>,
    attributes_to_get: Option<&Vec<String>>,
    names: Option<&Names>,
) -> Result<Option<Projection>, Error> {
    let parameters = Parameters {
        expressions: &[("ProjectionExpression", expression.is_some())],
        legacy: &[("AttributesToGet", attributes_to_get.is_some())],
        names: names.is_some(),
        values: false,
    };
    parameters.check()?;
    let mut placeholders = Placeholders::new(names, None)?;
    let projection = match (expression, attributes_to_get) {
        (Some(text), _) => Some(Projection::parse(text, &mut placeholders)?),
        (None, Some(names)) => Some(Projection::attributes_to_get(names)?),
        (None, None) => None,
    };
    placeholders.finish()?;
    Ok(projection)
}

impl Input {
    fn projection(&self) -> Result<Option<Projection>, Error> {
        projection(
            self.projection_expression.as_deref(),
            self.attributes_to_get.as_ref(),
            self.expression_attribute_names.as_ref(),
        )
    }
}

pub(crate) struct GetItem;

impl Operation for GetItem {
    const NAME: &'static str = "GetItem";
    const KIND: Kind = Kind::Read;
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
        let mut facts = Facts::of(&input.key);
        facts.select = Some("ALL_ATTRIBUTES");
        let projection = input.projection().unwrap_or_default();
        let mut facts = facts.projection(projection.as_ref());
        facts.return_consumed_capacity = input.return_consumed_capacity;
        facts.conditions(cx, &input.table_name).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = TableName::read(cx, &input.table_name)?;
        let asked = item::read(&input.key)?;
        let projection = input.projection()?;
        let table = tables::reading(cx, &name).await?;
        let key = item::place_of_key(&table.row, &asked)?;
        let found = write::get(cx.tx(), &table, &key).await?;
        let bytes = found.as_ref().map_or(0, size::item);
        let units = Units::of_table(read_units(bytes, input.consistent_read.unwrap_or(false)));
        Ok(Output {
            item: found.as_ref().map(|found| match &projection {
                Some(projection) => request::write(&projection.of_item(found)),
                None => request::write(found),
            }),
            consumed_capacity: units.tell(input.return_consumed_capacity, &input.table_name),
        })
    }
}
