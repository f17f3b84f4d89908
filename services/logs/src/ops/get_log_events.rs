//! GetLogEvents.

use crate::error::Error;
use crate::events::{self, Asked};
use crate::group;
use crate::keys::Place;
use crate::limits::PAGE_EVENTS_MAX;
use crate::token::Token;
use cloud::prelude::*;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(len = 1..=512, pattern = r"[\.\-_/#A-Za-z0-9]+")]
    log_group_name: Option<String>,
    #[shape(len = 1..=2048, pattern = "[\\w#+=/:,.@-]*")]
    log_group_identifier: Option<String>,
    #[shape(len = 1..=512, pattern = "[^:*]*")]
    log_stream_name: String,
    #[shape(range = 0..)]
    start_time: Option<i64>,
    #[shape(range = 0..)]
    end_time: Option<i64>,
    #[shape(len = 1..)]
    next_token: Option<String>,
    #[shape(range = 1..=10000)]
    limit: Option<i32>,
    #[shape(default)]
    start_from_head: bool,
    // Nothing is masked here, so there is nothing to show unmasked.
    unmask: Option<bool>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    events: Vec<OutputLogEvent>,
    next_forward_token: String,
    next_backward_token: String,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct OutputLogEvent {
    timestamp: i64,
    message: String,
    ingestion_time: i64,
}

/// Reads the events of one stream, forwards or backwards, in the order of time.
///
/// A page that is empty gives back the token it came with, so that a reader can wait at the end.
pub(crate) struct GetLogEvents;

impl Operation for GetLogEvents {
    const NAME: &'static str = "GetLogEvents";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let name = group::name(input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
        Ok(group::stream_arn(cx, name, &input.log_stream_name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = group::name(input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
        let token = input.next_token.as_deref().map(|text| {
            Token::parse(text).ok_or_else(|| Error::invalid("The specified nextToken is invalid."))
        });
        let token = token.transpose()?;
        let (_, stream) = group::open_stream(cx, name, &input.log_stream_name).await?;
        let mut range = stream.between(input.start_time, input.end_time);
        let (after, before, latest) = match token {
            Some(Token::Forward(place)) => (Some(place), None, false),
            Some(Token::Backward(place)) => (None, Some(place), true),
            None => (None, None, !input.start_from_head),
        };
        // The row of the place itself may hold more events on either side of it.
        range.from = after.map_or(range.from.clone(), |place| range.from.max(stream.at(place)));
        range.to = before.map_or(range.to.clone(), |place| range.to.min(stream.behind(place)));
        let limit = input.limit.map_or(PAGE_EVENTS_MAX, |limit| limit as usize);
        let asked = Asked { range, after, before, limit, latest };
        let found = if asked.range.is_empty() { Vec::new() } else { events::read(cx.tx(), &asked).await? };
        let here = match token {
            Some(Token::Forward(place) | Token::Backward(place)) => place,
            None => Place::before_all(input.start_time.unwrap_or(0)),
        };
        let first = found.first().map_or(here, |event| event.place);
        let last = found.last().map_or(here, |event| event.place);
        Ok(Output {
            next_forward_token: Token::Forward(last).to_text(),
            next_backward_token: Token::Backward(first).to_text(),
            events: found
                .into_iter()
                .map(|event| OutputLogEvent {
                    timestamp: event.place.timestamp,
                    message: event.message,
                    ingestion_time: event.ingested_at_millis,
                })
                .collect(),
        })
    }
}
