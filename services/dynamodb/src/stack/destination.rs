//! `KinesisStreamSpecification`: the stream of Kinesis that gets the table's changes.

use cloud::prelude::*;
use serde_json::{Map, Value, json};

use super::properties::property;
use super::table::call;

const PRECISION: &str = "ApproximateCreationDateTimePrecision";

/// Makes the destination that of the template.
pub(super) async fn change(
    cx: &mut Cx,
    name: &str,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
) -> Result<(), Failure> {
    const PROPERTY: &str = "KinesisStreamSpecification";
    let wanted = property(new, PROPERTY);
    if property(old, PROPERTY) == wanted && wanted.is_none() {
        return Ok(());
    }
    // What is there counts: a repetition has done some of this already.
    let there = described(cx, name).await?.into_iter().find(|there| there["DestinationStatus"] == "ACTIVE");
    let wanted = match (there, wanted) {
        (Some(there), Some(wanted)) if there["StreamArn"] == wanted["StreamArn"] => {
            return change_precision(cx, name, &there, &wanted).await;
        }
        (Some(there), wanted) => {
            let input = json!({"TableName": name, "StreamArn": there["StreamArn"]});
            call(cx, "DisableKinesisStreamingDestination", input).await?;
            wanted
        }
        (None, wanted) => wanted,
    };
    match wanted {
        Some(wanted) => enable(cx, name, &wanted).await,
        None => Ok(()),
    }
}

async fn described(cx: &mut Cx, name: &str) -> Result<Vec<Value>, Failure> {
    let answer = call(cx, "DescribeKinesisStreamingDestination", json!({"TableName": name})).await?;
    Ok(answer["KinesisDataStreamDestinations"].as_array().cloned().unwrap_or_default())
}

async fn enable(cx: &mut Cx, name: &str, wanted: &Value) -> Result<(), Failure> {
    let mut input = json!({"TableName": name, "StreamArn": wanted["StreamArn"]});
    if let Some(precision) = wanted.get(PRECISION) {
        input["EnableKinesisStreamingConfiguration"] = json!({PRECISION: precision});
    }
    call(cx, "EnableKinesisStreamingDestination", input).await?;
    let there = described(cx, name).await?;
    let failed = there.iter().find(|there| {
        there["StreamArn"] == wanted["StreamArn"] && there["DestinationStatus"] == "ENABLE_FAILED"
    });
    match failed {
        None => Ok(()),
        Some(failed) => {
            let why = failed["DestinationStatusDescription"].as_str().unwrap_or("it could not be enabled");
            Err(Failure::new("ValidationException", 400, format!("Kinesis streaming destination: {why}")))
        }
    }
}

async fn change_precision(cx: &mut Cx, name: &str, there: &Value, wanted: &Value) -> Result<(), Failure> {
    let default = json!("MILLISECOND");
    let precision = wanted.get(PRECISION).unwrap_or(&default);
    if there.get(PRECISION).unwrap_or(&default) == precision {
        return Ok(());
    }
    let input = json!({
        "TableName": name, "StreamArn": there["StreamArn"],
        "UpdateKinesisStreamingConfiguration": {PRECISION: precision},
    });
    call(cx, "UpdateKinesisStreamingDestination", input).await.map(drop)
}
