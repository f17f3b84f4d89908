//! DescribeLogStreams.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};

use crate::error::Error;
use crate::keys::StreamRow;
use crate::limits::DESCRIBE_MAX;
use crate::{events, group};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(len = 1..=512, pattern = r"[\.\-_/#A-Za-z0-9]+")]
    log_group_name: Option<String>,
    #[shape(len = 1..=2048, pattern = "[\\w#+=/:,.@-]*")]
    log_group_identifier: Option<String>,
    #[shape(len = 1..=512, pattern = "[^:*]*")]
    log_stream_name_prefix: Option<String>,
    order_by: Option<OrderBy>,
    #[shape(default)]
    descending: bool,
    #[shape(len = 1..)]
    next_token: Option<String>,
    #[shape(range = 1..=50)]
    limit: Option<i32>,
}

#[derive(Shape, Clone, Copy, PartialEq, Eq)]
enum OrderBy {
    LogStreamName,
    LastEventTime,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    log_streams: Vec<LogStream>,
    next_token: Option<String>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct LogStream {
    log_stream_name: String,
    creation_time: i64,
    first_event_timestamp: Option<i64>,
    last_event_timestamp: Option<i64>,
    last_ingestion_time: Option<i64>,
    upload_sequence_token: Option<String>,
    arn: String,
    stored_bytes: i64,
}

/// Describes the streams of a group, by name or by the time of their last event.
pub(crate) struct DescribeLogStreams;

impl Operation for DescribeLogStreams {
    const NAME: &'static str = "DescribeLogStreams";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let name = group::name(input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
        Ok(group::access_arn(cx, name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name =
            group::name(input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?.to_owned();
        let by_time = input.order_by == Some(OrderBy::LastEventTime);
        if by_time && input.log_stream_name_prefix.is_some() {
            return Err(Error::invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
        }
        let group = group::open(cx, &name).await?;
        let limit = input.limit.unwrap_or(DESCRIBE_MAX) as usize;
        if by_time {
            return by_last_event(cx, &name, group.id, input.descending, limit, input.next_token.as_deref())
                .await;
        }
        let after = Cursor::of_token(input.next_token.as_deref(), Error::token)?;
        let paging = Paging { limit, after, reverse: input.descending };
        let prefix = input.log_stream_name_prefix.as_deref().unwrap_or("");
        let listing = table::list_starting::<StreamRow>(cx.tx(), group.id, prefix, &paging).await?;
        let mut log_streams = Vec::with_capacity(listing.items.len());
        for row in listing.items {
            log_streams.push(describe(cx, &name, row).await?);
        }
        Ok(Output { log_streams, next_token: listing.next.map(|cursor| cursor.to_text()) })
    }
}

/// All streams are looked at, because no index follows their last events: writing must stay cheap. Streams without
/// events count as the oldest.
async fn by_last_event(
    cx: &mut Cx,
    group: &str,
    group_id: u64,
    descending: bool,
    limit: usize,
    token: Option<&str>,
) -> Result<Output, Error> {
    let from: usize = token.map_or(Ok(0), |token| token.parse().map_err(|_| Error::token()))?;
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let listing = table::list::<StreamRow>(cx.tx(), group_id, &Paging::after(1000, after)).await?;
        for row in listing.items {
            let last = events::bounds(cx.tx(), &row).await?.map(|(_, last)| last.place.timestamp);
            all.push((last, row));
        }
        match listing.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    all.sort_by(|(left, _), (right, _)| if descending { right.cmp(left) } else { left.cmp(right) });
    let to = all.len().min(from.saturating_add(limit));
    let next_token = (to < all.len()).then(|| to.to_string());
    let mut log_streams = Vec::new();
    for (_, row) in all.into_iter().take(to).skip(from) {
        log_streams.push(describe(cx, group, row).await?);
    }
    Ok(Output { log_streams, next_token })
}

async fn describe(cx: &mut Cx, group: &str, row: StreamRow) -> Result<LogStream, Error> {
    let bounds = events::bounds(cx.tx(), &row).await?;
    let last = bounds.as_ref().map(|(_, last)| last);
    Ok(LogStream {
        arn: group::stream_arn(cx, group, &row.name).into(),
        log_stream_name: row.name,
        creation_time: row.created_at_millis,
        first_event_timestamp: bounds.as_ref().map(|(first, _)| first.timestamp),
        last_event_timestamp: last.map(|last| last.place.timestamp),
        last_ingestion_time: last.map(|last| last.ingested_at_millis),
        upload_sequence_token: last.map(|last| crate::token::event_id(last.place)),
        stored_bytes: 0,
    })
}
