//! `ImportSourceSpecification`: a table that is made from objects in S3.
//!
//! What ImportTable does not take is set when the import is over, which needs `dynamodb:UpdateTable` as on AWS
//! ("AWS::DynamoDB::Table" in the template reference).

use cloud::prelude::*;
use cloud::resource::ResourceRequest;
use serde_json::{Map, Value, json};

use super::properties::{encryption, policy, property};
use super::table::{call, change_policy, change_settings, change_stream, change_tags};

/// Between two looks at an import.
const LOOK_MILLIS: i64 = 250;

/// Properties that ImportTable takes as they are.
const PLAIN: &[&str] = &[
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "OnDemandThroughput",
    "ProvisionedThroughput",
];

/// Imports a table, and waits for its items.
pub(super) async fn create(cx: &mut Cx, request: &ResourceRequest, name: &str) -> Result<(), Failure> {
    let properties = &request.properties;
    let mut table = Map::new();
    for plain in PLAIN {
        if let Some(value) = property(properties, plain) {
            table.insert((*plain).to_owned(), value);
        }
    }
    table.insert("TableName".to_owned(), json!(name));
    if let Some(encryption) = encryption(properties) {
        table.insert("SSESpecification".to_owned(), encryption);
    }
    let mut input = property(properties, "ImportSourceSpecification").unwrap_or_default();
    input["TableCreationParameters"] = Value::Object(table);
    // A repetition finds the import that it began.
    input["ClientToken"] = json!(request.token);
    let begun = call(cx, "ImportTable", input).await?;
    wait(cx, &begun["ImportTableDescription"]["ImportArn"]).await?;
    let taken = |name: &str| PLAIN.contains(&name) || name == "SSESpecification";
    let made: Map<String, Value> = properties
        .iter()
        .filter(|(name, _)| taken(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    change_settings(cx, name, &made, properties).await?;
    change_stream(cx, name, properties).await?;
    change_policy(cx, name, None, policy(properties)).await?;
    change_tags(cx, name, &request.all_tags()).await
}

async fn wait(cx: &mut Cx, import: &Value) -> Result<(), Failure> {
    loop {
        let answer = call(cx, "DescribeImport", json!({"ImportArn": import})).await?;
        let import = &answer["ImportTableDescription"];
        match import["ImportStatus"].as_str() {
            Some("IN_PROGRESS") => cx.sleep_until(cx.now().plus_millis(LOOK_MILLIS)).await,
            Some("COMPLETED") => return Ok(()),
            _ => {
                let code = import["FailureCode"].as_str().unwrap_or("ImportCancelled");
                let why = import["FailureMessage"].as_str().unwrap_or("the table was deleted");
                return Err(Failure::new(code, 400, format!("the table was not imported: {why}")));
            }
        }
    }
}
