//! PutEvents.

use std::collections::{BTreeMap, BTreeSet};

use cloud::prelude::*;
use serde_json::{Map, Value};

use crate::bus::{self, BusRef};
use crate::error::Error;
use crate::event::{Content, Event};
use crate::limits::ENTRIES_BYTES_MAX;
use crate::route;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=10)]
    entries: Vec<Entry>,
    #[shape(len = 1..=50)]
    endpoint_id: Option<String>,
}

#[derive(Shape)]
struct Entry {
    time: Option<Timestamp>,
    source: Option<String>,
    resources: Option<Vec<String>>,
    detail_type: Option<String>,
    detail: Option<String>,
    #[shape(len = 1..=1600)]
    event_bus_name: Option<String>,
    #[shape(len = 1..=500)]
    trace_header: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    failed_entry_count: i32,
    entries: Vec<Accepted>,
}

#[derive(Shape)]
struct Accepted {
    event_id: Option<String>,
    error_code: Option<String>,
    error_message: Option<String>,
}

/// Brings events to buses. What they cause is in queues and in the outbox when it answers.
///
/// Differs from AWS: global endpoints are refused.
pub(crate) struct PutEvents;

impl Operation for PutEvents {
    const NAME: &'static str = "PutEvents";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let buses: Result<BTreeSet<_>, Error> =
            input.entries.iter().map(|entry| BusRef::parse(cx, entry.event_bus_name.as_deref())).collect();
        Ok(Resource::All(buses?.iter().map(BusRef::arn).collect()))
    }

    /// The policy of the bus, where all entries are for one.
    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        let buses: Result<BTreeSet<_>, Error> =
            input.entries.iter().map(|entry| BusRef::parse(cx, entry.event_bus_name.as_deref())).collect();
        let buses = buses?;
        let (Some(only), 1) = (buses.first(), buses.len()) else { return Ok(None) };
        let region = cx.region().to_owned();
        Ok(bus::find(cx.tx(), &only.account, &region, &only.name).await?.and_then(|row| row.policy))
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        let all =
            |value: fn(&Entry) -> Option<&String>| input.entries.iter().filter_map(value).cloned().collect();
        Ok(vec![
            ("events:source", all(|entry| entry.source.as_ref())),
            ("events:detail-type", all(|entry| entry.detail_type.as_ref())),
        ])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if input.endpoint_id.is_some() {
            return Err(Error::unsupported("a global endpoint"));
        }
        if input.entries.iter().map(Entry::size).sum::<usize>() > ENTRIES_BYTES_MAX {
            return Err(Error::invalid("Total size of the entries in the request is over the limit."));
        }
        let mut entries = Vec::with_capacity(input.entries.len());
        let mut buses: BTreeMap<BusRef, bool> = BTreeMap::new();
        for entry in input.entries {
            let bus = BusRef::parse(cx, entry.event_bus_name.as_deref())?;
            let is_there = match buses.get(&bus) {
                Some(is_there) => *is_there,
                None => {
                    let region = cx.region().to_owned();
                    let is_there = bus::find(cx.tx(), &bus.account, &region, &bus.name).await?.is_some();
                    buses.insert(bus.clone(), is_there);
                    is_there
                }
            };
            entries.push(match entry.check() {
                Err((code, message)) => Accepted {
                    event_id: None,
                    error_code: Some(code.to_owned()),
                    error_message: Some(message.to_owned()),
                },
                Ok(detail) => {
                    let id = cx.new_id();
                    // What goes to a bus that is not there is lost, as in AWS.
                    if is_there {
                        let own = cx.trace();
                        if let Some(header) = &entry.trace_header {
                            cx.join_header(header);
                        }
                        let event = entry.event(cx, id.clone(), detail);
                        let published = route::publish(cx, &bus, &event, 0).await;
                        cx.come_back(own);
                        published?;
                    }
                    Accepted { event_id: Some(id), error_code: None, error_message: None }
                }
            });
        }
        let failed = entries.iter().filter(|entry| entry.event_id.is_none()).count();
        Ok(Output { failed_entry_count: i32::try_from(failed).unwrap_or(i32::MAX), entries })
    }
}

impl Entry {
    /// Its size as AWS counts it: 14 bytes for a time, and the texts in UTF-8.
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size>
    fn size(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let time = if self.time.is_some() { 14 } else { 0 };
        let resources: usize = self.resources.iter().flatten().map(String::len).sum();
        time + text(&self.source) + text(&self.detail_type) + text(&self.detail) + resources
    }

    /// The detail, or AWS's code and text for what is wrong (recorded in LocalStack's test_events).
    fn check(&self) -> Result<Map<String, Value>, (&'static str, &'static str)> {
        let missing = |text: &Option<String>| text.as_ref().is_none_or(String::is_empty);
        if missing(&self.source) {
            let text = "Parameter Source is not valid. Reason: Source is a required argument.";
            return Err(("InvalidArgument", text));
        }
        if missing(&self.detail_type) {
            let text = "Parameter DetailType is not valid. Reason: DetailType is a required argument.";
            return Err(("InvalidArgument", text));
        }
        if missing(&self.detail) {
            let text = "Parameter Detail is not valid. Reason: Detail is a required argument.";
            return Err(("InvalidArgument", text));
        }
        if self.source.as_deref().is_some_and(|source| source.starts_with("aws.")) {
            let text = "Not authorized to perform PutEvents for source beginning with aws.";
            return Err(("NotAuthorizedForSourceException", text));
        }
        match serde_json::from_str(self.detail.as_deref().unwrap_or_default()) {
            Ok(Value::Object(detail)) => Ok(detail),
            _ => Err(("MalformedDetail", "Detail is malformed.")),
        }
    }

    fn event(self, cx: &Cx, id: String, detail: Map<String, Value>) -> Event {
        let content = Content {
            id,
            detail_type: self.detail_type.as_deref().unwrap_or_default(),
            source: self.source.as_deref().unwrap_or_default(),
            time_millis: self.time.unwrap_or_else(|| cx.now()).millis(),
            resources: self.resources.unwrap_or_default(),
            detail,
        };
        Event::new(cx.account(), cx.region(), content)
    }
}
