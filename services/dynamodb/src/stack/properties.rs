//! From properties of templates to requests of the API.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Members whose values are numbers; templates may write them as texts.
const NUMBERS: &[&str] = &[
    "ReadCapacityUnits",
    "WriteCapacityUnits",
    "MaxReadRequestUnits",
    "MaxWriteRequestUnits",
    "ReadUnitsPerSecond",
    "WriteUnitsPerSecond",
    "RecoveryPeriodInDays",
];
/// Members whose values are booleans.
const BOOLEANS: &[&str] =
    &["DeletionProtectionEnabled", "SSEEnabled", "Enabled", "PointInTimeRecoveryEnabled", "StreamEnabled"];

/// A value with texts made the numbers and booleans that the API wants.
pub(crate) fn typed(name: &str, value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), typed(name, value))).collect())
        }
        Value::Array(elements) => elements.iter().map(|element| typed(name, element)).collect(),
        Value::String(text) if NUMBERS.contains(&name) => {
            text.parse::<i64>().map_or_else(|_| value.clone(), Value::from)
        }
        Value::String(text) if BOOLEANS.contains(&name) => match text.as_str() {
            "true" => json!(true),
            "false" => json!(false),
            _ => value.clone(),
        },
        other => other.clone(),
    }
}

/// A property in the API's types.
pub(crate) fn property(properties: &Map<String, Value>, name: &str) -> Option<Value> {
    properties.get(name).filter(|value| !value.is_null()).map(|value| typed(name, value))
}

/// `StreamSpecification`: in a template, a stream that is there is enabled.
pub(crate) fn stream(properties: &Map<String, Value>) -> Option<Value> {
    let view = property(properties, "StreamSpecification")?.get("StreamViewType")?.clone();
    Some(json!({"StreamEnabled": true, "StreamViewType": view}))
}

/// `SSESpecification`: `SSEEnabled` is the API's `Enabled`.
pub(crate) fn encryption(properties: &Map<String, Value>) -> Option<Value> {
    let asked = property(properties, "SSESpecification")?;
    let mut encryption = Map::new();
    for (from, to) in
        [("SSEEnabled", "Enabled"), ("SSEType", "SSEType"), ("KMSMasterKeyId", "KMSMasterKeyId")]
    {
        if let Some(value) = asked.get(from) {
            encryption.insert(to.to_owned(), value.clone());
        }
    }
    Some(Value::Object(encryption))
}

/// The attribute by which items expire, if they do.
pub(crate) fn ttl(properties: &Map<String, Value>) -> Option<String> {
    let asked = property(properties, "TimeToLiveSpecification")?;
    let is_enabled = asked.get("Enabled") == Some(&json!(true));
    asked.get("AttributeName").and_then(Value::as_str).filter(|_| is_enabled).map(str::to_owned)
}

/// Point-in-time recovery as the API takes it.
pub(crate) fn recovery(properties: &Map<String, Value>) -> Value {
    let off = json!({"PointInTimeRecoveryEnabled": false});
    property(properties, "PointInTimeRecoverySpecification").unwrap_or(off)
}

/// The text of a resource policy.
pub(crate) fn policy(properties: &Map<String, Value>) -> Option<String> {
    property(properties, "ResourcePolicy")?.get("PolicyDocument").map(Value::to_string)
}

/// Global indexes by name.
pub(crate) fn indexes(properties: &Map<String, Value>) -> BTreeMap<String, Value> {
    let listed = property(properties, "GlobalSecondaryIndexes");
    let listed = listed.as_ref().and_then(Value::as_array).into_iter().flatten();
    listed
        .filter_map(|index| {
            let mut index = index.clone();
            if let Some(members) = index.as_object_mut() {
                members.remove("ContributorInsightsSpecification");
            }
            Some((index.get("IndexName")?.as_str()?.to_owned(), index))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_numbers_where_the_api_wants_them() {
        let properties = json!({
            "ProvisionedThroughput": {"ReadCapacityUnits": "5", "WriteCapacityUnits": 6},
            "TimeToLiveSpecification": {"AttributeName": "t", "Enabled": "true"},
        });
        let properties = properties.as_object().unwrap();
        let units = property(properties, "ProvisionedThroughput").unwrap();
        assert_eq!(units, json!({"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}));
        assert_eq!(ttl(properties).as_deref(), Some("t"));
        assert_eq!(recovery(properties), json!({"PointInTimeRecoveryEnabled": false}));
    }
}
