//! ReplicateChanges: what the job of replication does, as an operation, so that records come into Kinesis and leave the
//! log in one transaction. It has no place in the API.

use cloud::caller::Caller;
use cloud::prelude::*;
use serde_json::{Value as Json, json};

use crate::error::Error;
use crate::keys;
use crate::replication::{self, Batch};

#[derive(Shape)]
pub(crate) struct Input {
    stream_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    /// Whether more changes wait.
    is_more: bool,
}

/// Puts the first changes that a stream of Kinesis misses.
pub(crate) struct ReplicateChanges;

impl Operation for ReplicateChanges {
    const NAME: &'static str = "ReplicateChanges";
    const KIND: Kind = Kind::Write;
    const INTERNAL: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let Some(_lease) = replication::lease(cx).await? else { return Ok(Output { is_more: false }) };
        let stream: Arn = input.stream_arn.parse().map_err(Failure::internal)?;
        let now_millis = cx.now().millis();
        cx.tx().dont_conflict(keys::unreplicated_range(&input.stream_arn));
        let batch = Batch::read(cx.tx(), &stream, now_millis).await?;
        let done = if batch.lost > 0 {
            tracing::warn!(
                stream = input.stream_arn,
                batch.lost,
                "changes were too old for Kinesis, and are lost"
            );
            batch.lost
        } else if batch.records.is_empty() {
            0
        } else {
            let caller = replication::replicator(cx, &stream).await?;
            put(cx, &caller, &stream, &batch.records).await?
        };
        if let Some(place) = done.checked_sub(1).and_then(|last| batch.ends.get(last)) {
            keys::unreplicated(&input.stream_arn).trim(cx.tx(), *place)?;
        }
        Ok(Output { is_more: batch.is_more || done < batch.ends.len() })
    }
}

/// Puts the first records, as many as the stream takes; answers how many are done with.
///
/// A record that is larger than the stream takes is lost, as on AWS: items over 34 KB may become records over the limit of
/// a stream, and count in the metric `FailedToReplicateRecordCount`. Here a warning tells of them.
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds_using-shards-and-metrics.html>
async fn put(cx: &mut Cx, caller: &Caller, stream: &Arn, records: &[Json]) -> Result<usize, Failure> {
    let mut count = records.len();
    loop {
        match put_first(cx, caller, stream, &records[..count]).await {
            Err(failure) if is_too_large(&failure) && count > 1 => count /= 2,
            Err(failure) if is_too_large(&failure) => {
                tracing::warn!(stream = %stream, %failure, "a change cannot be put into Kinesis, and is lost");
                return Ok(1);
            }
            done => return done,
        }
    }
}

/// Whether the request itself is refused, and not the caller or for now.
fn is_too_large(failure: &Failure) -> bool {
    matches!(failure.code(), "ValidationException" | "InvalidArgumentException")
}

/// The same for records of which none is too large.
async fn put_first(cx: &mut Cx, caller: &Caller, stream: &Arn, records: &[Json]) -> Result<usize, Failure> {
    let mut records = records;
    loop {
        let before = cx.tx().savepoint();
        let input = json!({"StreamARN": stream.as_str(), "Records": records});
        let answer = cx.call_json(caller.clone(), "kinesis", "PutRecords", &input).await?;
        let results = answer["Records"].as_array().map(Vec::as_slice).unwrap_or_default();
        let refused = results.iter().enumerate().find(|(_, result)| result.get("ErrorCode").is_some());
        let Some((first, result)) = refused else { return Ok(records.len()) };
        // Those behind it may be of the same item, and must not come before it.
        cx.tx().roll_back_to(before);
        if first == 0 {
            let code = result["ErrorCode"].as_str().unwrap_or_default();
            return Err(Failure::new(
                code.to_owned(),
                400,
                result["ErrorMessage"].as_str().unwrap_or_default(),
            ));
        }
        records = &records[..first];
    }
}
