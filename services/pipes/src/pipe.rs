//! A pipe at work: batches of records go through the enrichment to the target.

use async_trait::async_trait;
use bytes::Bytes;
use cloud::caller::Caller;
use cloud::client::lambda;
use cloud::feed::{Batch, Consumer, Lost, Outcome};
use cloud::prelude::*;
use cloud::role;
use cloud::target::Target as Deliverable;
use serde_json::{Value, json};

use crate::keys::PipeRow;
use crate::record;
use crate::shapes::{self, EnrichmentParameters, InvocationType, SourceParameters, TargetParameters};
use crate::target::{self, Item};

/// Who assumes the roles of pipes.
pub(crate) const PRINCIPAL: &str = "pipes.amazonaws.com";

/// The consumer of a pipe's source.
pub(crate) struct Pipe {
    pub(crate) row: PipeRow,
    source: SourceParameters,
    enrichment: EnrichmentParameters,
    target: TargetParameters,
}

/// What became of the records of a batch.
enum Sent {
    All,
    /// All but those with these ids.
    But(Vec<String>),
}

impl Pipe {
    /// A pipe as it is stored.
    pub(crate) fn open(row: PipeRow) -> Result<Self, Failure> {
        Ok(Self {
            source: shapes::read(row.source_parameters.as_ref())?,
            enrichment: shapes::read(row.enrichment_parameters.as_ref())?,
            target: shapes::read(row.target_parameters.as_ref())?,
            row,
        })
    }

    async fn role(&self, cx: &Cx, region: &str) -> Result<Caller, Failure> {
        let account = self.row.account.as_str();
        let service = Caller::service(PRINCIPAL, account, self.row.region.as_str(), Some(&self.row.arn()));
        let mut caller = role::assume(cx, &service, &self.row.role_arn, &self.row.name).await?;
        caller.region = region.into();
        Ok(caller)
    }

    async fn send(&self, cx: &mut Cx, batch: &Batch) -> Result<Sent, Failure> {
        let mut items = Vec::with_capacity(batch.records.len());
        for (number, record) in batch.records.iter().enumerate() {
            items.push((Some(number), record::of(&record.json)?));
        }
        if let Some(arn) = self.row.enrichment.clone() {
            let records: Vec<Value> = items.into_iter().map(|(_, record)| record).collect();
            items = self.enrich(cx, &arn, &records).await?.into_iter().map(|record| (None, record)).collect();
        }
        let now_millis = cx.now().millis();
        let template = self.target.input_template.as_deref();
        let items: Vec<Item> = items
            .into_iter()
            .map(|(of, record)| Item {
                of,
                payload: record::payload(template, &record, &self.row, now_millis),
                record,
            })
            .collect();
        // An enrichment that answers nothing ends the way of its records.
        if items.is_empty() {
            return Ok(Sent::All);
        }
        let arn: Arn = self.row.target.parse().map_err(Failure::internal)?;
        if arn.service() == "lambda" {
            return self.invoke(cx, &arn, batch, &items).await;
        }
        self.call(cx, &arn, batch, &items, now_millis).await
    }

    /// Gives all records to the enrichment; its records.
    async fn enrich(&self, cx: &mut Cx, arn: &str, records: &[Value]) -> Result<Vec<Value>, Failure> {
        let now_millis = cx.now().millis();
        let template = self.enrichment.input_template.as_deref();
        let payloads: Vec<Value> =
            records.iter().map(|record| record::payload(template, record, &self.row, now_millis)).collect();
        let parsed: Arn = arn.parse().map_err(Failure::internal)?;
        if parsed.service() == "lambda" {
            let caller = self.role(cx, parsed.region()).await?;
            let payload = Bytes::from(Value::Array(payloads).to_string());
            let answer = lambda::invoke(cx, caller, arn, payload).await?;
            if let Some(error) = answer.function_error {
                return Err(Failure::new(
                    "EnrichmentFailure",
                    400,
                    format!("the enrichment failed: {error}"),
                ));
            }
            return Ok(list_of(serde_json::from_slice(&answer.payload).unwrap_or(Value::Null)));
        }
        let mut enriched = Vec::new();
        for (record, payload) in records.iter().zip(payloads) {
            let item = Item { of: None, record: record.clone(), payload };
            let input = target::endpoint(&self.row, arn, self.enrichment.http_parameters.as_ref(), &item);
            let caller = cx.caller().clone();
            let answer = cx.call_json(caller, "events", "InvokeApiDestination", &input).await?;
            let body = answer["Body"].as_str().unwrap_or_default();
            enriched.extend(list_of(serde_json::from_str(body).unwrap_or_else(|_| json!(body))));
        }
        Ok(enriched)
    }

    /// Gives all records to a function. Its answer may name records that it did not do.
    async fn invoke(&self, cx: &mut Cx, arn: &Arn, batch: &Batch, items: &[Item]) -> Result<Sent, Failure> {
        let payloads: Vec<&Value> = items.iter().map(|item| &item.payload).collect();
        let payload = serde_json::to_vec(&payloads).map_err(Failure::internal)?;
        let caller = self.role(cx, arn.region()).await?;
        let own = self.target.lambda_function_parameters.as_ref().and_then(|own| own.invocation_type);
        if own == Some(InvocationType::FireAndForget) {
            let text = String::from_utf8_lossy(&payload);
            let target = Deliverable::of(arn, &text).map_err(Failure::internal)?;
            cx.call_json(caller, &target.service, &target.operation, &target.input).await?;
            return Ok(Sent::All);
        }
        let answer = lambda::invoke(cx, caller, arn.as_str(), payload.into()).await?;
        if let Some(error) = answer.function_error {
            return Err(Failure::new("TargetFailure", 400, format!("the function failed: {error}")));
        }
        let said: Value = serde_json::from_slice(&answer.payload).unwrap_or(Value::Null);
        let failed = said["batchItemFailures"].as_array().into_iter().flatten();
        let named = failed.map(|entry| entry["itemIdentifier"].as_str().unwrap_or_default());
        let ids: Vec<String> = named.map(|id| id_of(batch, items, id)).collect();
        Ok(if ids.is_empty() { Sent::All } else { Sent::But(ids) })
    }

    /// Brings records to any other target, as many at once as it takes.
    async fn call(
        &self,
        cx: &mut Cx,
        arn: &Arn,
        batch: &Batch,
        items: &[Item],
        now_millis: i64,
    ) -> Result<Sent, Failure> {
        let mut failed = Vec::new();
        let mut cause = None;
        for call in target::calls(&self.row, &self.target, items, now_millis)? {
            let caller = self.role(cx, arn.region()).await?;
            if call.service == "logs" {
                make_stream(cx, caller.clone(), &call.input).await?;
            }
            match cx.call_json(caller, call.service, call.operation, &call.input).await {
                Ok(answer) => failed.extend(target::refused(&call, &answer)),
                Err(failure) => {
                    failed.extend(call.items);
                    cause = Some(failure);
                    // What stands behind it shall not overtake it, and it will hardly fare better.
                    let tried = failed.iter().max().map_or(0, |last| last + 1);
                    failed.extend(tried..items.len());
                    break;
                }
            }
        }
        if failed.is_empty() {
            return Ok(Sent::All);
        }
        let ids: Option<Vec<String>> =
            failed.iter().map(|place| Some(batch.records[items[*place].of?].id.clone())).collect();
        match (ids, cause) {
            (Some(ids), _) if ids.len() < batch.records.len() => Ok(Sent::But(ids)),
            (_, Some(failure)) => Err(failure),
            _ => Err(Failure::new("TargetFailure", 400, "the target did not take some records")),
        }
    }
}

/// The id of a record that a function names. The `eventID` of records of streams stands for the sequence number:
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html>.
fn id_of(batch: &Batch, items: &[Item], named: &str) -> String {
    let item = items.iter().find(|item| item.record["eventID"] == named);
    let record = item.and_then(|item| batch.records.get(item.of?));
    record.map_or_else(|| named.to_owned(), |record| record.id.clone())
}

/// Makes the log stream that events go to, unless it is there.
async fn make_stream(cx: &mut Cx, caller: Caller, events: &Value) -> Result<(), Failure> {
    let stream = json!({"logGroupName": events["logGroupName"], "logStreamName": events["logStreamName"]});
    match cx.call_json(caller, "logs", "CreateLogStream", &stream).await {
        Err(failure) if failure.code() != "ResourceAlreadyExistsException" => Err(failure),
        _ => Ok(()),
    }
}

/// An enrichment answers with a list of records, or with one.
fn list_of(answer: Value) -> Vec<Value> {
    match answer {
        Value::Array(list) => list,
        Value::Null => Vec::new(),
        Value::String(text) if text.is_empty() => Vec::new(),
        Value::Object(members) if members.is_empty() => Vec::new(),
        one => vec![one],
    }
}

#[async_trait]
impl Consumer for Pipe {
    async fn reader(&self, cx: &Cx) -> Result<Caller, Failure> {
        let source: Arn = self.row.source.parse().map_err(Failure::internal)?;
        self.role(cx, source.region()).await
    }

    async fn deliver(&self, cx: &mut Cx, batch: &Batch) -> Outcome {
        match self.send(cx, batch).await {
            Ok(Sent::All) => Outcome::Done { state: None },
            Ok(Sent::But(ids)) => Outcome::Partial { ids, detail: json!({"error": "TargetFailure"}) },
            Err(failure) if failure.status() == 429 => Outcome::Busy,
            Err(failure) => {
                tracing::info!(pipe = self.row.arn(), %failure, "a batch of a pipe failed");
                Outcome::Failed { detail: json!({"error": failure.code()}) }
            }
        }
    }

    async fn give_up(&self, cx: &mut Cx, lost: &Lost<'_>) -> Result<(), Failure> {
        let queue = self.source.stream().and_then(|stream| stream.dead_letter_config.as_ref());
        let Some(queue) = queue.and_then(|queue| queue.arn.clone()) else {
            tracing::warn!(
                pipe = self.row.arn(),
                condition = lost.condition,
                "records of a pipe were given up"
            );
            return Ok(());
        };
        let arn: Arn = queue.parse().map_err(Failure::internal)?;
        let letter = letter(&self.row, lost, cx.now().millis());
        let target = Deliverable::of(&arn, &letter.to_string()).map_err(Failure::internal)?;
        let caller = self.role(cx, arn.region()).await?;
        cx.call_json(caller, &target.service, &target.operation, &target.input).await.map(drop)
    }
}

/// What the queue for the dead gets of records of a stream: where they are, not the records themselves.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-dlq.html>
fn letter(row: &PipeRow, lost: &Lost<'_>, now_millis: i64) -> Value {
    let (first, last) = (lost.records.first(), lost.records.last());
    let time = |millis: Option<i64>| millis.map(record::seconds);
    let info = json!({
        "shardId": lost.shard,
        "startSequenceNumber": first.map(|record| &record.id),
        "endSequenceNumber": last.map(|record| &record.id),
        "approximateArrivalOfFirstRecord": time(first.map(|record| record.at_millis)),
        "approximateArrivalOfLastRecord": time(last.map(|record| record.at_millis)),
        "batchSize": lost.records.len(),
        "streamArn": row.source,
    });
    let name = if row.source.contains(":kinesis:") { "KinesisBatchInfo" } else { "DDBStreamBatchInfo" };
    json!({
        "context": {"partnerResourceArn": row.arn(), "condition": lost.condition},
        "version": "1.0",
        "timestamp": record::seconds(now_millis),
        name: info,
    })
}
