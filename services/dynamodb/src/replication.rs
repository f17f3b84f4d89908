//! The way of changes to Kinesis.
//!
//! A write to a table with a destination appends its change to a log of the stream, in its own transaction. A job reads
//! the logs in order and puts their changes into Kinesis; what Kinesis takes leaves the log in the same transaction. So a
//! change arrives once, and the changes of an item in the order in which they were made. The records are put as the
//! service-linked role of the account, which the first destination makes.
//!
//! Differs from AWS: no change comes twice or out of order (AWS: "may appear more than once", "in a different order").

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud::ApiError as _;
use cloud::caller::Caller;
use cloud::identity::record::{self as identity, Role};
use cloud::job::{Job, Progress};
use cloud::lease::Lease;
use cloud::operation::BoxFuture;
use cloud::prelude::*;
use cloud::role;
use serde_json::{Value as Json, json};
use store::{Stamp, Tx, keyspace};

use crate::destination::Precision;
use crate::error::Error;
use crate::keys;
use crate::limits::{REPLICATED_BYTES_MAX, REPLICATED_MAX, UNREPLICATED_MILLIS};
use crate::record::{self, Unreplicated};
use crate::request;
use crate::transfers::PRINCIPAL;

/// The service that puts the records.
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds_iam.html>
const REPLICATOR: &str = "kinesisreplication.dynamodb.amazonaws.com";
/// Its role.
const ROLE: &str = "AWSServiceRoleForDynamoDBKinesisDataStreamsReplication";
/// Between two looks for changes, while there are some.
const EVERY_MILLIS: i64 = 100;
/// How long a stream that refuses is left alone, at first and at last; the time doubles.
const PAUSE_MILLIS: i64 = 100;
const PAUSE_MILLIS_MAX: i64 = 30 * 1000;
/// Entries that are read at once: each may be as large as two items.
const READ_ROWS: usize = 25;
/// One node at a time puts records.
const LEASE: &str = "dynamodb/replication";

/// Brings changes to Kinesis.
pub(crate) const REPLICATION: Job = Job {
    name: "dynamodb/replication",
    every_millis: EVERY_MILLIS,
    timer: None,
    news: &[keyspace::DYNAMODB_UNREPLICATED],
    run: |cx| -> BoxFuture<'_, Result<Progress, Failure>> { Box::pin(replicate(cx)) },
};

/// Streams that refused of late.
#[derive(Default)]
struct Waiting {
    paused: Mutex<HashMap<String, Pause>>,
}

/// A stream is left alone for a while.
#[derive(Clone, Copy, Debug)]
struct Pause {
    until_millis: i64,
    millis: i64,
}

impl Waiting {
    fn is_paused(&self, stream_arn: &str, now: i64) -> bool {
        let paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        paused.get(stream_arn).is_some_and(|pause| pause.until_millis > now)
    }

    fn pause(&self, stream_arn: &str, now: i64) {
        let mut paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        let before = paused.get(stream_arn).map_or(PAUSE_MILLIS / 2, |pause| pause.millis);
        let millis = (before * 2).min(PAUSE_MILLIS_MAX);
        paused.insert(stream_arn.to_owned(), Pause { until_millis: now + millis, millis });
    }

    fn go_on(&self, stream_arn: &str) {
        self.paused.lock().unwrap_or_else(PoisonError::into_inner).remove(stream_arn);
    }
}

async fn replicate(cx: &mut Cx) -> Result<Progress, Failure> {
    let waiting = cx.state::<Waiting>();
    let streams = streams(cx).await.map_err(Error::into_failure)?;
    if streams.is_empty() {
        return Ok(Progress::Done);
    }
    let now = cx.now().millis();
    // What cannot be done now is looked at the next time.
    let later = Progress::At(now);
    let due: Vec<String> = streams.into_iter().filter(|stream| !waiting.is_paused(stream, now)).collect();
    if due.is_empty() {
        return Ok(later);
    }
    // Another node takes over when this one dies.
    let Some(_lease) = Lease::take(cx.cloud(), LEASE).await? else { return Ok(later) };
    let mut progress = later;
    for stream_arn in due {
        let caller = cx.caller().clone();
        let input = json!({"StreamArn": stream_arn});
        match cx.call_json(caller, "dynamodb", "ReplicateChanges", &input).await {
            Ok(answer) => {
                waiting.go_on(&stream_arn);
                if answer["IsMore"] == json!(true) {
                    progress = Progress::More;
                }
            }
            Err(failure) => {
                tracing::debug!(stream = stream_arn, %failure, "changes wait for a stream of Kinesis");
                waiting.pause(&stream_arn, cx.now().millis());
            }
        }
    }
    Ok(progress)
}

/// The streams of Kinesis that miss changes.
async fn streams(cx: &Cx) -> Result<Vec<String>, Error> {
    let view = cx.snapshot().await?;
    let mut streams: Vec<String> = Vec::new();
    while let Some(next) = keys::next_unreplicated(&view, streams.last().map(String::as_str)).await? {
        streams.push(next);
    }
    Ok(streams)
}

/// The lease, where this node has it and still has it when the transaction commits.
pub(crate) async fn lease(cx: &mut Cx) -> Result<Option<Lease>, Error> {
    let Some(lease) = Lease::take(cx.cloud(), LEASE).await? else { return Ok(None) };
    Ok(lease.guard(cx.tx()).await?.then_some(lease))
}

/// The changes that go together.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// How many of the first changes are too old; then there are no others in it.
    pub(crate) lost: usize,
    /// The records of the others.
    pub(crate) records: Vec<Json>,
    /// The end of each change in the log.
    pub(crate) ends: Vec<Stamp>,
    /// Whether more changes wait behind these.
    pub(crate) is_more: bool,
}

impl Batch {
    /// The first changes of a stream.
    pub(crate) async fn read(tx: &Tx, stream: &Arn, now_millis: i64) -> Result<Self, Error> {
        let log = keys::unreplicated(stream.as_str());
        let (mut batch, mut after, mut bytes) = (Self::default(), None, 0);
        while !batch.is_more {
            let entries = record::read(tx, &log, after, READ_ROWS).await?;
            let is_end = entries.len() < READ_ROWS;
            for entry in entries {
                let change = Unreplicated::decode(&entry.payload)?;
                let is_lost = change.record.at_millis < now_millis - UNREPLICATED_MILLIS;
                let is_full = batch.ends.len() == REPLICATED_MAX || bytes > REPLICATED_BYTES_MAX;
                if is_full || (batch.lost > 0 && !is_lost) {
                    batch.is_more = true;
                    break;
                }
                if is_lost && batch.records.is_empty() {
                    batch.lost += 1;
                } else {
                    // Control characters make a record of JSON several times as long as what is stored.
                    let data = record_of(stream, entry.stamp, &change).to_string();
                    bytes += data.len();
                    batch.records.push(request_entry(&change, &data));
                }
                batch.ends.push(entry.last);
                after = Some(entry.last);
            }
            if is_end {
                break;
            }
        }
        Ok(batch)
    }
}

/// A change as PutRecords takes it. The changes of an item have one partition key, so that they stay in order.
/// It looks as on AWS, 32 hexadecimal digits (LocalStack, `test_enable_kinesis_streaming_destination`).
fn request_entry(change: &Unreplicated, data: &str) -> Json {
    let keys = ddbexpr::stored::encode(&change.record.keys);
    let item = [change.table.as_bytes(), &[0], &keys[..]].concat();
    json!({"Data": STANDARD.encode(data), "PartitionKey": keys::digest_hex(&item).to_uppercase()})
}

/// The record of a change. Its form is that of records of DynamoDB in `crate/commons-codec`
/// (tests/transform/test_dynamodb_cdc.py) and, without a precision, in older ones of 2022.
fn record_of(stream: &Arn, place: Stamp, change: &Unreplicated) -> Json {
    let record = &change.record;
    let millis = record.at_millis;
    let at = if change.precision == Some(Precision::Microsecond) { millis * 1000 } else { millis };
    let mut changed = json!({"ApproximateCreationDateTime": at, "Keys": request::write(&record.keys)});
    for (name, image) in [("NewImage", &record.new), ("OldImage", &record.old)] {
        if let Some(image) = image {
            changed[name] = request::write(image);
        }
    }
    changed["SizeBytes"] = json!(record.size_bytes());
    if let Some(precision) = change.precision {
        changed["ApproximateCreationDateTimePrecision"] = json!(precision.as_str());
    }
    let identity = json!({"principalId": PRINCIPAL, "type": "Service"});
    json!({
        "awsRegion": stream.region(),
        "eventID": event_id(stream, place),
        "eventName": record.event.name(),
        "userIdentity": if record.by_expiry { identity } else { Json::Null },
        "recordFormat": "application/json",
        "tableName": change.table,
        "dynamodb": changed,
        "eventSource": "aws:dynamodb",
    })
}

/// The id of a record, a UUID, which is the same when the record is made again.
fn event_id(stream: &Arn, place: Stamp) -> String {
    let digest = digest::digest(&digest::SHA256, &[stream.as_str().as_bytes(), &place.0].concat());
    let mut bytes: [u8; 16] = digest.as_ref()[..16].try_into().expect("a SHA-256 digest has 32 bytes");
    // Version 4, as AWS's ids are, of the usual variant.
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = keys::hex(&bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The role that puts the records, as a caller.
pub(crate) async fn replicator(cx: &Cx, stream: &Arn) -> Result<Caller, Failure> {
    let service = Caller::service(REPLICATOR, stream.account(), stream.region(), None);
    role::assume(cx, &service, &role_arn(stream.account()), &cx.new_id()).await
}

fn role_arn(account: &str) -> String {
    format!("arn:aws:iam::{account}:role/aws-service-role/{REPLICATOR}/{ROLE}")
}

/// Makes the role that puts the records, where the account has none yet. The caller must be allowed to.
pub(crate) async fn ensure_role(cx: &mut Cx) -> Result<(), Failure> {
    let key = identity::key(cx.account(), ROLE);
    if cx.get::<Role>(key).await?.is_some() {
        return Ok(());
    }
    let caller = cx.caller().via(PRINCIPAL);
    let input = json!({"AWSServiceName": REPLICATOR});
    match cx.call_json(caller, "iam", "CreateServiceLinkedRole", &input).await {
        // IAM has another word for it than DynamoDB.
        Err(failure) if failure.code() == "AccessDenied" => {
            Err(Failure::new("AccessDeniedException", 400, failure.message()))
        }
        made => made.map(drop),
    }
}

/// Why a stream cannot be a destination, in the words of `DestinationStatusDescription`; none when it can. What the caller
/// may do with the stream decides, too.
pub(crate) async fn refusal(cx: &mut Cx, stream_arn: &str) -> Result<Option<&'static str>, Failure> {
    const NOT_PERMITTED: &str = "User does not have a permission to use kinesis stream";
    const ELSEWHERE: &str = "The kinesis Arn used to enable kinesis replication belongs to a stream which is not in the current region";
    const NOT_ACTIVE: &str =
        "The kinesis Arn used to enable kinesis replication belongs to a stream which is not in Active state";
    let arn: Option<Arn> = stream_arn.parse().ok();
    let Some(arn) = arn.filter(|arn| arn.service() == "kinesis") else { return Ok(Some(NOT_PERMITTED)) };
    if arn.region() != cx.region() {
        return Ok(Some(ELSEWHERE));
    }
    if arn.account() != cx.account() {
        return Ok(Some(NOT_ACTIVE));
    }
    if !arn.resource().starts_with("stream/") || arn.resource().contains("/consumer/") {
        return Ok(Some(NOT_PERMITTED));
    }
    let resources = [("kinesis:PutRecords", Resource::One(arn)), ("kinesis:ListStreams", Resource::Any)];
    for (action, resource) in resources {
        if let Err(failure) = cx.require(action, &resource, &Conditions::new()).await {
            return refused(failure).map(|()| Some(NOT_PERMITTED));
        }
    }
    let caller = cx.caller().via(PRINCIPAL);
    let input = json!({"StreamARN": stream_arn});
    match cx.call_json(caller, "kinesis", "DescribeStream", &input).await {
        Err(failure) => refused(failure).map(|()| Some(NOT_PERMITTED)),
        Ok(answer) => match answer["StreamDescription"]["StreamStatus"].as_str() {
            Some("ACTIVE" | "UPDATING") => Ok(None),
            Some("CREATING") => Ok(Some(NOT_PERMITTED)),
            _ => Ok(Some(NOT_ACTIVE)),
        },
    }
}

/// Lets a failure through that is no refusal.
fn refused(failure: Failure) -> Result<(), Failure> {
    let is_refusal = (400..500).contains(&failure.status()) && !failure.is_conflict();
    if is_refusal { Ok(()) } else { Err(failure) }
}

#[cfg(test)]
mod tests;
