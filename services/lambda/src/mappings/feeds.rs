//! Mappings for the feed layer: which there are, and how a function takes their batches.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud::caller::Caller;
use cloud::feed::{self, Batch, Consumer, Feed, Filter, Keeper, Listed, Lost, Outcome, Settings, Start};
use cloud::prelude::*;
use cloud::target::Target;
use cloud::{ApiError as _, Cloud, Failure};
use serde_json::json;
use store::keyspace;
use store::layer::table::{self, Paging};

use super::event;
use crate::error::Error;
use crate::keys::{MappingRow, MappingState};
use crate::ops::run_batch;
use crate::runner::Runner;
use crate::{events, function, roles, time};

/// Mappings of one read.
const PAGE: usize = 1_000;

/// Feeds functions until the cloud stops.
pub(crate) fn start(cloud: &Arc<Cloud>) {
    feed::keep(cloud, Arc::new(Mappings));
}

/// The name under which the feed layer knows a mapping.
pub(crate) fn id(row: &MappingRow) -> String {
    format!("lambda/{}/{}/{}", row.account, row.region, row.id)
}

/// The key of a mapping, from its name in the feed layer.
fn key(id: &str) -> Option<(&str, &str, &str)> {
    let mut parts = id.strip_prefix("lambda/")?.splitn(3, '/');
    Some((parts.next()?, parts.next()?, parts.next()?))
}

/// All mappings.
#[derive(Debug)]
struct Mappings;

#[async_trait]
impl Keeper for Mappings {
    fn name(&self) -> &'static str {
        "lambda"
    }

    fn watch_key(&self) -> store::Key {
        keyspace::LAMBDA_MAPPING.0.to_vec().into()
    }

    async fn list(&self, cx: &Cx) -> Result<Vec<Listed>, Failure> {
        let tx = cx.snapshot().await?;
        let mut listed = Vec::new();
        let mut paging = Paging::first(PAGE);
        loop {
            let page = table::list::<MappingRow>(&tx, (), &paging).await?;
            listed.extend(page.items.iter().map(|row| Listed {
                id: id(row),
                revision: row.revision.clone(),
                runs: row.enabled && row.state != MappingState::Deleting,
                settling: !matches!(row.state, MappingState::Enabled | MappingState::Disabled),
            }));
            match page.next {
                None => return Ok(listed),
                next => paging = Paging::after(PAGE, next),
            }
        }
    }

    async fn open(&self, cx: &Cx, id: &str) -> Result<Option<(Feed, Arc<dyn Consumer>)>, Failure> {
        let Some(key) = key(id) else { return Ok(None) };
        let Some(row) = cx.get::<MappingRow>(key).await? else { return Ok(None) };
        let feed = feed_of(cx, &row).await?;
        Ok(Some((feed, Arc::new(Function { row }))))
    }

    async fn settled(&self, cx: &Cx, listed: &Listed) -> Result<(), Failure> {
        cx.transact(|tx| {
            let listed = listed.clone();
            Box::pin(async move {
                let Some(key) = key(&listed.id) else { return Ok(()) };
                let Some(mut row) = table::get::<MappingRow>(tx, key).await? else { return Ok(()) };
                // Changed again meanwhile: that will settle, too.
                if row.revision != listed.revision {
                    return Ok(());
                }
                if row.state == MappingState::Deleting {
                    feed::forget(tx, &listed.id).await?;
                    table::delete::<MappingRow>(tx, key).await?;
                    return Ok(());
                }
                row.state = if row.enabled { MappingState::Enabled } else { MappingState::Disabled };
                table::put(tx, &row).await?;
                Ok::<_, Failure>(())
            })
        })
        .await
    }
}

async fn feed_of(cx: &Cx, row: &MappingRow) -> Result<Feed, Failure> {
    let start = match (row.start.as_deref(), row.start_at_millis) {
        (Some("AT_TIMESTAMP"), Some(millis)) => Start::At(Timestamp::from_millis(millis)),
        (Some("LATEST"), _) => Start::Latest,
        _ => Start::TrimHorizon,
    };
    let unlimited = |value: i32| u32::try_from(value).ok();
    // A role that is not there is seen when it is needed.
    let found = function::find(&cx.snapshot().await?, &row.function()).await;
    let role = found.map(|found| found.config.role).unwrap_or_default();
    Ok(Feed {
        id: id(row),
        service: roles::SERVICE,
        account: row.account.clone(),
        source: row.source.parse().map_err(Failure::internal)?,
        identity: role,
        settings: Settings {
            batch_size: usize::try_from(row.batch_size).unwrap_or(1).max(1),
            window_millis: i64::from(row.window_seconds) * 1000,
            filter: Filter::parse(row.filters.as_deref().unwrap_or_default()).map_err(Failure::internal)?,
            concurrency_max: row.concurrency_max.and_then(unlimited),
            start,
            lanes: usize::try_from(row.lanes).unwrap_or(1).max(1),
            bisect: row.bisect,
            age_max_millis: unlimited(row.age_seconds).map(|seconds| i64::from(seconds) * 1000),
            retries_max: unlimited(row.retries),
            tumbling_millis: (row.tumbling_seconds > 0).then(|| i64::from(row.tumbling_seconds) * 1000),
        },
    })
}

/// The function of a mapping.
struct Function {
    row: MappingRow,
}

#[async_trait]
impl Consumer for Function {
    async fn reader(&self, cx: &Cx) -> Result<Caller, Failure> {
        let ready = Runner::of(cx).ready(cx, &self.row.function()).await.map_err(Error::into_failure)?;
        let role = ready.role();
        let caller = roles::caller(cx.cloud(), role, &self.row.name, &self.row.region).await?;
        caller.ok_or_else(|| {
            Failure::new("AccessDeniedException", 403, format!("the role `{role}` of the function is gone"))
        })
    }

    async fn capacity(&self, cx: &Cx) -> Result<Option<u32>, Failure> {
        let ready = Runner::of(cx).ready(cx, &self.row.function()).await.map_err(Error::into_failure)?;
        Ok(ready.reserved())
    }

    async fn deliver(&self, cx: &mut Cx, batch: &Batch) -> Outcome {
        // So that loops of functions are seen, too.
        if let Some(trace) = batch.records.iter().find_map(|record| record.trace.as_deref()) {
            cx.join_header(trace);
        }
        let payload = event::payload(&self.row, batch);
        let function = self.row.function().qualified_arn();
        let ran = match run_batch::call(cx, function.as_str(), payload.into()).await {
            Ok(ran) => ran,
            Err(failure) if failure.code() == "RecursiveInvocationException" => {
                return Outcome::Failed { detail: serde_json::Value::Null };
            }
            Err(failure) => {
                tracing::debug!(mapping = self.row.id, %failure, "a batch was not delivered; trying again");
                return Outcome::Busy;
            }
        };
        let mut detail = json!({"requestId": cx.request_id(), "executedVersion": ran.executed_version});
        if ran.failed {
            detail["functionError"] = json!("Unhandled");
            return Outcome::Failed { detail };
        }
        event::outcome(&self.row, batch, &ran.payload, detail)
    }

    async fn give_up(&self, cx: &mut Cx, lost: &Lost<'_>) -> Result<(), Failure> {
        let Some(place) = &self.row.on_failure else { return Ok(()) };
        let source: Arn = self.row.source.parse().map_err(Failure::internal)?;
        let place: Arn = place.parse().map_err(Failure::internal)?;
        let now = cx.now().millis();
        let mut record = event::lost(&self.row, &source, lost, cx.request_id(), now);
        let target = if place.service() == "s3" {
            // Only a bucket has room for the records themselves.
            let batch = Batch { records: lost.records.to_vec(), shard: None, window: None };
            record["payload"] = json!(event::payload(&self.row, &batch));
            let iso = time::iso_millis(now);
            let (date, clock) = (&iso[..10], iso[11..19].replace(':', "."));
            let folder = format!("aws/lambda/{}/{}/{}", self.row.id, lost.shard, date.replace('-', "/"));
            let key = format!("{folder}/{date}T{clock}-{}", cx.new_id());
            let body = STANDARD.encode(record.to_string());
            let input = json!({"Bucket": place.resource(), "Key": key, "Body": body});
            Target { service: "s3".into(), operation: "PutObject".into(), input }
        } else {
            Target::of(&place, &record.to_string()).map_err(Failure::internal)?
        };
        let sent = events::send_result(cx, &self.row.function(), place.as_str(), target).await;
        match sent {
            // Without the function there is no role that could send.
            Err(Error::NotFound(_)) => Ok(()),
            sent => sent.map_err(Error::into_failure),
        }
    }
}
