//! `stream`: an event source mapping for a DynamoDB or Kinesis stream.

use serde_json::{Value, json};

use super::super::cfn::{get, present, reference, take, text};
use super::super::config::{Config, Function, source_name};
use super::super::names;
use super::super::output::Output;

const BATCH_SIZE_DEFAULT: u64 = 10;

/// The statements of one function, in the order in which they are added.
#[derive(Default)]
struct Access {
    dynamodb: Vec<Value>,
    kinesis: Vec<Value>,
    kinesis_of_consumers: Vec<Value>,
    consumers: Vec<Value>,
    topics: Vec<Value>,
    queues: Vec<Value>,
}

pub(super) fn compile(config: &Config, out: &mut Output) {
    for function in &config.functions {
        let mut access = Access::default();
        for (index, event) in function.events_of("stream") {
            if let Err((key, message)) = put(config, function, out, event, &mut access) {
                super::refuse(config, out, (&function.key, index, "stream"), &[key], message);
            }
        }
        access.add(out);
    }
}

fn put(
    config: &Config,
    function: &Function,
    out: &mut Output,
    event: &Value,
    access: &mut Access,
) -> Result<(), (&'static str, String)> {
    let arn = get(event, "arn").unwrap_or(event);
    let named = text(event, "type").or_else(|| arn.as_str().and_then(|arn| arn.split(':').nth(2)));
    let kind =
        named.ok_or(("type", "a stream that an intrinsic function names needs a `type`".to_owned()))?;
    let name = source_name(arn, '/').ok_or(("arn", "this does not name a stream".to_owned()))?;
    let consumer = take(event, "consumer");
    match kind {
        "dynamodb" => access.dynamodb.push(arn.clone()),
        _ if consumer.is_some() => access.kinesis_of_consumers.push(arn.clone()),
        _ => access.kinesis.push(arn.clone()),
    }
    let mut mapping = json!({
        "Type": "AWS::Lambda::EventSourceMapping",
        "DependsOn": config.mapping_waits_for(function),
        "Properties": properties(function, event, arn, access)?,
    });
    if let Some(consumer) = consumer.filter(|_| kind == "kinesis") {
        consume(config, function, out, event, (&name, arn, consumer), &mut mapping, access)?;
    }
    let kind = format!("{}{}", names::upper_first(kind), names::alphanumeric(&name));
    out.put(format!("{}EventSourceMapping{kind}", names::part(&function.key)), mapping);
    Ok(())
}

fn properties(
    function: &Function,
    event: &Value,
    arn: &Value,
    access: &mut Access,
) -> Result<Value, (&'static str, String)> {
    let destination = match deep_destination(event) {
        Some(destination) => {
            let arn = get(destination, "arn").unwrap_or(destination);
            let kind =
                text(destination, "type").or_else(|| arn.as_str().and_then(|arn| arn.split(':').nth(2)));
            match kind {
                Some("sns") => access.topics.push(arn.clone()),
                Some(_) => access.queues.push(arn.clone()),
                None => {
                    return Err(("destinations", "the destination needs a `type`: sns or sqs".to_owned()));
                }
            }
            Some(json!({ "OnFailure": { "Destination": arn } }))
        }
        None => None,
    };
    Ok(present(json!({
        "BatchSize": take(event, "batchSize").cloned().unwrap_or_else(|| json!(BATCH_SIZE_DEFAULT)),
        "Enabled": get(event, "enabled").cloned().unwrap_or_else(|| json!(true)),
        "EventSourceArn": arn,
        "FunctionName": function.target(),
        "ParallelizationFactor": take(event, "parallelizationFactor"),
        "StartingPosition": take(event, "startingPosition").cloned().unwrap_or_else(|| json!("TRIM_HORIZON")),
        "MaximumBatchingWindowInSeconds": get(event, "batchWindow"),
        "MaximumRetryAttempts": get(event, "maximumRetryAttempts"),
        "BisectBatchOnFunctionError": get(event, "bisectBatchOnFunctionError"),
        "FunctionResponseTypes": get(event, "functionResponseType").map(|kind| json!([kind])),
        "MaximumRecordAgeInSeconds": take(event, "maximumRecordAgeInSeconds"),
        "TumblingWindowInSeconds": get(event, "tumblingWindowInSeconds"),
        "DestinationConfig": destination,
        "FilterCriteria": super::filter_criteria(event),
    })))
}

fn deep_destination(event: &Value) -> Option<&Value> {
    super::super::cfn::deep(event, &["destinations", "onFailure"])
}

/// A consumer with a throughput of its own.
fn consume(
    config: &Config,
    function: &Function,
    out: &mut Output,
    event: &Value,
    stream: (&str, &Value, &Value),
    mapping: &mut Value,
    access: &mut Access,
) -> Result<(), (&'static str, String)> {
    let (name, stream_arn, consumer) = stream;
    let arn = if consumer.is_boolean() {
        let own = config.provider(&["kinesis", "consumerNamingMode"]).is_some();
        let service = if own { format!("{}{}", config.name(), config.stage()) } else { String::new() };
        let name = format!("{}{name}{service}Consumer", function.key);
        let id = format!("{}StreamConsumer", names::part(&name));
        let properties = json!({ "StreamARN": stream_arn, "ConsumerName": name });
        out.put(id.clone(), json!({ "Type": "AWS::Kinesis::StreamConsumer", "Properties": properties }));
        if let Some(depends_on) = mapping["DependsOn"].as_array_mut() {
            depends_on.push(json!(id));
        }
        reference(&id)
    } else {
        consumer.clone()
    };
    mapping["Properties"]["EventSourceArn"] = arn.clone();
    access.consumers.push(arn);
    let timestamp = take(event, "startingPositionTimestamp");
    if text(event, "startingPosition") == Some("AT_TIMESTAMP") && timestamp.is_none() {
        return Err(("startingPosition", "AT_TIMESTAMP needs a `startingPositionTimestamp`".to_owned()));
    }
    if let Some(timestamp) = timestamp {
        mapping["Properties"]["StartingPositionTimestamp"] = timestamp.clone();
    }
    Ok(())
}

impl Access {
    fn add(self, out: &mut Output) {
        const DYNAMODB: &[&str] = &[
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:DescribeStream",
            "dynamodb:ListStreams",
        ];
        const KINESIS: &[&str] = &[
            "kinesis:GetRecords",
            "kinesis:GetShardIterator",
            "kinesis:DescribeStream",
            "kinesis:ListStreams",
        ];
        const KINESIS_OF_CONSUMERS: &[&str] = &[
            "kinesis:GetRecords",
            "kinesis:GetShardIterator",
            "kinesis:DescribeStreamSummary",
            "kinesis:ListShards",
        ];
        let statements: [(&[&str], Vec<Value>); 6] = [
            (DYNAMODB, self.dynamodb),
            (KINESIS, self.kinesis),
            (KINESIS_OF_CONSUMERS, self.kinesis_of_consumers),
            (&["kinesis:SubscribeToShard"], self.consumers),
            (&["sns:Publish"], self.topics),
            (&["sqs:ListQueues", "sqs:SendMessage"], self.queues),
        ];
        for (actions, resources) in statements {
            if !resources.is_empty() {
                out.allow(json!({ "Effect": "Allow", "Action": actions, "Resource": resources }));
            }
        }
    }
}
