//! `sqs`: an event source mapping for a queue.

use serde_json::{Value, json};

use super::super::cfn::{get, present, take};
use super::super::config::{Config, Function, source_name};
use super::super::names;
use super::super::output::Output;

const BATCH_SIZE_DEFAULT: u64 = 10;

pub(super) fn compile(config: &Config, out: &mut Output) {
    let mut arns = Vec::new();
    for function in &config.functions {
        for (index, event) in function.events_of("sqs") {
            let arn = get(event, "arn").unwrap_or(event);
            let Some(queue) = source_name(arn, ':') else {
                super::refuse(
                    config,
                    out,
                    (&function.key, index, "sqs"),
                    &["arn"],
                    "this does not name a queue",
                );
                continue;
            };
            let id =
                format!("{}EventSourceMappingSQS{}", names::part(&function.key), names::alphanumeric(&queue));
            out.put(id, mapping(config, function, event, arn));
            arns.push(arn.clone());
        }
    }
    if !arns.is_empty() {
        out.allow(json!({
            "Effect": "Allow",
            "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            "Resource": arns,
        }));
    }
}

fn mapping(config: &Config, function: &Function, event: &Value, arn: &Value) -> Value {
    let properties = json!({
        "BatchSize": take(event, "batchSize").cloned().unwrap_or_else(|| json!(BATCH_SIZE_DEFAULT)),
        "MaximumBatchingWindowInSeconds": get(event, "maximumBatchingWindow"),
        "EventSourceArn": arn,
        "FunctionName": function.target(),
        "Enabled": get(event, "enabled").cloned().unwrap_or_else(|| json!(true)),
        "FunctionResponseTypes": get(event, "functionResponseType").map(|kind| json!([kind])),
        "FilterCriteria": super::filter_criteria(event),
        "ScalingConfig": take(event, "maximumConcurrency").map(|most| json!({ "MaximumConcurrency": most })),
    });
    json!({
        "Type": "AWS::Lambda::EventSourceMapping",
        "DependsOn": config.mapping_waits_for(function),
        "Properties": present(properties),
    })
}
