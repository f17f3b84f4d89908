//! UpdateTable.
//!
//! Differs from AWS: settings change at once, though the answer says UPDATING; a new index is filled in the
//! background. Replicas and witnesses of global tables are refused.

use cloud::prelude::*;
use store::layer::table;

use crate::describe::{Shown, TableDescription};
use crate::error::Error;
use crate::schema;
use crate::settings;
use crate::shapes::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, OnDemandThroughput, ProvisionedThroughput,
    SseSpecification, StreamSpecification, TableClass, WarmThroughput,
};
use crate::table::{EncryptionRow, TableRow, Throughput};
use crate::tables::{self, TableName};
use crate::work::{self, Place, Task};

/// (`ack-api-quirks`, DDB-TABLE-442, as the texts on indexes.)
const NOTHING: &str = "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required";

const MAXIMUM: &str = "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request";

#[derive(Shape)]
pub(crate) struct Input {
    attribute_definitions: Option<Vec<AttributeDefinition>>,
    #[shape(len = 1..=1024)]
    table_name: String,
    billing_mode: Option<BillingMode>,
    provisioned_throughput: Option<ProvisionedThroughput>,
    global_secondary_index_updates: Option<Vec<IndexUpdate>>,
    stream_specification: Option<StreamSpecification>,
    #[shape(name = "SSESpecification")]
    sse_specification: Option<SseSpecification>,
    replica_updates: Option<Vec<serde_json::Value>>,
    table_class: Option<TableClass>,
    deletion_protection_enabled: Option<bool>,
    multi_region_consistency: Option<String>,
    global_table_witness_updates: Option<Vec<serde_json::Value>>,
    on_demand_throughput: Option<OnDemandThroughput>,
    warm_throughput: Option<WarmThroughput>,
    global_table_settings_replication_mode: Option<String>,
    disassociation_protection_enabled: Option<bool>,
    vector_index_updates: Option<serde_json::Value>,
}

/// A change of the global indexes.
#[derive(Shape)]
pub(crate) struct IndexUpdate {
    update: Option<UpdateIndex>,
    create: Option<GlobalSecondaryIndex>,
    delete: Option<DeleteIndex>,
}

/// New settings of an index.
#[derive(Shape)]
pub(crate) struct UpdateIndex {
    #[shape(len = 3..=255, pattern = "[a-zA-Z0-9_.-]+")]
    index_name: String,
    provisioned_throughput: Option<ProvisionedThroughput>,
    on_demand_throughput: Option<OnDemandThroughput>,
    warm_throughput: Option<WarmThroughput>,
}

/// An index to be removed.
#[derive(Shape)]
pub(crate) struct DeleteIndex {
    #[shape(len = 3..=255, pattern = "[a-zA-Z0-9_.-]+")]
    index_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    table_description: TableDescription,
}

impl Input {
    fn check(&self) -> Result<(), Error> {
        let global = self.replica_updates.is_some()
            || self.global_table_witness_updates.is_some()
            || self.multi_region_consistency.is_some()
            || self.global_table_settings_replication_mode.is_some()
            || self.disassociation_protection_enabled.is_some();
        if global {
            return Err(Error::validation("global tables are not supported by this cloud"));
        }
        schema::check_no_vectors(self.vector_index_updates.as_ref())?;
        let any = self.billing_mode.is_some()
            || self.provisioned_throughput.is_some()
            || self.global_secondary_index_updates.as_ref().is_some_and(|updates| !updates.is_empty())
            || self.stream_specification.is_some()
            || self.sse_specification.is_some()
            || self.table_class.is_some()
            || self.deletion_protection_enabled.is_some()
            || self.on_demand_throughput.is_some()
            || self.warm_throughput.is_some();
        if !any {
            return Err(Error::validation(NOTHING));
        }
        // (`ack-api-quirks`, DDB-TABLE-359.)
        if self.global_secondary_index_updates.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::parameter("List of GlobalSecondaryIndexUpdates is empty"));
        }
        self.check_together()
    }

    /// Refuses changes that cannot be made in one call, whatever the table is like. Which those are, and which text
    /// goes first, was seen on AWS (`ack-api-quirks`, DDB-TABLE-174, DDB-TABLE-382, DDB-TABLE-433).
    fn check_together(&self) -> Result<(), Error> {
        let updates = self.global_secondary_index_updates.as_deref().unwrap_or_default();
        let changes_units = self.provisioned_throughput.is_some();
        let changes_stream = self.stream_specification.is_some();
        let changes_maximum = self.on_demand_throughput.is_some();
        let alone = [
            (self.sse_specification.is_some(), "Server-Side Encryption modification"),
            (self.table_class.is_some(), "TableClass modification"),
            (self.deletion_protection_enabled.is_some(), "DeletionProtection modification"),
            (self.warm_throughput.is_some(), "WarmThroughput"),
        ];
        let others = [
            self.billing_mode.is_some(),
            changes_units,
            changes_stream,
            changes_maximum,
            !updates.is_empty(),
        ];
        let all = others.into_iter().chain(alone.iter().map(|(is_asked, _)| *is_asked));
        let count = all.filter(|is_asked| *is_asked).count();
        let is_warm = self.warm_throughput.is_some();
        let creates = updates.iter().any(|update| update.create.is_some());
        let makes_or_removes = creates || updates.iter().any(|update| update.delete.is_some());
        let with_maximum = changes_maximum && (changes_units || changes_stream || is_warm);
        let becomes_provisioned = self.billing_mode == Some(BillingMode::Provisioned);
        let first_alone = alone.iter().find(|(is_asked, _)| *is_asked && count > 1).map(|(_, what)| *what);
        let text = match first_alone {
            Some("WarmThroughput") if with_maximum => MAXIMUM,
            Some("WarmThroughput") if creates => {
                "Create global secondary index cannot be specified when updating WarmThroughput"
            }
            Some(what) => {
                return Err(Error::parameter(format_args!(
                    "{what} must be the only operation in the request"
                )));
            }
            None if with_maximum => MAXIMUM,
            None if changes_stream && (changes_units || becomes_provisioned) => {
                "You cannot modify stream status while updating table IOPS"
            }
            None if makes_or_removes && changes_units => {
                "You cannot create or delete index while updating table IOPS"
            }
            None if makes_or_removes && changes_stream => {
                "You cannot create or delete index while changing stream status"
            }
            None => return Ok(()),
        };
        Err(Error::parameter(text))
    }
}

pub(crate) struct UpdateTable;

impl Operation for UpdateTable {
    const NAME: &'static str = "UpdateTable";
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
        tables::tag_conditions(cx, &input.table_name).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = TableName::read(cx, &input.table_name)?;
        input.check()?;
        let table = tables::existing(cx, &name).await?;
        let mut row = table.row.clone();
        let now = cx.now();
        change_billing(&mut row, &input, now)?;
        change_settings(cx, &mut row, &input)?;
        change_indexes(cx, &mut row, &input, now).await?;
        if let Some(specification) = input.stream_specification {
            settings::set_stream(cx, &mut row, specification, false).await?;
        }
        table::put(cx.tx(), &row).await?;
        let shown = Shown { table: Some("UPDATING"), indexes: None };
        Ok(Output { table_description: TableDescription::shown(cx.tx(), &row, now, shown).await? })
    }
}

fn change_billing(row: &mut TableRow, input: &Input, now: Timestamp) -> Result<(), Error> {
    let mode = input.billing_mode.unwrap_or(BillingMode::of(row.is_on_demand));
    let becomes_on_demand = mode == BillingMode::PayPerRequest;
    if let Some(units) = input.provisioned_throughput {
        // With indexes in the request, the same units are fine.
        if !row.is_on_demand && input.global_secondary_index_updates.is_none() {
            refuse_same(&row.throughput, units, None)?;
        }
        let wanted = schema::throughput(mode, Some(units), None)?;
        set_throughput(&mut row.throughput, &wanted, now);
    } else if input.billing_mode == Some(BillingMode::Provisioned) {
        // On a table that is provisioned, too (`ack-api-quirks`, DDB-TABLE-152, DDB-TABLE-164).
        return Err(Error::parameter(
            "ProvisionedThroughput must be specified when BillingMode is PROVISIONED",
        ));
    }
    if becomes_on_demand && !row.is_on_demand {
        row.throughput = Throughput::default();
        row.on_demand_since_millis = Some(now.millis());
        row.indexes.iter_mut().for_each(|index| index.throughput = Throughput::default());
    }
    row.is_on_demand = becomes_on_demand;
    if let Some(units) = input.on_demand_throughput {
        row.on_demand = Some(schema::on_demand(mode, units, None, false)?);
    }
    Ok(())
}

/// Refuses units that are there already, of the table or of one of its indexes (`ack-api-quirks`, DDB-TABLE-164; the end
/// of the text on indexes, which is cut off there, is that of the text on tables).
fn refuse_same(now: &Throughput, asked: ProvisionedThroughput, index: Option<&str>) -> Result<(), Error> {
    let Throughput { read, write, .. } = *now;
    if (read, write) != (asked.read_capacity_units, asked.write_capacity_units) {
        return Ok(());
    }
    let (what, whose) = match index {
        None => ("the table".to_owned(), "the table".to_owned()),
        Some(name) => (format!("the index {name}"), format!("index {name}")),
    };
    Err(Error::validation(format!(
        "The provisioned throughput for {what} will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for {whose}: {read}. Requested ReadCapacityUnits: {read}. Current WriteCapacityUnits provisioned for {whose}: {write}. Requested WriteCapacityUnits: {write}. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
    )))
}

/// Milliseconds of a day, in which decreases are counted.
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

fn set_throughput(units: &mut Throughput, wanted: &Throughput, now: Timestamp) {
    if wanted.read > units.read || wanted.write > units.write {
        units.increased_at_millis = Some(now.millis());
    }
    if wanted.read < units.read || wanted.write < units.write {
        let today = now.millis() / DAY_MILLIS;
        let before = if units.decreases.0 == today { units.decreases.1 } else { 0 };
        units.decreased_at_millis = Some(now.millis());
        units.decreases = (today, before + 1);
    }
    (units.read, units.write) = (wanted.read, wanted.write);
}

fn change_settings(cx: &Cx, row: &mut TableRow, input: &Input) -> Result<(), Error> {
    if let Some(class) = input.table_class {
        let is_infrequent = class == TableClass::StandardInfrequentAccess;
        if is_infrequent != row.is_infrequent_access {
            row.class_changed_at_millis = Some(cx.now().millis());
        }
        row.is_infrequent_access = is_infrequent;
    }
    if let Some(asked) = &input.sse_specification {
        let encryption = settings::encryption(cx, Some(asked))?;
        refuse_same_encryption(row, asked, encryption.as_ref())?;
        row.encryption = encryption;
    }
    if let Some(is_protected) = input.deletion_protection_enabled {
        row.is_protected = is_protected;
    }
    if let Some(units) = input.warm_throughput {
        row.warm = Some(settings::warm(units));
    }
    Ok(())
}

/// Refuses encryption as it is. A key counts as the same by its ARN alone: given by its id or an alias, or as the key that
/// is taken when none is given, the table is encrypted anew (`ack-api-quirks`, DDB-TABLE-018, DDB-TABLE-082,
/// DDB-TABLE-141).
fn refuse_same_encryption(
    row: &TableRow,
    asked: &SseSpecification,
    wanted: Option<&EncryptionRow>,
) -> Result<(), Error> {
    match (&row.encryption, wanted) {
        (None, None) => Err(Error::parameter("Table is already encrypted by default")),
        (Some(now), Some(_)) if asked.kms_master_key_id.as_deref() == Some(now.key_arn.as_str()) => {
            Err(Error::parameter(
                "Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want to change Master Key",
            ))
        }
        _ => Ok(()),
    }
}

async fn change_indexes(cx: &mut Cx, row: &mut TableRow, input: &Input, now: Timestamp) -> Result<(), Error> {
    let updates = input.global_secondary_index_updates.as_deref().unwrap_or_default();
    let made = updates.iter().filter(|update| update.create.is_some() || update.delete.is_some()).count();
    if made > 1 {
        return Err(Error::LimitExceeded(
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
                .to_owned(),
        ));
    }
    for update in updates {
        match (&update.create, &update.update, &update.delete) {
            (Some(create), None, None) => create_index(cx, row, input, create).await?,
            (None, Some(update), None) => update_index(row, update, now)?,
            (None, None, Some(delete)) => delete_index(cx, row, &delete.index_name).await?,
            (None, None, None) => {
                return Err(Error::parameter(
                    "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null",
                ));
            }
            _ => {
                return Err(Error::parameter(
                    "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object",
                ));
            }
        }
    }
    // A provisioned table needs units for each of its indexes.
    let missing = row.indexes_of(true).find(|index| !row.is_on_demand && index.throughput.read == 0);
    if let Some(index) = missing {
        return Err(Error::parameter(format_args!(
            "ProvisionedThroughput must be specified for index: {}",
            index.name
        )));
    }
    Ok(())
}

async fn create_index(
    cx: &mut Cx,
    row: &mut TableRow,
    input: &Input,
    asked: &GlobalSecondaryIndex,
) -> Result<(), Error> {
    if row.index(&asked.index_name).is_some() {
        return Err(Error::validation("Attempting to create an index which already exists"));
    }
    let given = schema::definitions(input.attribute_definitions.as_deref().unwrap_or_default())?;
    for (name, kind) in given {
        match row.attributes.get(&name) {
            Some(old) if *old != kind => {
                return Err(Error::parameter(format_args!(
                    "Attributes cannot be redefined. Please check that your attribute has the same type as previously defined. Existing schema: Schema:[SchemaElement: key{{{name}:{}}}] New schema: Schema:[SchemaElement: key{{{name}:{}}}]",
                    old.as_str(),
                    kind.as_str()
                )));
            }
            _ => {
                row.attributes.insert(name, kind);
            }
        }
    }
    let mode = BillingMode::of(row.is_on_demand);
    check_units(mode, asked)?;
    let mut index = schema::global_index(asked, mode, &row.attributes)?;
    index.number = row.take_index_number();
    index.is_backfilling = true;
    let number = index.number;
    row.indexes.push(index);
    row.indexes.sort_by(|a, b| a.name.cmp(&b.name));
    schema::check_indexes(&row.indexes)?;
    schema::check_all_used(row)?;
    work::begin(cx, Task::Backfill { table: Place::of(row), number, after: None }).await
}

/// Refuses a new index with units that do not fit the table, in other words than CreateTable does (`ack-api-quirks`,
/// DDB-TABLE-152, DDB-TABLE-442).
fn check_units(mode: BillingMode, asked: &GlobalSecondaryIndex) -> Result<(), Error> {
    let name = &asked.index_name;
    match (mode, asked.provisioned_throughput) {
        (BillingMode::Provisioned, None) => Err(Error::parameter(format_args!(
            "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: {name}"
        ))),
        (BillingMode::PayPerRequest, Some(_)) => Err(Error::parameter(format_args!(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: {name} when BillingMode is PAY_PER_REQUEST"
        ))),
        _ => Ok(()),
    }
}

fn update_index(row: &mut TableRow, asked: &UpdateIndex, now: Timestamp) -> Result<(), Error> {
    let mode = BillingMode::of(row.is_on_demand);
    let index = row.indexes.iter_mut().find(|index| index.is_global && index.name == asked.index_name);
    let index = index.ok_or(Error::NotFound)?;
    let names_any = |units: OnDemandThroughput| {
        units.max_read_request_units.is_some() || units.max_write_request_units.is_some()
    };
    let changes_maximum = asked.on_demand_throughput.is_some_and(names_any);
    let fits = asked.provisioned_throughput.is_none() && (changes_maximum || asked.warm_throughput.is_some());
    if mode == BillingMode::PayPerRequest && !fits {
        // (`ack-api-quirks`, DDB-TABLE-152 and, for an update of nothing, DDB-TABLE-456.)
        return Err(Error::parameter(format_args!(
            "The only Updates for index: {} when TableThroughputMode is PAY_PER_REQUEST can be to OnDemandThroughput, WarmThroughput",
            asked.index_name
        )));
    }
    if let Some(units) = asked.provisioned_throughput {
        refuse_same(&index.throughput, units, Some(&asked.index_name))?;
        let wanted = schema::throughput(mode, Some(units), Some(&asked.index_name))?;
        set_throughput(&mut index.throughput, &wanted, now);
    }
    if let Some(units) = asked.on_demand_throughput {
        index.on_demand = Some(schema::on_demand(mode, units, Some(&asked.index_name), false)?);
    }
    if asked.warm_throughput.is_some() {
        return Err(Error::validation(schema::NO_WARM_INDEX));
    }
    Ok(())
}

async fn delete_index(cx: &mut Cx, row: &mut TableRow, name: &str) -> Result<(), Error> {
    let at = row.indexes.iter().position(|index| index.is_global && index.name == name);
    let index = row.indexes.remove(at.ok_or(Error::NotFound)?);
    let used: Vec<String> = row.key_attributes().into_iter().map(str::to_owned).collect();
    row.attributes.retain(|name, _| used.contains(name));
    work::begin(cx, Task::RemoveIndex { table_id: row.id.clone(), number: index.number }).await
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use testkit::World;

    use crate::tests::{error, item, ok, table, world};

    fn with_index(key: &str) -> Value {
        json!({
            "TableName": "things",
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
            "GlobalSecondaryIndexUpdates": [{"Create": {
                "IndexName": "by-x",
                "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }}],
        })
    }

    #[tokio::test]
    async fn an_index_is_filled_with_what_was_there() {
        let world = world().await;
        table(&world, "things", json!({})).await;
        for s in 0..450 {
            // Some have no key of the index, some one of a wrong type.
            let more = match s % 3 {
                0 => json!({"x": {"S": format!("x{}", s % 2)}}),
                1 => json!({"x": {"N": "1"}}),
                _ => json!({}),
            };
            ok(&world, "PutItem", json!({"TableName": "things", "Item": item("a", s, more)})).await;
        }
        let answer = ok(&world, "UpdateTable", with_index("x")).await;
        assert_eq!(answer["TableDescription"]["GlobalSecondaryIndexes"][0]["IndexStatus"], "CREATING");
        let query = json!({
            "TableName": "things", "IndexName": "by-x", "KeyConditionExpression": "x = :x",
            "ExpressionAttributeValues": {":x": {"S": "x0"}}, "Select": "COUNT",
        });
        let text = error(&world, "Query", query.clone()).await.1;
        assert_eq!(text, "Cannot read from backfilling global secondary index: by-x");
        // Written while the index is being filled: already in it, and counted once.
        let more = json!({"x": {"S": "x0"}});
        ok(&world, "PutItem", json!({"TableName": "things", "Item": item("b", 1, more)})).await;
        world.run_jobs().await;
        assert_eq!(ok(&world, "Query", query.clone()).await["Count"], 76);
        let described = ok(&world, "DescribeTable", json!({"TableName": "things"})).await;
        let index = &described["Table"]["GlobalSecondaryIndexes"][0];
        assert_eq!((&index["IndexStatus"], &index["ItemCount"]), (&json!("ACTIVE"), &json!(151)));
        let delete = json!({
            "TableName": "things", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "by-x"}}],
        });
        ok(&world, "UpdateTable", delete.clone()).await;
        assert_eq!(error(&world, "UpdateTable", delete).await.0, "ResourceNotFoundException");
        world.run_jobs().await;
        ok(&world, "UpdateTable", with_index("x")).await;
        world.run_jobs().await;
        assert_eq!(ok(&world, "Query", query).await["Count"], 76);
    }

    #[tokio::test]
    async fn wrong_changes_are_refused() {
        let world = world().await;
        table(&world, "things", json!({})).await;
        let refused = [
            (json!({"TableName": "things"}), super::NOTHING),
            (
                json!({"TableName": "things", "ReplicaUpdates": [{"Create": {"RegionName": "eu-west-1"}}]}),
                "global tables are not supported by this cloud",
            ),
            (
                json!({"TableName": "things", "BillingMode": "PROVISIONED"}),
                "One or more parameter values were invalid: ProvisionedThroughput must be specified when BillingMode is PROVISIONED",
            ),
        ];
        for (input, text) in refused {
            assert_eq!(error(&world, "UpdateTable", input).await.1, text);
        }
        let index = |update: Value| json!({"TableName": "things", "GlobalSecondaryIndexUpdates": [update]});
        let stream =
            |specification: Value| json!({"TableName": "things", "StreamSpecification": specification});
        let warm = json!({"Create": {
            "IndexName": "by-x", "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"}, "WarmThroughput": {"ReadUnitsPerSecond": 5},
        }});
        let delete = json!({"IndexName": "by-x"});
        let refused = [
            (
                index(json!({})),
                "One or more parameter values were invalid: One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null",
            ),
            (
                index(json!({"Delete": delete, "Update": delete})),
                "One or more parameter values were invalid: Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object",
            ),
            (index(warm), "warm throughput of single indexes is not supported by this cloud"),
            (stream(json!({"StreamEnabled": false})), "Table has no stream to disable: TableName: things"),
            (
                stream(json!({"StreamEnabled": true})),
                "One or more parameter values were invalid: If stream is being enabled then UpdateViewType is required",
            ),
            (
                stream(json!({"StreamEnabled": false, "StreamViewType": "KEYS_ONLY"})),
                "One or more parameter values were invalid: If stream is being disabled, then UpdateViewType must not be specified",
            ),
        ];
        for (input, text) in refused {
            assert_eq!(error(&world, "UpdateTable", input).await.1, text);
        }
        let recovery = json!({"PointInTimeRecoveryEnabled": false, "RecoveryPeriodInDays": 5});
        let input = json!({"TableName": "things", "PointInTimeRecoverySpecification": recovery});
        let text =
            "Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.";
        assert_eq!(error(&world, "UpdateContinuousBackups", input).await.1, text);
        let missing = json!({"TableName": "nothing", "BillingMode": "PAY_PER_REQUEST"});
        assert_eq!(
            error(&world, "UpdateTable", missing).await.1,
            "Requested resource not found: Table: nothing not found"
        );
    }

    /// Pairs and texts: `ack-api-quirks`, DDB-TABLE-174 (indexes), DDB-TABLE-382 and DDB-TABLE-433 (all others, and
    /// which of several texts it is).
    #[tokio::test]
    async fn most_changes_must_stand_alone() {
        let world = world().await;
        table(&world, "things", json!({})).await;
        let units = || ("ProvisionedThroughput", json!({"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}));
        let mode = |mode: &str| ("BillingMode", json!(mode));
        let stream =
            || ("StreamSpecification", json!({"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"}));
        let encryption = || ("SSESpecification", json!({"Enabled": true}));
        let class = || ("TableClass", json!("STANDARD_INFREQUENT_ACCESS"));
        let protection = || ("DeletionProtectionEnabled", json!(true));
        let warm = || ("WarmThroughput", json!({"ReadUnitsPerSecond": 20000}));
        let maximum = || ("OnDemandThroughput", json!({"MaxReadRequestUnits": 5}));
        let create =
            || ("GlobalSecondaryIndexUpdates", with_index("x")["GlobalSecondaryIndexUpdates"].clone());
        let delete = || ("GlobalSecondaryIndexUpdates", json!([{"Delete": {"IndexName": "by-x"}}]));
        let (sse, tc) = (
            "Server-Side Encryption modification must be the only operation in the request",
            "TableClass modification must be the only operation in the request",
        );
        let dp = "DeletionProtection modification must be the only operation in the request";
        let only_warm = "WarmThroughput must be the only operation in the request";
        let iops = "You cannot modify stream status while updating table IOPS";
        let refused = [
            (vec![protection(), encryption()], sse),
            (vec![create(), encryption()], sse),
            (vec![encryption(), class(), protection(), warm()], sse),
            (vec![protection(), class()], tc),
            (vec![create(), class()], tc),
            (vec![warm(), protection()], dp),
            (vec![maximum(), protection()], dp),
            (vec![protection(), mode("PAY_PER_REQUEST")], dp),
            (vec![create(), protection()], dp),
            (vec![warm(), stream()], only_warm),
            (vec![warm(), mode("PAY_PER_REQUEST")], only_warm),
            (
                vec![create(), warm()],
                "Create global secondary index cannot be specified when updating WarmThroughput",
            ),
            (vec![stream(), maximum()], super::MAXIMUM),
            (vec![warm(), maximum()], super::MAXIMUM),
            (vec![units(), stream()], iops),
            (vec![mode("PROVISIONED"), units(), stream()], iops),
            (vec![create(), units()], "You cannot create or delete index while updating table IOPS"),
            (vec![delete(), units()], "You cannot create or delete index while updating table IOPS"),
            (vec![create(), stream()], "You cannot create or delete index while changing stream status"),
        ];
        let input = |changes: Vec<(&str, Value)>| {
            let mut input = json!({"TableName": "things", "AttributeDefinitions": [{"AttributeName": "x", "AttributeType": "S"}]});
            changes.into_iter().for_each(|(name, value)| input[name] = value);
            input
        };
        for (changes, text) in refused {
            let input = input(changes);
            let text = format!("One or more parameter values were invalid: {text}");
            let wanted = ("ValidationException".to_owned(), text);
            assert_eq!(error(&world, "UpdateTable", input.clone()).await, wanted, "{input}");
        }
        // What goes together.
        ok(&world, "UpdateTable", input(vec![mode("PAY_PER_REQUEST"), stream()])).await;
        ok(&world, "UpdateTable", input(vec![mode("PAY_PER_REQUEST"), maximum()])).await;
        ok(&world, "UpdateTable", input(vec![mode("PAY_PER_REQUEST"), create()])).await;
        let described = ok(&world, "DescribeTable", json!({"TableName": "things"})).await["Table"].clone();
        assert_eq!(described["StreamSpecification"]["StreamViewType"], "KEYS_ONLY");
        assert_eq!(described["OnDemandThroughput"]["MaxReadRequestUnits"], 5);
        assert_eq!(described["GlobalSecondaryIndexes"][0]["IndexName"], "by-x");
        // Nothing of what was refused was done.
        assert_eq!(described["DeletionProtectionEnabled"], false);
        assert_eq!(described["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST");
    }

    #[tokio::test]
    async fn billing_and_units_change() {
        let world = world().await;
        table(&world, "things", json!({})).await;
        let units = |read: i64, write: i64| json!({"ReadCapacityUnits": read, "WriteCapacityUnits": write});
        let provisioned = json!({"TableName": "things", "BillingMode": "PROVISIONED", "ProvisionedThroughput": units(5, 5)});
        ok(&world, "UpdateTable", provisioned).await;
        ok(&world, "UpdateTable", json!({"TableName": "things", "ProvisionedThroughput": units(4, 6)})).await;
        let described = ok(&world, "DescribeTable", json!({"TableName": "things"})).await["Table"].clone();
        assert_eq!(described["BillingModeSummary"]["BillingMode"], "PROVISIONED");
        assert_eq!(described["ProvisionedThroughput"]["NumberOfDecreasesToday"], 1);
        assert_eq!(described["ProvisionedThroughput"]["ReadCapacityUnits"], 4);
        let same = json!({"TableName": "things", "ProvisionedThroughput": units(4, 6)});
        let text = error(&world, "UpdateTable", same.clone()).await.1;
        assert_eq!(
            text,
            "The provisioned throughput for the table will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for the table: 4. Requested ReadCapacityUnits: 4. Current WriteCapacityUnits provisioned for the table: 6. Requested WriteCapacityUnits: 6. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
        );
        let mut same_mode = same;
        same_mode["BillingMode"] = json!("PROVISIONED");
        assert_eq!(error(&world, "UpdateTable", same_mode).await.1, text);
    }

    fn updates(action: &str, index: Value) -> Value {
        json!({
            "TableName": "things", "GlobalSecondaryIndexUpdates": [{action: index}],
            "AttributeDefinitions": [{"AttributeName": "x", "AttributeType": "S"}],
        })
    }

    async fn refused(world: &World, input: Value, text: &str) {
        let wanted = ("ValidationException".to_owned(), text.to_owned());
        assert_eq!(error(world, "UpdateTable", input.clone()).await, wanted, "{input}");
    }

    /// Texts: `ack-api-quirks`, DDB-TABLE-152, DDB-TABLE-164, DDB-TABLE-359, DDB-TABLE-442, DDB-TABLE-456.
    #[tokio::test]
    async fn the_units_of_an_index_fit_the_table_and_change() {
        let world = world().await;
        table(&world, "things", json!({})).await;
        let units = |read: i64, write: i64| json!({"ReadCapacityUnits": read, "WriteCapacityUnits": write});
        let with = |mut index: Value, units: Value| {
            index["ProvisionedThroughput"] = units;
            index
        };
        let new = with_index("x")["GlobalSecondaryIndexUpdates"][0]["Create"].clone();
        let of = |text: &str| format!("One or more parameter values were invalid: {text}");
        let on_demand = of(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: by-x when BillingMode is PAY_PER_REQUEST",
        );
        refused(&world, updates("Create", with(new.clone(), units(1, 1))), &on_demand).await;
        ok(&world, "UpdateTable", with_index("x")).await;
        world.run_jobs().await;
        let by_x = || json!({"IndexName": "by-x"});
        let only = of(
            "The only Updates for index: by-x when TableThroughputMode is PAY_PER_REQUEST can be to OnDemandThroughput, WarmThroughput",
        );
        refused(&world, updates("Update", with(by_x(), units(1, 1))), &only).await;
        refused(&world, updates("Update", by_x()), &only).await;
        let mut empty = json!({"TableName": "things", "GlobalSecondaryIndexUpdates": []});
        refused(&world, empty.clone(), super::NOTHING).await;
        empty["DeletionProtectionEnabled"] = json!(true);
        refused(&world, empty, &of("List of GlobalSecondaryIndexUpdates is empty")).await;

        let mut provisioned = updates("Update", with(by_x(), units(2, 2)));
        provisioned["BillingMode"] = json!("PROVISIONED");
        provisioned["ProvisionedThroughput"] = units(5, 5);
        ok(&world, "UpdateTable", provisioned).await;
        let same = "The provisioned throughput for the index by-x will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for index by-x: 2. Requested ReadCapacityUnits: 2. Current WriteCapacityUnits provisioned for index by-x: 2. Requested WriteCapacityUnits: 2. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.";
        refused(&world, updates("Update", with(by_x(), units(2, 2))), same).await;
        ok(&world, "UpdateTable", updates("Update", with(by_x(), units(2, 3)))).await;
        let described = ok(&world, "DescribeTable", json!({"TableName": "things"})).await;
        let now = &described["Table"]["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"];
        assert_eq!((&now["ReadCapacityUnits"], &now["WriteCapacityUnits"]), (&json!(2), &json!(3)));
        let mut other = new;
        other["IndexName"] = json!("by-y");
        let both = of("Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: by-y");
        refused(&world, updates("Create", other), &both).await;
    }

    /// What is the same and what is not: `ack-api-quirks`, DDB-TABLE-018, DDB-TABLE-082, DDB-TABLE-141.
    #[tokio::test]
    async fn encryption_that_is_there_is_refused() {
        let world = world().await;
        table(&world, "things", json!({})).await;
        let ask = |specification: Value| json!({"TableName": "things", "SSESpecification": specification});
        let default = "One or more parameter values were invalid: Table is already encrypted by default";
        refused(&world, ask(json!({})), default).await;
        refused(&world, ask(json!({"Enabled": false})), default).await;
        ok(&world, "UpdateTable", ask(json!({"SSEType": "KMS"}))).await;
        let described = ok(&world, "DescribeTable", json!({"TableName": "things"})).await;
        let arn = described["Table"]["SSEDescription"]["KMSMasterKeyArn"].clone();
        let with_key = |key: &Value| ask(json!({"Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": key}));
        let same = "One or more parameter values were invalid: Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want to change Master Key";
        refused(&world, with_key(&arn), same).await;
        // The same key under other names.
        ok(&world, "UpdateTable", ask(json!({"Enabled": true}))).await;
        ok(&world, "UpdateTable", with_key(&json!("alias/aws/dynamodb"))).await;
        ok(&world, "UpdateTable", ask(json!({"Enabled": false}))).await;
        refused(&world, ask(json!({"Enabled": false})), default).await;
    }
}
