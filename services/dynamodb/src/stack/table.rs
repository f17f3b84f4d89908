//! `AWS::DynamoDB::Table`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, adopt, tag_list, unless};
use serde_json::{Map, Value, json};

use super::properties::{encryption, indexes, policy, property, recovery, stream, ttl, typed};
use super::{destination, import};
use crate::jobs;
use crate::limits::NAME_CHARS_MAX;

/// `AWS::DynamoDB::Table`.
pub(crate) struct TableResource;

/// Properties that CreateTable takes as they are.
const PLAIN: &[&str] = &[
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "TableClass",
    "WarmThroughput",
];

#[async_trait]
impl ResourceType for TableResource {
    fn name(&self) -> &'static str {
        "AWS::DynamoDB::Table"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("AttributeDefinitions"),
            Property::new("BillingMode"),
            Property::new("DeletionProtectionEnabled"),
            Property::new("GlobalSecondaryIndexes"),
            Property::new("ImportSourceSpecification").replace(),
            Property::new("KeySchema").required().replace(),
            Property::new("KinesisStreamSpecification"),
            Property::new("LocalSecondaryIndexes").replace(),
            Property::new("OnDemandThroughput"),
            Property::new("PointInTimeRecoverySpecification"),
            Property::new("ProvisionedThroughput"),
            Property::new("ResourcePolicy"),
            Property::new("SSESpecification"),
            Property::new("StreamSpecification"),
            Property::new("TableClass"),
            Property::new("TableName").replace(),
            Property::new("Tags"),
            Property::new("TimeToLiveSpecification"),
            Property::new("WarmThroughput"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn", "StreamArn"]
    }

    fn check(&self, properties: &Map<String, Value>) -> Result<(), String> {
        let stream = properties.get("StreamSpecification").and_then(Value::as_object);
        if stream.is_some_and(|stream| stream.contains_key("ResourcePolicy")) {
            return Err("`StreamSpecification.ResourcePolicy` is not supported".to_owned());
        }
        let has = |name: &str| properties.get(name).is_some_and(|value| !value.is_null());
        if has("ImportSourceSpecification") && has("LocalSecondaryIndexes") {
            return Err("a table that is imported has no `LocalSecondaryIndexes`".to_owned());
        }
        let indexes = properties.get("GlobalSecondaryIndexes").and_then(Value::as_array);
        let is_insights = |index: &Value| {
            typed("Enabled", &index["ContributorInsightsSpecification"]["Enabled"]) == json!(true)
        };
        if indexes.into_iter().flatten().any(is_insights) {
            return Err("`ContributorInsightsSpecification` is not supported".to_owned());
        }
        Ok(())
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let name = request.text("TableName").unwrap_or_else(|| request.generated_name(NAME_CHARS_MAX));
        let properties = &request.properties;
        if property(properties, "ImportSourceSpecification").is_some() {
            import::create(cx, request, &name).await?;
        } else {
            create(cx, request, &name).await?;
        }
        change_ttl(cx, &name, None, ttl(properties)).await?;
        change_recovery(cx, &name, &recovery(&Map::new()), &recovery(properties)).await?;
        destination::change(cx, &name, &Map::new(), properties).await?;
        outcome(cx, &name).await
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let name = request.physical()?.to_owned();
        let new = &request.properties;
        change_settings(cx, &name, old, new).await?;
        change_indexes(cx, &name, old, new).await?;
        change_stream(cx, &name, new).await?;
        change_ttl(cx, &name, ttl(old), ttl(new)).await?;
        change_recovery(cx, &name, &recovery(old), &recovery(new)).await?;
        change_policy(cx, &name, policy(old), policy(new)).await?;
        destination::change(cx, &name, old, new).await?;
        change_tags(cx, &name, &request.all_tags()).await?;
        outcome(cx, &name).await
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let gone = call(cx, "DeleteTable", json!({"TableName": request.physical()?})).await;
        unless(gone, "ResourceNotFoundException")
    }
}

/// Makes an empty table.
async fn create(cx: &mut Cx, request: &ResourceRequest, name: &str) -> Result<(), Failure> {
    let mut input = Map::new();
    for plain in PLAIN {
        if let Some(value) = property(&request.properties, plain) {
            input.insert((*plain).to_owned(), value);
        }
    }
    input.insert("TableName".to_owned(), json!(name));
    let more = [
        ("StreamSpecification", stream(&request.properties)),
        ("SSESpecification", encryption(&request.properties)),
        ("ResourcePolicy", policy(&request.properties).map(Value::String)),
    ];
    input.extend(more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    let tags = request.all_tags();
    if !tags.is_empty() {
        input.insert("Tags".to_owned(), tag_list(&tags).into());
    }
    let made = call(cx, "CreateTable", Value::Object(input)).await;
    adopt(made, "ResourceInUseException", request.adopts("TableName"))
}

pub(super) async fn call(cx: &mut Cx, operation: &str, input: Value) -> Result<Value, Failure> {
    let caller = cx.caller().clone();
    cx.call_json(caller, "dynamodb", operation, &input).await
}

async fn described(cx: &mut Cx, name: &str) -> Result<Value, Failure> {
    let answer = call(cx, "DescribeTable", json!({"TableName": name})).await?;
    Ok(answer["Table"].clone())
}

async fn outcome(cx: &mut Cx, name: &str) -> Result<ResourceOutcome, Failure> {
    let table = described(cx, name).await?;
    let mut attributes = BTreeMap::from([("Arn".to_owned(), table["TableArn"].clone())]);
    if table["StreamSpecification"]["StreamEnabled"] == json!(true) {
        attributes.insert("StreamArn".to_owned(), table["LatestStreamArn"].clone());
    }
    Ok(ResourceOutcome { physical_id: name.to_owned(), attributes })
}

/// Billing, throughput, class, encryption, protection: a call for each that differs, since UpdateTable takes no others
/// together with most of them.
pub(super) async fn change_settings(
    cx: &mut Cx,
    name: &str,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
) -> Result<(), Failure> {
    let changed = |name: &str| property(old, name) != property(new, name);
    // What is there counts: UpdateTable refuses what a repeated update has done already.
    let there = described(cx, name).await?;
    let billing = changed_billing(old, new, &there);
    let mut changes = Vec::from_iter((!billing.is_empty()).then_some(billing));
    let mut alone = |name: &str, value: Option<Value>| {
        let value = value.filter(|_| changed(name));
        changes.extend(value.map(|value| Map::from_iter([(name.to_owned(), value)])));
    };
    alone("WarmThroughput", property(new, "WarmThroughput"));
    alone("TableClass", Some(property(new, "TableClass").unwrap_or(json!("STANDARD"))));
    let is_protected = property(new, "DeletionProtectionEnabled").unwrap_or(json!(false));
    alone("DeletionProtectionEnabled", Some(is_protected));
    let wanted = encryption(new).unwrap_or(json!({"Enabled": false}));
    alone("SSESpecification", Some(wanted).filter(|wanted| !is_encrypted_so(&there, wanted)));
    for mut input in changes {
        input.insert("TableName".to_owned(), json!(name));
        call(cx, "UpdateTable", Value::Object(input)).await?;
    }
    Ok(())
}

/// Whether the table that is described would be encrypted by this specification as it is.
fn is_encrypted_so(there: &Value, wanted: &Value) -> bool {
    match there.get("SSEDescription") {
        None => wanted.get("SSEType").is_none() && wanted["Enabled"] != json!(true),
        Some(description) => wanted.get("KMSMasterKeyId") == description.get("KMSMasterKeyArn"),
    }
}

/// Whether the table or index that is described has these units.
fn has_units(there: &Value, units: &Value) -> bool {
    ["ReadCapacityUnits", "WriteCapacityUnits"]
        .iter()
        .all(|name| there["ProvisionedThroughput"][*name] == units[*name])
}

/// What differs in billing and throughput.
fn changed_billing(old: &Map<String, Value>, new: &Map<String, Value>, there: &Value) -> Map<String, Value> {
    let changed = |name: &str| property(old, name) != property(new, name);
    let mut input = Map::new();
    if let Some(units) = property(new, "OnDemandThroughput").filter(|_| changed("OnDemandThroughput")) {
        input.insert("OnDemandThroughput".to_owned(), units);
    }
    let mode = |properties| property(properties, "BillingMode").unwrap_or(json!("PROVISIONED"));
    let units = property(new, "ProvisionedThroughput");
    let is_done = units.as_ref().is_some_and(|units| has_units(there, units));
    if (mode(old) == mode(new) && !changed("ProvisionedThroughput")) || is_done {
        return input;
    }
    input.insert("BillingMode".to_owned(), mode(new));
    if let Some(units) = units {
        input.insert("ProvisionedThroughput".to_owned(), units);
    }
    // A table that becomes provisioned needs units for its indexes with the same call.
    let updates: Vec<Value> = indexes(new)
        .iter()
        .filter(|(index, _)| indexes(old).contains_key(*index))
        .filter_map(|(index, wanted)| {
            let units = wanted.get("ProvisionedThroughput")?;
            Some(json!({"Update": {"IndexName": index, "ProvisionedThroughput": units}}))
        })
        .collect();
    if mode(old) != mode(new) && !updates.is_empty() {
        input.insert("GlobalSecondaryIndexUpdates".to_owned(), Value::Array(updates));
    }
    input
}

/// Makes the indexes those of the template, one after the other, each filled before the next one.
async fn change_indexes(
    cx: &mut Cx,
    name: &str,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
) -> Result<(), Failure> {
    let (old, wanted) = (indexes(old), indexes(new));
    if old == wanted {
        return Ok(());
    }
    // What is there counts: a repeated update has done some of this already.
    let table = described(cx, name).await?;
    let there = table["GlobalSecondaryIndexes"].as_array().cloned().unwrap_or_default();
    let names: Vec<String> =
        there.iter().filter_map(|index| index["IndexName"].as_str().map(str::to_owned)).collect();
    let is_same = |index: &str| {
        let shape = |index: &Value| (index["KeySchema"].clone(), index["Projection"].clone());
        match (old.get(index), wanted.get(index)) {
            (Some(old), Some(new)) => shape(old) == shape(new),
            (None, Some(_)) => true,
            _ => false,
        }
    };
    for index in names.iter().filter(|index| !is_same(index)) {
        let delete = json!([{"Delete": {"IndexName": index}}]);
        update_indexes(cx, name, None, delete).await?;
    }
    for (index, asked) in &wanted {
        let is_there = names.contains(index) && is_same(index);
        if !is_there {
            let definitions = property(new, "AttributeDefinitions");
            update_indexes(cx, name, definitions, json!([{"Create": asked}])).await?;
            jobs::finish_work(cx).await.map_err(cloud::ApiError::into_failure)?;
        } else if let Some(units) = asked.get("ProvisionedThroughput")
            && old.get(index).and_then(|old| old.get("ProvisionedThroughput")) != Some(units)
            && !there.iter().any(|there| there["IndexName"] == json!(index) && has_units(there, units))
        {
            let update = json!([{"Update": {"IndexName": index, "ProvisionedThroughput": units}}]);
            update_indexes(cx, name, None, update).await?;
        }
    }
    Ok(())
}

async fn update_indexes(
    cx: &mut Cx,
    name: &str,
    definitions: Option<Value>,
    updates: Value,
) -> Result<(), Failure> {
    let mut input = json!({"TableName": name, "GlobalSecondaryIndexUpdates": updates});
    if let Some(definitions) = definitions {
        input["AttributeDefinitions"] = definitions;
    }
    call(cx, "UpdateTable", input).await.map(|_| ())
}

/// Makes the stream that of the template. Another view means another stream.
pub(super) async fn change_stream(cx: &mut Cx, name: &str, new: &Map<String, Value>) -> Result<(), Failure> {
    let wanted = stream(new);
    let there = described(cx, name).await?["StreamSpecification"].clone();
    let there = (!there.is_null()).then_some(there);
    if there == wanted {
        return Ok(());
    }
    let off = json!({"StreamEnabled": false});
    for specification in there.map(|_| off).into_iter().chain(wanted) {
        let input = json!({"TableName": name, "StreamSpecification": specification});
        call(cx, "UpdateTable", input).await?;
    }
    Ok(())
}

async fn change_ttl(
    cx: &mut Cx,
    name: &str,
    old: Option<String>,
    new: Option<String>,
) -> Result<(), Failure> {
    if old == new {
        return Ok(());
    }
    let answer = call(cx, "DescribeTimeToLive", json!({"TableName": name})).await?;
    let there = answer["TimeToLiveDescription"]["AttributeName"].as_str().map(str::to_owned);
    if there == new {
        return Ok(());
    }
    for (attribute, is_enabled) in
        there.map(|there| (there, false)).into_iter().chain(new.map(|new| (new, true)))
    {
        let specification = json!({"AttributeName": attribute, "Enabled": is_enabled});
        let input = json!({"TableName": name, "TimeToLiveSpecification": specification});
        call(cx, "UpdateTimeToLive", input).await?;
    }
    Ok(())
}

async fn change_recovery(cx: &mut Cx, name: &str, old: &Value, new: &Value) -> Result<(), Failure> {
    if old == new {
        return Ok(());
    }
    let input = json!({"TableName": name, "PointInTimeRecoverySpecification": new});
    call(cx, "UpdateContinuousBackups", input).await.map(|_| ())
}

pub(super) async fn change_policy(
    cx: &mut Cx,
    name: &str,
    old: Option<String>,
    new: Option<String>,
) -> Result<(), Failure> {
    if old == new {
        return Ok(());
    }
    let arn = described(cx, name).await?["TableArn"].clone();
    match new {
        Some(policy) => {
            call(cx, "PutResourcePolicy", json!({"ResourceArn": arn, "Policy": policy})).await.map(|_| ())
        }
        None => call(cx, "DeleteResourcePolicy", json!({"ResourceArn": arn})).await.map(|_| ()),
    }
}

pub(super) async fn change_tags(
    cx: &mut Cx,
    name: &str,
    wanted: &BTreeMap<String, String>,
) -> Result<(), Failure> {
    let arn = described(cx, name).await?["TableArn"].clone();
    let answer = call(cx, "ListTagsOfResource", json!({"ResourceArn": arn})).await?;
    let there: BTreeMap<String, String> = answer["Tags"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|tag| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].as_str()?.to_owned())))
        .collect();
    if there == *wanted {
        return Ok(());
    }
    let gone: Vec<&String> = there.keys().filter(|key| !wanted.contains_key(*key)).collect();
    if !gone.is_empty() {
        call(cx, "UntagResource", json!({"ResourceArn": arn, "TagKeys": gone})).await?;
    }
    if !wanted.is_empty() {
        call(cx, "TagResource", json!({"ResourceArn": arn, "Tags": tag_list(wanted)})).await?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
