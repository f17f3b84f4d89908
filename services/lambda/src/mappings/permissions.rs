//! Whether a function's role may read a source, asked before a mapping is made, in AWS's words.

use cloud::prelude::*;
use serde_json::{Value, json};

use super::settings::Source;
use crate::error::Error;
use crate::keys::{Config, MappingRow};
use crate::{destinations, roles};

/// What reading a queue takes.
const QUEUE_CALLS: [&str; 3] = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"];
/// What reading a stream takes, besides DescribeStream, which is called.
const STREAM_CALLS: [&str; 2] = ["GetRecords", "GetShardIterator"];

/// Refuses a mapping whose source is not there, or that the function's role may not read.
pub(super) async fn check(
    cx: &mut Cx,
    row: &MappingRow,
    source: Source,
    config: &Config,
) -> Result<(), Error> {
    let arn: Arn = row.source.parse().map_err(Failure::internal)?;
    let reader = roles::caller(cx.cloud(), &config.role, &row.name, &row.region).await?;
    match source {
        Source::Queue { .. } => queue(cx, &arn, reader, config).await?,
        Source::DynamoDb => {
            let words = "GetRecords, GetShardIterator, DescribeStream, and ListStreams";
            stream(cx, &arn, reader, ("dynamodbstreams", "StreamArn", words)).await?;
        }
        Source::Kinesis => {
            let words = "GetRecords, GetShardIterator, DescribeStream, ListShards, and ListStreams";
            stream(cx, &arn, reader, ("kinesis", "StreamARN", words)).await?;
        }
    }
    match &row.on_failure {
        Some(arn) => destinations::check(cx, &row.function(), &config.role, arn).await,
        None => Ok(()),
    }
}

async fn queue(
    cx: &mut Cx,
    arn: &Arn,
    reader: Option<cloud::caller::Caller>,
    config: &Config,
) -> Result<(), Error> {
    // AWS's text, as many projects quote it.
    let denied = |call: &str| {
        Error::invalid(format!("The function execution role does not have permissions to call {call} on SQS"))
    };
    let reader = reader.ok_or_else(|| denied(QUEUE_CALLS[0]))?;
    if arn.region() != cx.region() {
        return Err(Error::invalid(format!("The queue {arn} is in another region than the function.")));
    }
    let url = format!("/{}/{}", arn.account(), arn.resource());
    // The platform reads what the decision needs: the policy of the queue.
    let platform = {
        let mut caller = cx.caller().clone();
        caller.principal = cloud::caller::Principal::Root;
        caller.account = arn.account().into();
        caller.session = None;
        caller
    };
    let input = json!({"QueueUrl": url, "AttributeNames": ["VisibilityTimeout", "Policy"]});
    let asked = cx.call_json(platform, "sqs", "GetQueueAttributes", &input).await;
    let attributes = match asked {
        Ok(answer) => answer["Attributes"].clone(),
        Err(failure) if failure.status() >= 500 => return Err(failure.into()),
        // Recorded: LocalStack tests/aws/services/lambda_/event_source_mapping, as its provider words it.
        Err(failure) => {
            return Err(Error::invalid(format!(
                "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: {}",
                failure.message()
            )));
        }
    };
    let policy = attributes["Policy"].as_str();
    for call in QUEUE_CALLS {
        let action = format!("sqs:{call}");
        let mut as_role = cx.act_as(reader.clone());
        match as_role.require_with(&action, &Resource::One(arn.clone()), policy, &Vec::new()).await {
            Ok(()) => {}
            Err(failure) if failure.status() >= 500 => return Err(failure.into()),
            Err(_) => return Err(denied(call)),
        }
    }
    let visibility = attributes["VisibilityTimeout"].as_str().and_then(|text| text.parse::<u32>().ok());
    match visibility {
        // AWS's text, as many projects quote it.
        Some(visibility) if visibility < config.timeout_seconds => Err(Error::invalid(format!(
            "Queue visibility timeout: {visibility} seconds is less than Function timeout: {} seconds",
            config.timeout_seconds
        ))),
        _ => Ok(()),
    }
}

/// `kind` is the service, the member that names the stream, and AWS's list of actions.
async fn stream(
    cx: &mut Cx,
    arn: &Arn,
    reader: Option<cloud::caller::Caller>,
    (service, member, words): (&str, &str, &str),
) -> Result<(), Error> {
    if cx.cloud().registry().operation(service, "DescribeStream").is_none() {
        return Err(Error::unsupported(&format!("An event source mapping from the service {service}")));
    }
    // AWS's text, as many projects quote it.
    let denied = || {
        Error::invalid(format!(
            "Cannot access stream {arn}. Please ensure the role can perform the {words} Actions on your stream in IAM."
        ))
    };
    let reader = reader.ok_or_else(denied)?;
    let (stream, _consumer) = arn.as_str().split_once("/consumer/").unwrap_or((arn.as_str(), ""));
    let input: Value = json!({member: stream, "Limit": 1});
    match cx.call_json(reader.clone(), service, "DescribeStream", &input).await {
        Ok(_) => {}
        Err(failure) if failure.status() >= 500 => return Err(failure.into()),
        Err(failure) if failure.code() == "ResourceNotFoundException" => {
            return Err(Error::invalid(format!("Stream not found: {arn}")));
        }
        Err(_) => return Err(denied()),
    }
    let stream: Arn = stream.parse().map_err(Failure::internal)?;
    for call in STREAM_CALLS {
        let action = format!("{}:{call}", arn.service());
        match cx.act_as(reader.clone()).require(&action, &Resource::One(stream.clone()), &Vec::new()).await {
            Ok(()) => {}
            Err(failure) if failure.status() >= 500 => return Err(failure.into()),
            Err(_) => return Err(denied()),
        }
    }
    Ok(())
}
