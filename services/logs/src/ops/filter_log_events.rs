//! FilterLogEvents.

use cloud::prelude::*;
use logfilter::Pattern;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::events::Merge;
use crate::keys::{Event, Place, StreamRow};
use crate::limits::{EVENT_OVERHEAD_BYTES, FILTER_SCAN_MAX, PAGE_BYTES_MAX, PAGE_EVENTS_MAX};
use crate::{group, token};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(len = 1..=512, pattern = r"[\.\-_/#A-Za-z0-9]+")]
    log_group_name: Option<String>,
    #[shape(len = 1..=2048, pattern = "[\\w#+=/:,.@-]*")]
    log_group_identifier: Option<String>,
    #[shape(len = 1..=100, each(len = 1..=512, pattern = "[^:*]*"))]
    log_stream_names: Option<Vec<String>>,
    #[shape(len = 1..=512, pattern = "[^:*]*")]
    log_stream_name_prefix: Option<String>,
    #[shape(range = 0..)]
    start_time: Option<i64>,
    #[shape(range = 0..)]
    end_time: Option<i64>,
    #[shape(len = 0..=1024)]
    filter_pattern: Option<String>,
    #[shape(len = 1..)]
    next_token: Option<String>,
    #[shape(range = 1..=10000)]
    limit: Option<i32>,
    // AWS always interleaves since 2019 and ignores this.
    interleaved: Option<bool>,
    // Nothing is masked here, so there is nothing to show unmasked.
    unmask: Option<bool>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    events: Vec<FilteredLogEvent>,
    searched_log_streams: Vec<SearchedLogStream>,
    next_token: Option<String>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct FilteredLogEvent {
    log_stream_name: String,
    timestamp: i64,
    message: String,
    ingestion_time: i64,
    event_id: String,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct SearchedLogStream {
    log_stream_name: String,
    searched_completely: bool,
}

/// Reads the events of all or some streams of a group as one, and picks those that a pattern matches.
///
/// A page may be short or empty and still have a token, as in AWS.
pub(crate) struct FilterLogEvents;

impl Operation for FilterLogEvents {
    const NAME: &'static str = "FilterLogEvents";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let name = group::name(input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
        Ok(group::access_arn(cx, name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if input.log_stream_names.is_some() && input.log_stream_name_prefix.is_some() {
            return Err(Error::invalid(
                "LogStream names and LogStream name prefix are mutually exclusive parameters.",
            ));
        }
        let pattern = Pattern::parse(input.filter_pattern.as_deref().unwrap_or(""));
        let pattern = pattern.map_err(|error| Error::invalid(error.to_string()))?;
        let after = input.next_token.as_deref().map(|text| token::parse_id(text).ok_or_else(Error::token));
        let after = after.transpose()?;
        let streams = streams(cx, &input).await?;
        let limit = input.limit.map_or(PAGE_EVENTS_MAX, |limit| limit as usize);
        let tx = cx.tx();
        let mut merge = Merge::begin(tx, streams, input.start_time, input.end_time, after).await?;
        let mut page = Page { events: Vec::new(), bytes: 0, last: None };
        let mut scanned = 0;
        let mut more = false;
        while let Some((stream, event)) = merge.next(tx).await? {
            if page.events.len() == limit || page.is_full(&event) || scanned == FILTER_SCAN_MAX {
                more = true;
                break;
            }
            scanned += 1;
            page.look_at(stream, event, &pattern);
        }
        let next_token = page.last.filter(|_| more).map(token::event_id);
        Ok(Output { events: page.events, searched_log_streams: Vec::new(), next_token })
    }
}

struct Page {
    events: Vec<FilteredLogEvent>,
    bytes: usize,
    last: Option<Place>,
}

impl Page {
    fn is_full(&self, event: &Event) -> bool {
        let bytes = self.bytes + event.message.len() + EVENT_OVERHEAD_BYTES;
        bytes > PAGE_BYTES_MAX && !self.events.is_empty()
    }

    fn look_at(&mut self, log_stream_name: String, event: Event, pattern: &Pattern) {
        self.last = Some(event.place);
        if !pattern.matches_everything() && !pattern.matches(&event.message) {
            return;
        }
        self.bytes += event.message.len() + EVENT_OVERHEAD_BYTES;
        self.events.push(FilteredLogEvent {
            log_stream_name,
            timestamp: event.place.timestamp,
            message: event.message,
            ingestion_time: event.ingested_at_millis,
            event_id: token::event_id(event.place),
        });
    }
}

/// The streams that the request names; all of the group when it names none.
async fn streams(cx: &mut Cx, input: &Input) -> Result<Vec<StreamRow>, Error> {
    let name = group::name(input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
    let group = group::open(cx, name).await?;
    let mut found = Vec::new();
    if let Some(names) = &input.log_stream_names {
        for name in names {
            let row = table::get(cx.tx(), (group.id, name)).await?;
            found.push(row.ok_or(Error::NoSuchStream)?);
        }
        found.sort_by_key(|row: &StreamRow| row.id);
        found.dedup_by_key(|row| row.id);
        return Ok(found);
    }
    let prefix = input.log_stream_name_prefix.as_deref().unwrap_or("");
    let mut after = None;
    loop {
        let paging = Paging::after(1000, after);
        let listing = table::list_starting::<StreamRow>(cx.tx(), group.id, prefix, &paging).await?;
        found.extend(listing.items);
        match listing.next {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
}
