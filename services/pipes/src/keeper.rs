//! Which pipes there are, for those who read their sources.

use std::sync::Arc;

use async_trait::async_trait;
use cloud::Cloud;
use cloud::feed::{self, Consumer, Feed, Filter, Keeper, Listed, Settings, Start};
use cloud::plane::{Plane, PlaneRequest};
use cloud::prelude::*;
use http::{Response, StatusCode};
use store::Key;
use store::layer::table::{self, Cursor, Paging};

use crate::error::Error;
use crate::keys::PipeRow;
use crate::limits::{QUEUE_BATCH, STREAM_BATCH};
use crate::pipe::{PRINCIPAL, Pipe};
use crate::shapes::{self, SourceParameters, StreamParameters};

/// Rows that are read at once.
const PAGE: usize = 500;
/// Batches of a queue that a pipe has under way at most: a tenth of what a function would get, as pipes share a cloud.
const QUEUE_CONCURRENCY: u32 = 100;

/// Starts the reading. Pipes have no HTTP of their own.
pub(crate) static PLANE: PipesPlane = PipesPlane;

/// See [`PLANE`].
pub(crate) struct PipesPlane;

#[async_trait]
impl Plane for PipesPlane {
    fn claims(&self, _host: &str, _path: &str) -> bool {
        false
    }

    async fn serve(&self, _cx: &mut Cx, _request: PlaneRequest) -> Response<Stream> {
        let mut response = Response::new(Stream::empty());
        *response.status_mut() = StatusCode::NOT_FOUND;
        response
    }

    fn start(&self, cloud: &Arc<Cloud>) {
        feed::keep(cloud, Arc::new(Pipes));
    }
}

struct Pipes;

#[async_trait]
impl Keeper for Pipes {
    fn name(&self) -> &'static str {
        "pipes"
    }

    fn watch_key(&self) -> Key {
        table::watch_key::<PipeRow>(())
    }

    async fn list(&self, cx: &Cx) -> Result<Vec<Listed>, Failure> {
        let view = cx.snapshot().await?;
        let mut listed = Vec::new();
        let mut after: Option<Cursor> = None;
        loop {
            let page = table::list::<PipeRow>(&view, (), &Paging::after(PAGE, after)).await?;
            listed.extend(page.items.iter().map(|row| Listed {
                id: row.feed_id(),
                revision: row.revision.to_string(),
                runs: row.runs,
                settling: row.state != row.desired(),
            }));
            after = page.next;
            if after.is_none() {
                return Ok(listed);
            }
        }
    }

    async fn open(&self, cx: &Cx, id: &str) -> Result<Option<(Feed, Arc<dyn Consumer>)>, Failure> {
        let Some(row) = find(cx, id).await? else { return Ok(None) };
        let parameters: SourceParameters = shapes::read(row.source_parameters.as_ref())?;
        let feed = Feed {
            id: row.feed_id(),
            service: PRINCIPAL,
            account: row.account.clone(),
            source: row.source.parse().map_err(Failure::internal)?,
            identity: row.role_arn.clone(),
            settings: settings(&row.source, &parameters).map_err(cloud::ApiError::into_failure)?,
        };
        Ok(Some((feed, Arc::new(Pipe::open(row)?))))
    }

    async fn settled(&self, cx: &Cx, listed: &Listed) -> Result<(), Failure> {
        let Some((account, region, name)) = key_of(&listed.id) else { return Ok(()) };
        cx.transact(move |tx| {
            let (key, listed) = ((account.clone(), region.clone(), name.clone()), listed.clone());
            Box::pin(async move {
                let row = table::get::<PipeRow>(tx, key).await?;
                let is_same =
                    |row: &PipeRow| row.feed_id() == listed.id && row.revision.to_string() == listed.revision;
                let Some(mut row) = row.filter(is_same) else { return Ok::<_, Failure>(()) };
                row.state = row.desired().to_owned();
                table::put(tx, &row).await?;
                Ok(())
            })
        })
        .await
    }
}

async fn find(cx: &Cx, id: &str) -> Result<Option<PipeRow>, Failure> {
    let Some(key) = key_of(id) else { return Ok(None) };
    let row: Option<PipeRow> = cx.get(key).await?;
    Ok(row.filter(|row| row.feed_id() == id))
}

/// Account, region and name in the id of a feed.
fn key_of(id: &str) -> Option<(String, String, String)> {
    let mut parts = id.split('/').map(str::to_owned);
    Some((parts.next()?, parts.next()?, parts.next()?))
}

/// How the source of a pipe is read.
pub(crate) fn settings(source: &str, parameters: &SourceParameters) -> Result<Settings, Error> {
    let filter = Filter::parse(&parameters.patterns())
        .map_err(|error| Error::invalid(format!("Event pattern is not valid. Reason: {error}")))?;
    let size = |given: Option<i32>, default: i32| usize::try_from(given.unwrap_or(default)).unwrap_or(1);
    let window = |seconds: Option<i32>| i64::from(seconds.unwrap_or(0)) * 1000;
    let at_least_zero = |number: Option<i32>| number.filter(|number| *number >= 0);
    let queue = parameters.sqs_queue_parameters.clone().unwrap_or_default();
    let stream = parameters.stream().cloned().unwrap_or_default();
    let is_queue = source.contains(":sqs:");
    Ok(Settings {
        batch_size: if is_queue {
            size(queue.batch_size, QUEUE_BATCH)
        } else {
            size(stream.batch_size, STREAM_BATCH)
        },
        window_millis: if is_queue {
            window(queue.maximum_batching_window_in_seconds)
        } else {
            window(stream.maximum_batching_window_in_seconds)
        },
        filter,
        concurrency_max: is_queue.then_some(QUEUE_CONCURRENCY),
        start: start(&stream)?,
        lanes: size(stream.parallelization_factor, 1),
        bisect: stream.on_partial_batch_item_failure.as_deref() == Some("AUTOMATIC_BISECT"),
        age_max_millis: at_least_zero(stream.maximum_record_age_in_seconds)
            .map(|seconds| i64::from(seconds) * 1000),
        retries_max: at_least_zero(stream.maximum_retry_attempts)
            .and_then(|number| u32::try_from(number).ok()),
        tumbling_millis: None,
    })
}

fn start(stream: &StreamParameters) -> Result<Start, Error> {
    match (stream.starting_position.as_deref(), stream.starting_position_timestamp) {
        (None | Some("LATEST"), None) => Ok(Start::Latest),
        (Some("TRIM_HORIZON"), None) => Ok(Start::TrimHorizon),
        (Some("AT_TIMESTAMP"), Some(time)) => Ok(Start::At(time)),
        _ => Err(Error::invalid("StartingPosition and StartingPositionTimestamp do not fit together.")),
    }
}
