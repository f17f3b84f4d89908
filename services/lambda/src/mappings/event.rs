//! What functions get from a mapping, what their answers mean, and what is told of records that were given up. Pure.

use cloud::arn::Arn;
use cloud::feed::{Batch, Lost, Outcome};
use serde_json::{Value, json};

use crate::keys::MappingRow;
use crate::time;

/// The event of a batch.
pub(super) fn payload(row: &MappingRow, batch: &Batch) -> String {
    let records = batch.json();
    let Some(window) = &batch.window else { return ["{\"Records\":", &records, "}"].concat() };
    // The shape of "Tumbling windows" (services-kinesis-windows.html).
    let mut event = json!({
        "window": {"start": instant(window.start_millis), "end": instant(window.end_millis)},
        "state": window.state,
        "shardId": batch.shard,
        "eventSourceARN": row.source,
        "isFinalInvokeForWindow": window.is_final,
        "isWindowTerminatedEarly": window.is_early,
    })
    .to_string();
    event.pop();
    [&event, ",\"Records\":", &records, "}"].concat()
}

/// What an answer without an error means.
pub(super) fn outcome(row: &MappingRow, batch: &Batch, answer: &[u8], detail: Value) -> Outcome {
    let answer: Value = match answer {
        [] => Value::Null,
        text => match serde_json::from_slice(text) {
            Ok(answer) => answer,
            Err(_) => return Outcome::Failed { detail },
        },
    };
    if row.reports_failures {
        match failures(&answer) {
            Some(ids) if ids.is_empty() => {}
            Some(ids) => return Outcome::Partial { ids, detail },
            None => return Outcome::Failed { detail },
        }
    }
    if batch.window.is_none() {
        return Outcome::Done { state: None };
    }
    match answer.get("state") {
        Some(state) => Outcome::Done { state: Some(state.clone()) },
        // Nothing comes after the last batch of a window, so it needs no state.
        None if batch.window.as_ref().is_some_and(|window| window.is_final) => Outcome::Done { state: None },
        // "If the response does not contain a state property, Lambda considers this a failed invocation."
        None => Outcome::Failed { detail },
    }
}

/// The records that an answer reports as failed; none when the answer itself makes the batch a failure.
///
/// The lists of both are in services-sqs-errorhandling.html, "Success and failure conditions".
fn failures(answer: &Value) -> Option<Vec<String>> {
    let answer = match answer {
        Value::Null => return Some(Vec::new()),
        Value::Object(answer) => answer,
        _ => return None,
    };
    match answer.get("batchItemFailures") {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::Array(failures)) => {
            let ids = failures.iter().map(|failure| failure.get("itemIdentifier")?.as_str());
            ids.map(|id| id.filter(|id| !id.is_empty()).map(str::to_string)).collect()
        }
        Some(_) => None,
    }
}

/// The record that destinations get of records that were given up (kinesis-on-failure-destination.html,
/// services-ddb-batchfailurereporting.html; recorded: LocalStack
/// test_dynamodb_event_source_mapping_with_on_failure_destination_config).
pub(super) fn lost(
    row: &MappingRow,
    source: &Arn,
    lost: &Lost<'_>,
    request_id: &str,
    now_millis: i64,
) -> Value {
    let id = lost.detail["requestId"].as_str().unwrap_or(request_id);
    let (first, last) = (lost.records.first(), lost.records.last());
    let info = json!({
        "shardId": lost.shard,
        "startSequenceNumber": first.map(|record| &record.id),
        "endSequenceNumber": last.map(|record| &record.id),
        "approximateArrivalOfFirstRecord": first.map(|record| instant(record.at_millis)),
        "approximateArrivalOfLastRecord": last.map(|record| instant(record.at_millis)),
        "batchSize": lost.records.len(),
        "streamArn": source.as_str(),
    });
    let name = if source.service() == "kinesis" { "KinesisBatchInfo" } else { "DDBStreamBatchInfo" };
    let mut record = json!({
        "requestContext": {
            "requestId": id,
            "functionArn": row.function().qualified_arn().as_str(),
            "condition": lost.condition,
            "approximateInvokeCount": lost.attempts,
        },
        "version": "1.0",
        "timestamp": time::iso_millis(now_millis),
        name: info,
    });
    if lost.detail.is_object() {
        let mut context = json!({"statusCode": 200, "executedVersion": lost.detail["executedVersion"]});
        if let Some(error) = lost.detail["functionError"].as_str() {
            context["functionError"] = json!(error);
        }
        record["responseContext"] = context;
    }
    record
}

/// As Java writes an instant: without the milliseconds when there are none.
fn instant(millis: i64) -> String {
    let text = time::iso_millis(millis);
    match text.strip_suffix(".000Z") {
        Some(whole) => [whole, "Z"].concat(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_report_failures() {
        // services-sqs-errorhandling.html: success for an empty or null list, an empty or null answer; failure for a bad
        // key, an empty or null id. Recorded: LocalStack test_report_batch_item_failures_invalid_result_json_batch_fails,
        // test_report_batch_item_failures_empty_json_batch_succeeds.
        let ids = |answer: Value| failures(&answer);
        for success in
            [json!(null), json!({}), json!({"batchItemFailures": []}), json!({"batchItemFailures": null})]
        {
            assert_eq!(ids(success), Some(vec![]));
        }
        for failure in [
            json!({"batchItemFailures": [{"itemIdentifier": ""}]}),
            json!({"batchItemFailures": [{"itemIdentifier": null}]}),
            json!({"batchItemFailures": [{"foo": "a"}]}),
            json!("text"),
        ] {
            assert_eq!(ids(failure), None);
        }
        let some = json!({"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "b"}]});
        assert_eq!(ids(some), Some(vec!["a".to_string(), "b".to_string()]));
    }

    #[test]
    fn whole_seconds_have_no_milliseconds() {
        assert_eq!(instant(1_657_720_081_000), "2022-07-13T13:48:01Z");
        assert_eq!(instant(1_657_720_081_250), "2022-07-13T13:48:01.250Z");
    }
}
