//! `AWS::DynamoDB::GlobalTable` with one replica: what the CDK's `TableV2` makes.
//!
//! A table of one region. More replicas are refused before anything is created.

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType};
use serde_json::{Map, Value, json};

use super::table::TableResource;

/// `AWS::DynamoDB::GlobalTable`.
pub(crate) struct GlobalTable;

/// Properties that the table has as the global table has them.
const SAME: &[&str] = &[
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "StreamSpecification",
    "TableName",
    "TimeToLiveSpecification",
    "WarmThroughput",
];
/// Properties that the table has as the replica has them.
const OF_REPLICA: &[&str] = &[
    "DeletionProtectionEnabled",
    "KinesisStreamSpecification",
    "PointInTimeRecoverySpecification",
    "ResourcePolicy",
    "TableClass",
    "Tags",
];

#[async_trait]
impl ResourceType for GlobalTable {
    fn name(&self) -> &'static str {
        "AWS::DynamoDB::GlobalTable"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("AttributeDefinitions").required(),
            Property::new("BillingMode"),
            Property::new("GlobalSecondaryIndexes"),
            Property::new("KeySchema").required().replace(),
            Property::new("LocalSecondaryIndexes").replace(),
            Property::new("Replicas").required(),
            Property::new("SSESpecification"),
            Property::new("StreamSpecification"),
            Property::new("TableName").replace(),
            Property::new("TimeToLiveSpecification"),
            Property::new("WarmThroughput"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn", "StreamArn", "TableId"]
    }

    fn check(&self, properties: &Map<String, Value>) -> Result<(), String> {
        let Some(Value::Array(replicas)) = properties.get("Replicas") else {
            return Err("`Replicas` must be a list with one replica".to_owned());
        };
        let [Value::Object(replica)] = replicas.as_slice() else {
            return Err("global tables of more than one region are not supported".to_owned());
        };
        let known = |name: &str| OF_REPLICA.contains(&name) || matches!(name, "Region" | "SSESpecification");
        if let Some(other) = replica.keys().find(|name| !known(name)) {
            return Err(format!("`Replicas.{other}` is not supported"));
        }
        match properties.get("BillingMode") {
            Some(Value::String(mode)) if mode == "PAY_PER_REQUEST" => Ok(()),
            Some(Value::Object(_)) => Ok(()),
            _ => Err("`BillingMode` of global tables must be PAY_PER_REQUEST".to_owned()),
        }
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let request = table_request(cx, request)?;
        let outcome = TableResource.create(cx, &request).await?;
        with_id(cx, outcome).await
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let old = table_properties(cx, old)?;
        let request = table_request(cx, request)?;
        let outcome = TableResource.update(cx, &request, &old).await?;
        with_id(cx, outcome).await
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        TableResource.delete(cx, request).await
    }
}

fn table_request(cx: &Cx, request: &ResourceRequest) -> Result<ResourceRequest, Failure> {
    Ok(ResourceRequest { properties: table_properties(cx, &request.properties)?, ..request.clone() })
}

/// The properties of the table that the replica is.
fn table_properties(cx: &Cx, properties: &Map<String, Value>) -> Result<Map<String, Value>, Failure> {
    let replica = properties.get("Replicas").and_then(|replicas| replicas.get(0));
    let replica = replica.and_then(Value::as_object).cloned().unwrap_or_default();
    if replica.get("Region").and_then(Value::as_str) != Some(cx.region()) {
        let text =
            format!("the replica of a global table must be in the region of the stack, {}", cx.region());
        return Err(Failure::new("ValidationException", 400, text));
    }
    let mut table = Map::new();
    for (names, from) in [(SAME, properties), (OF_REPLICA, &replica)] {
        for name in names {
            if let Some(value) = from.get(*name) {
                table.insert((*name).to_owned(), value.clone());
            }
        }
    }
    if let Some(encryption) = properties.get("SSESpecification") {
        let mut encryption = encryption.clone();
        let key = replica.get("SSESpecification").and_then(|own| own.get("KMSMasterKeyId"));
        if let Some(key) = key {
            encryption["KMSMasterKeyId"] = key.clone();
        }
        table.insert("SSESpecification".to_owned(), encryption);
    }
    Ok(table)
}

async fn with_id(cx: &mut Cx, mut outcome: ResourceOutcome) -> Result<ResourceOutcome, Failure> {
    let caller = cx.caller().clone();
    let input = json!({"TableName": outcome.physical_id});
    let answer = cx.call_json(caller, "dynamodb", "DescribeTable", &input).await?;
    outcome.attributes.insert("TableId".to_owned(), answer["Table"]["TableId"].clone());
    Ok(outcome)
}
