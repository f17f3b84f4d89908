//! UpdateTimeToLive.
//!
//! Differs from AWS: the change counts at once (AWS takes up to an hour and refuses another one meanwhile), and items go
//! within a minute of their time (AWS: within days).

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::table::TtlRow;
use crate::tables::{self, TableName};
use crate::work::{self, Place, Task};

/// What is asked for, and answered.
#[derive(Clone, Shape)]
pub(crate) struct Specification {
    enabled: bool,
    #[shape(len = 1..=255)]
    attribute_name: String,
}

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_name: String,
    time_to_live_specification: Specification,
}

#[derive(Shape)]
pub(crate) struct Output {
    time_to_live_specification: Specification,
}

pub(crate) struct UpdateTimeToLive;

impl Operation for UpdateTimeToLive {
    const NAME: &'static str = "UpdateTimeToLive";
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

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = TableName::read(cx, &input.table_name)?;
        let asked = input.time_to_live_specification;
        let table = tables::existing(cx, &name).await?;
        let mut row = table.row.clone();
        match (asked.enabled, &row.ttl) {
            (true, Some(ttl)) if ttl.attribute == asked.attribute_name => {
                return Err(Error::validation("TimeToLive is already enabled"));
            }
            (true, Some(ttl)) => {
                return Err(Error::validation(format!(
                    "TimeToLive is active on a different AttributeName: current AttributeName is {}",
                    ttl.attribute
                )));
            }
            (false, None) => return Err(Error::validation("TimeToLive is already disabled")),
            (false, Some(ttl)) if ttl.attribute != asked.attribute_name => {
                return Err(Error::validation(format!(
                    "TimeToLive is active on a different AttributeName: current AttributeName is {}",
                    ttl.attribute
                )));
            }
            (true, None) => {
                let number = row.take_index_number();
                row.ttl = Some(TtlRow { attribute: asked.attribute_name.clone(), number });
                work::begin(cx, Task::Backfill { table: Place::of(&row), number, after: None }).await?;
            }
            (false, Some(ttl)) => {
                let task = Task::RemoveIndex { table_id: row.id.clone(), number: ttl.number };
                work::begin(cx, task).await?;
                row.ttl = None;
            }
        }
        row.ttl_changed_at_millis = Some(cx.now().millis());
        table::put(cx.tx(), &row).await?;
        Ok(Output { time_to_live_specification: asked })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use crate::tests::{error, item, ok, table, world};

    #[tokio::test]
    async fn expired_items_go() {
        let world = world().await;
        table(&world, "things", json!({})).await;
        let start = testkit::START.millis() / 1000;
        let at = |seconds: i64| json!({"t": {"N": (start + seconds).to_string()}});
        for (s, more) in [(1, at(30)), (2, at(1000)), (3, json!({"t": {"S": "30"}})), (4, json!({}))] {
            ok(&world, "PutItem", json!({"TableName": "things", "Item": item("a", s, more)})).await;
        }
        let enable = json!({
            "TableName": "things", "TimeToLiveSpecification": {"Enabled": true, "AttributeName": "t"},
        });
        ok(&world, "UpdateTimeToLive", enable.clone()).await;
        assert_eq!(error(&world, "UpdateTimeToLive", enable).await.1, "TimeToLive is already enabled");
        let described = ok(&world, "DescribeTimeToLive", json!({"TableName": "things"})).await;
        let wanted = json!({"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "t"}});
        assert_eq!(described, wanted);
        ok(&world, "PutItem", json!({"TableName": "things", "Item": item("a", 5, at(40))})).await;
        world.run_jobs().await;
        assert_eq!(ok(&world, "Scan", json!({"TableName": "things"})).await["Count"], 5);
        world.advance(Duration::from_secs(60)).await;
        world.run_jobs().await;
        let left = ok(&world, "Scan", json!({"TableName": "things", "ProjectionExpression": "s"})).await;
        assert_eq!(left["Items"], json!([{"s": {"N": "2"}}, {"s": {"N": "3"}}, {"s": {"N": "4"}}]));
        // Written anew in time, an item stays.
        ok(&world, "PutItem", json!({"TableName": "things", "Item": item("a", 2, at(9000))})).await;
        world.advance(Duration::from_secs(2000)).await;
        world.run_jobs().await;
        assert_eq!(ok(&world, "Scan", json!({"TableName": "things"})).await["Count"], 3);
    }
}
