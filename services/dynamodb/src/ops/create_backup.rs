//! CreateBackup.

use cloud::prelude::*;
use store::layer::table;

use crate::backup::{BackupDetails, BackupRow};
use crate::describe;
use crate::error::Error;
use crate::tables::{self, TableName};
use crate::work::{self, CopyTo, Task};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_name: String,
    #[shape(len = 3..=255, pattern = "[a-zA-Z0-9_.-]+")]
    backup_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    backup_details: BackupDetails,
}

pub(crate) struct CreateBackup;

impl Operation for CreateBackup {
    const NAME: &'static str = "CreateBackup";
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
        let table = tables::load(cx, &name).await?.ok_or(Error::TableNotFound(name.name))?;
        if table.row.is_creating {
            return Err(Error::InUse(format!("Table is being created: {}", table.row.name)));
        }
        let mut row = BackupRow::new(cx, &table.row, &input.backup_name, cx.new_id());
        (row.items, row.bytes) = describe::counts(cx.tx(), &table.row, 0).await?;
        table::put(cx.tx(), &row).await?;
        let to = CopyTo::Backup {
            account: row.account.clone(),
            region: row.region.clone(),
            table: row.table.clone(),
            id: row.id.clone(),
        };
        work::begin(cx, Task::Copy { from_id: table.row.id.clone(), to, after: None }).await?;
        Ok(Output { backup_details: row.details() })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};
    use testkit::World;

    use crate::tests::{error, item, ok, table, world};

    async fn fill(world: &World, letter: &str) {
        for s in 0..300 {
            let more = json!({"x": {"S": letter}});
            ok(world, "PutItem", json!({"TableName": "things", "Item": item("a", s, more)})).await;
        }
    }

    async fn letters(world: &World, table: &str) -> Vec<Value> {
        let scan = ok(world, "Scan", json!({"TableName": table})).await;
        scan["Items"].as_array().unwrap().iter().map(|item| item["x"]["S"].clone()).collect()
    }

    fn index() -> Value {
        json!({
            "AttributeDefinitions": [{"AttributeName": "x", "AttributeType": "S"}],
            "GlobalSecondaryIndexes": [{
                "IndexName": "by-x", "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }],
        })
    }

    #[tokio::test]
    async fn a_table_comes_back_from_a_backup() {
        let world = world().await;
        table(&world, "things", index()).await;
        fill(&world, "old").await;
        let backup = json!({"TableName": "things", "BackupName": "first"});
        let details = ok(&world, "CreateBackup", backup).await["BackupDetails"].clone();
        assert_eq!((&details["BackupStatus"], &details["BackupType"]), (&json!("CREATING"), &json!("USER")));
        let arn = json!({"BackupArn": details["BackupArn"]});
        let restore = json!({"TargetTableName": "again", "BackupArn": details["BackupArn"]});
        let code = error(&world, "RestoreTableFromBackup", restore.clone()).await.0;
        assert_eq!(code, "BackupInUseException");
        world.run_jobs().await;
        fill(&world, "new").await;
        let described = ok(&world, "DescribeBackup", arn.clone()).await["BackupDescription"].clone();
        assert_eq!(described["BackupDetails"]["BackupStatus"], "AVAILABLE");
        assert_eq!(described["SourceTableDetails"]["ItemCount"], 300);
        let features = &described["SourceTableFeatureDetails"];
        assert_eq!(features["GlobalSecondaryIndexes"][0]["IndexName"], "by-x");
        assert_eq!(features["GlobalSecondaryIndexes"][0]["Projection"]["ProjectionType"], "KEYS_ONLY");
        assert_eq!(features.as_object().unwrap().len(), 1, "nothing else is on: {features}");
        let listed = ok(&world, "ListBackups", json!({"TableName": "things"})).await;
        assert_eq!(listed["BackupSummaries"][0]["BackupName"], "first");
        let answer = ok(&world, "RestoreTableFromBackup", restore.clone()).await;
        assert_eq!(answer["TableDescription"]["TableStatus"], "CREATING");
        let code = error(&world, "Scan", json!({"TableName": "again"})).await.0;
        assert_eq!(code, "ResourceNotFoundException");
        assert_eq!(error(&world, "RestoreTableFromBackup", restore).await.0, "TableAlreadyExistsException");
        world.run_jobs().await;
        assert_eq!(letters(&world, "again").await, vec![json!("old"); 300]);
        let query = json!({
            "TableName": "again", "IndexName": "by-x", "KeyConditionExpression": "x = :x", "Select": "COUNT",
            "ExpressionAttributeValues": {":x": {"S": "old"}},
        });
        assert_eq!(ok(&world, "Query", query).await["Count"], 300);
        let deleted = ok(&world, "DeleteBackup", arn.clone()).await;
        assert_eq!(deleted["BackupDescription"]["BackupDetails"]["BackupStatus"], "DELETED");
        assert_eq!(error(&world, "DescribeBackup", arn).await.0, "BackupNotFoundException");
    }

    #[tokio::test]
    async fn a_table_goes_back_in_time() {
        let world = world().await;
        table(&world, "things", json!({})).await;
        fill(&world, "early").await;
        let restore = |target: &str, at: i64| json!({"SourceTableName": "things", "TargetTableName": target, "RestoreDateTime": at});
        let now = || world.cx().now().millis() / 1000;
        let code = error(&world, "RestoreTableToPointInTime", restore("again", now())).await.0;
        assert_eq!(code, "PointInTimeRecoveryUnavailableException");
        let on = json!({"PointInTimeRecoveryEnabled": true});
        let on = json!({"TableName": "things", "PointInTimeRecoverySpecification": on});
        ok(&world, "UpdateContinuousBackups", on).await;
        world.advance(Duration::from_secs(10)).await;
        let early = now();
        world.advance(Duration::from_secs(10)).await;
        fill(&world, "late").await;
        let new = json!({"TableName": "things", "Item": item("b", 1, json!({"x": {"S": "late"}}))});
        ok(&world, "PutItem", new).await;
        ok(&world, "DeleteItem", json!({"TableName": "things", "Key": item("a", 7, json!({}))})).await;
        world.advance(Duration::from_secs(10)).await;
        let code = error(&world, "RestoreTableToPointInTime", restore("again", early - 3600)).await.0;
        assert_eq!(code, "InvalidRestoreTimeException");
        ok(&world, "RestoreTableToPointInTime", restore("again", early)).await;
        let latest = json!({
            "SourceTableName": "things", "TargetTableName": "latest", "UseLatestRestorableTime": true,
        });
        ok(&world, "RestoreTableToPointInTime", latest).await;
        world.advance(Duration::from_secs(1)).await;
        fill(&world, "last").await;
        world.run_jobs().await;
        assert_eq!(letters(&world, "again").await, vec![json!("early"); 300]);
        assert_eq!(letters(&world, "latest").await, vec![json!("late"); 300]);
        // A deleted table with recovery leaves a backup behind.
        ok(&world, "DeleteTable", json!({"TableName": "things"})).await;
        world.run_jobs().await;
        let listed = ok(&world, "ListBackups", json!({"BackupType": "ALL"})).await;
        let kept = &listed["BackupSummaries"][0];
        assert_eq!((&kept["BackupType"], &kept["BackupStatus"]), (&json!("SYSTEM"), &json!("AVAILABLE")));
        let restore = json!({"TargetTableName": "things", "BackupArn": kept["BackupArn"]});
        ok(&world, "RestoreTableFromBackup", restore).await;
        world.run_jobs().await;
        assert_eq!(letters(&world, "things").await.len(), 301);
        world.advance(Duration::from_secs(36 * 24 * 3600)).await;
        world.run_jobs().await;
        let listed = ok(&world, "ListBackups", json!({"BackupType": "ALL"})).await;
        assert_eq!(listed["BackupSummaries"], json!([]));
        assert_eq!(letters(&world, "things").await.len(), 301);
    }
}
