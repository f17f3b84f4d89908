//! DescribeTableReplicaAutoScaling.
//!
//! Differs from AWS: there are no replicas, and nothing scales.

use cloud::prelude::*;
use serde_json::Value as Json;

use crate::error::Error;
use crate::tables::{self, TableName};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_name: String,
}

/// The scaling of a table.
#[derive(Shape)]
pub(crate) struct TableAutoScalingDescription {
    table_name: String,
    table_status: String,
    replicas: Vec<Json>,
}

#[derive(Shape)]
pub(crate) struct Output {
    table_auto_scaling_description: TableAutoScalingDescription,
}

pub(crate) struct DescribeTableReplicaAutoScaling;

impl Operation for DescribeTableReplicaAutoScaling {
    const NAME: &'static str = "DescribeTableReplicaAutoScaling";
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

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = TableName::read(cx, &input.table_name)?;
        let table = tables::existing(cx, &name).await?;
        Ok(Output {
            table_auto_scaling_description: TableAutoScalingDescription {
                table_name: name.name,
                table_status: if table.row.is_creating { "CREATING" } else { "ACTIVE" }.to_owned(),
                replicas: Vec::new(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{error, ok, table, world};

    /// What a cloud of one region has not is refused, each in its own words, and nothing changes.
    #[tokio::test]
    async fn replicas_are_refused() {
        let world = world().await;
        table(&world, "things", json!({})).await;
        let scaling = ok(&world, "DescribeTableReplicaAutoScaling", json!({"TableName": "things"})).await;
        let wanted = json!({"TableName": "things", "TableStatus": "ACTIVE", "Replicas": []});
        assert_eq!(scaling["TableAutoScalingDescription"], wanted);
        for (operation, input, code) in [
            ("UpdateTableReplicaAutoScaling", json!({"TableName": "things"}), "ValidationException"),
            ("UpdateTableReplicaAutoScaling", json!({"TableName": "nothing"}), "ResourceNotFoundException"),
            (
                "UpdateGlobalTable",
                json!({"GlobalTableName": "things", "ReplicaUpdates": []}),
                "GlobalTableNotFoundException",
            ),
            (
                "DescribeGlobalTableSettings",
                json!({"GlobalTableName": "things"}),
                "GlobalTableNotFoundException",
            ),
            (
                "UpdateGlobalTableSettings",
                json!({"GlobalTableName": "things"}),
                "GlobalTableNotFoundException",
            ),
        ] {
            assert_eq!(error(&world, operation, input).await.0, code, "{operation}");
        }
    }
}
