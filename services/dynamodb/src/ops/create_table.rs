//! CreateTable.
//!
//! Differs from AWS: the table is there at once, though the answer says CREATING. Throughput is recorded and not held
//! against requests. Encryption settings are recorded; data is as safe as the disk. Replicas are refused.

use std::collections::BTreeMap;

use cloud::access;
use cloud::prelude::*;
use serde_json::Value as Json;
use store::layer::table;

use crate::describe::{Shown, TableDescription};
use crate::error::Error;
use crate::policy;
use crate::schema;
use crate::settings;
use crate::shapes::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, LocalSecondaryIndex,
    OnDemandThroughput, ProvisionedThroughput, SseSpecification, StreamSpecification, TableClass, Tag,
    WarmThroughput,
};
use crate::table::TableRow;
use crate::tables::{self, TableName};
use crate::tags;

#[derive(Shape)]
pub(crate) struct Input {
    attribute_definitions: Vec<AttributeDefinition>,
    table_name: Option<String>,
    #[shape(len = 1..=2)]
    key_schema: Vec<KeySchemaElement>,
    local_secondary_indexes: Option<Vec<LocalSecondaryIndex>>,
    global_secondary_indexes: Option<Vec<GlobalSecondaryIndex>>,
    billing_mode: Option<BillingMode>,
    provisioned_throughput: Option<ProvisionedThroughput>,
    stream_specification: Option<StreamSpecification>,
    #[shape(name = "SSESpecification")]
    sse_specification: Option<SseSpecification>,
    tags: Option<Vec<Tag>>,
    table_class: Option<TableClass>,
    deletion_protection_enabled: Option<bool>,
    warm_throughput: Option<WarmThroughput>,
    resource_policy: Option<String>,
    on_demand_throughput: Option<OnDemandThroughput>,
    global_table_source_arn: Option<String>,
    global_table_settings_replication_mode: Option<String>,
    vector_indexes: Option<Json>,
}

#[derive(Shape)]
pub(crate) struct Output {
    table_description: TableDescription,
}

/// What a new table is made of, as CreateTable and ImportTable take it.
pub(crate) struct Definition<'a> {
    pub(crate) attributes: &'a [AttributeDefinition],
    pub(crate) key: &'a [KeySchemaElement],
    pub(crate) local: Option<&'a [LocalSecondaryIndex]>,
    pub(crate) global: Option<&'a [GlobalSecondaryIndex]>,
    pub(crate) mode: BillingMode,
    pub(crate) throughput: Option<ProvisionedThroughput>,
    pub(crate) on_demand: Option<OnDemandThroughput>,
}

impl Definition<'_> {
    /// The row of the new table.
    pub(crate) fn row(&self, cx: &Cx, name: &TableName) -> Result<TableRow, Error> {
        let throughput = schema::throughput(self.mode, self.throughput, None)?;
        let attributes = schema::definitions(self.attributes)?;
        let key = schema::key(self.key, &attributes, false)?;
        let mut indexes = Vec::new();
        if let Some(local) = self.local {
            indexes.extend(schema::local_indexes(local, &key, &attributes)?);
        }
        if let Some(global) = self.global {
            indexes.extend(schema::global_indexes(global, self.mode, &attributes)?);
        }
        schema::check_indexes(&indexes)?;
        indexes.sort_by(|a, b| a.name.cmp(&b.name));
        let is_on_demand = self.mode == BillingMode::PayPerRequest;
        let on_demand = match self.on_demand {
            Some(units) => Some(schema::on_demand(self.mode, units, None, true)?),
            None => None,
        };
        let now = cx.now().millis();
        let mut row = TableRow {
            account: name.account.clone(),
            region: name.region.clone(),
            name: name.name.clone(),
            id: cx.new_id(),
            created_at_millis: now,
            is_creating: false,
            attributes,
            key,
            is_on_demand,
            on_demand_since_millis: is_on_demand.then_some(now),
            throughput,
            on_demand,
            indexes: Vec::new(),
            next_index: 0,
            ttl: None,
            ttl_changed_at_millis: None,
            stream: None,
            recovery: None,
            encryption: None,
            is_infrequent_access: false,
            class_changed_at_millis: None,
            is_protected: false,
            tags: BTreeMap::new(),
            policy: None,
            stream_policies: BTreeMap::new(),
            destinations: Vec::new(),
            restored: None,
            warm: None,
        };
        for mut index in indexes {
            index.number = row.take_index_number();
            row.indexes.push(index);
        }
        schema::check_all_used(&row)?;
        Ok(row)
    }
}

pub(crate) struct CreateTable;

impl Operation for CreateTable {
    const NAME: &'static str = "CreateTable";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let name = input.table_name.as_deref().unwrap_or_default();
        Ok(cx.arn("dynamodb", format_args!("table/{name}")).into())
    }

    async fn conditions(_cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        let tags = input.tags.iter().flatten().map(|tag| (&tag.key, &tag.value));
        Ok(vec![access::request_tags(tags)])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        // nubo-db/dynamodb-conformance, tests/tier3/error-messages/createTable
        let name = input.table_name.as_deref().ok_or_else(|| {
            Error::validation("The parameter 'TableName' is required but was not present in the request")
        })?;
        if input.global_table_source_arn.is_some() || input.global_table_settings_replication_mode.is_some() {
            return Err(Error::validation("global tables are not supported by this cloud"));
        }
        schema::check_no_vectors(input.vector_indexes.as_ref())?;
        let name = TableName::read(cx, name)?;
        let definition = Definition {
            attributes: &input.attribute_definitions,
            key: &input.key_schema,
            local: input.local_secondary_indexes.as_deref(),
            global: input.global_secondary_indexes.as_deref(),
            mode: input.billing_mode.unwrap_or(BillingMode::Provisioned),
            throughput: input.provisioned_throughput,
            on_demand: input.on_demand_throughput,
        };
        let mut row = definition.row(cx, &name)?;
        row.encryption = settings::encryption(cx, input.sse_specification.as_ref())?;
        row.is_infrequent_access = input.table_class == Some(TableClass::StandardInfrequentAccess);
        row.is_protected = input.deletion_protection_enabled.unwrap_or(false);
        row.warm = input.warm_throughput.map(settings::warm);
        row.tags = tags::checked(input.tags.as_deref().unwrap_or_default())?;
        row.policy = match &input.resource_policy {
            Some(text) => Some(policy::checked(cx, text)?),
            None => None,
        };
        if tables::load(cx, &name).await?.is_some() {
            return Err(Error::InUse(format!("Table already exists: {}", name.name)));
        }
        if let Some(specification) = input.stream_specification {
            settings::set_stream(cx, &mut row, specification, true).await?;
        }
        table::put(cx.tx(), &row).await?;
        let now = cx.now();
        let shown = Shown { table: Some("CREATING"), indexes: Some("CREATING") };
        Ok(Output { table_description: TableDescription::shown(cx.tx(), &row, now, shown).await? })
    }
}
