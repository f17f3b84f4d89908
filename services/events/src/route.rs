//! From a bus to the targets of its rules.
//!
//! Rules are compiled once and stay in memory until a rule changes. All that an event causes happens in the
//! transaction of the operation that brings it: messages are in their queues when it has answered, everything else
//! waits in the outbox.

use std::sync::Arc;

use cloud::caller::Caller;
use cloud::memo::Memo;
use cloud::operation::BoxFuture;
use cloud::prelude::*;
use cloud::tap;
use eventpattern::Pattern;
use store::keyspace;
use store::layer::counter;
use store::layer::table::{self, Cursor, Paging};

use crate::bus::{self, BusRef};
use crate::error::Error;
use crate::event::Event;
use crate::keys::{ArchiveRow, Archived, RuleRow};
use crate::limits::HOPS_MAX;
use crate::transform::Known;
use crate::{target, transform};

/// Rows that are read at once.
const PAGE: usize = 100;

/// What waits for events on a bus.
#[derive(Default)]
pub(crate) struct Listeners {
    rules: Vec<(Pattern, RuleRow)>,
    archives: Vec<(Option<Pattern>, ArchiveRow)>,
}

/// The listeners of buses, by account, region and name.
#[derive(Default)]
struct Heard(Memo<(String, String, String), Arc<Listeners>>);

/// The listeners of a bus.
async fn listeners(cx: &Cx, bus: &BusRef) -> Result<Arc<Listeners>, Error> {
    let heard = cx.state::<Heard>();
    let key = (bus.account.clone(), bus.region.clone(), bus.name.clone());
    let prefixes = [keyspace::EVENTS_RULE, keyspace::EVENTS_ARCHIVE];
    let read_in = match heard.0.find(cx.cloud(), &prefixes, &key) {
        Ok(listeners) => return Ok(listeners),
        Err(generation) => generation,
    };
    let view = store::snapshot(cx.cloud().store()).await?;
    let mut listeners = Listeners::default();
    let mut after: Option<Cursor> = None;
    loop {
        let parts = (key.0.as_str(), key.1.as_str(), key.2.as_str());
        let page = table::list::<RuleRow>(&view, parts, &Paging::after(PAGE, after)).await?;
        let enabled = page.items.into_iter().filter(RuleRow::is_enabled);
        listeners.rules.extend(enabled.filter_map(|rule| {
            let pattern = stored(rule.pattern.as_deref()?, &rule.name)?;
            Some((pattern, rule))
        }));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let page =
        table::list::<ArchiveRow>(&view, (key.0.as_str(), key.1.as_str()), &Paging::first(PAGE)).await?;
    for archive in page.items.into_iter().filter(|archive| archive.bus == bus.name) {
        let pattern = archive.pattern.as_deref().map(|text| stored(text, &archive.name));
        match pattern {
            Some(None) => {}
            pattern => listeners.archives.push((pattern.flatten(), archive)),
        }
    }
    let listeners = Arc::new(listeners);
    heard.0.keep(read_in, key, listeners.clone());
    Ok(listeners)
}

/// The pattern of a rule or an archive. It was checked when it was put; one that cannot be read all the same wants nothing.
fn stored(text: &str, name: &str) -> Option<Pattern> {
    Pattern::parse(text)
        .inspect_err(|error| tracing::error!(name, %error, "a stored event pattern cannot be read"))
        .ok()
}

/// Brings an event to a bus: into its archives and to the targets of the rules that want it. `hops` counts the buses
/// that it came through.
pub(crate) async fn publish(cx: &mut Cx, bus: &BusRef, event: &Event, hops: u8) -> Result<(), Error> {
    let listeners = listeners(cx, bus).await?;
    let cloud = cx.cloud().clone();
    tap::offer(&cloud, cx.tx(), || bus.arn().into(), || event.json.clone());
    for (pattern, archive) in &listeners.archives {
        if pattern.as_ref().is_none_or(|pattern| pattern.matches(&event.json)) {
            keep(cx, archive, event)?;
        }
    }
    for (pattern, rule) in &listeners.rules {
        if pattern.matches(&event.json) {
            fire(cx, rule, event, hops).await?;
        }
    }
    Ok(())
}

/// Brings a replayed event to the rules that it is for. It is not archived again.
pub(crate) async fn replay(
    cx: &mut Cx,
    bus: &BusRef,
    filters: &[String],
    event: &Event,
) -> Result<(), Error> {
    let listeners = listeners(cx, bus).await?;
    for (pattern, rule) in &listeners.rules {
        if (filters.is_empty() || filters.contains(&rule.arn())) && pattern.matches(&event.json) {
            fire(cx, rule, event, 0).await?;
        }
    }
    Ok(())
}

/// Sends an event to the targets of a rule.
pub(crate) fn fire<'a>(
    cx: &'a mut Cx,
    rule: &'a RuleRow,
    event: &'a Event,
    hops: u8,
) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(async move {
        let known = Known { rule, ingestion_millis: cx.now().millis() };
        for target in &rule.targets {
            let is_bus = |arn: &Arn| arn.service() == "events" && arn.resource().starts_with("event-bus/");
            let bus = target.arn.parse::<Arn>().ok().filter(is_bus);
            if let Some(arn) = bus {
                forward(cx, rule, &arn, event, hops).await?;
                continue;
            }
            let payload = transform::payload(target, &event.json, &known);
            target::deliver(cx, rule, target, &event.json, payload).await?;
        }
        Ok(())
    })
}

/// Brings an event to another bus as it is. One that went through too many is dropped: it would go round for ever. The
/// bus of another account must let that of the rule put events.
async fn forward(cx: &mut Cx, rule: &RuleRow, arn: &Arn, event: &Event, hops: u8) -> Result<(), Error> {
    let name = arn.resource().strip_prefix("event-bus/").unwrap_or_default();
    let bus =
        BusRef { account: arn.account().to_owned(), region: arn.region().to_owned(), name: name.to_owned() };
    if hops == HOPS_MAX {
        tracing::warn!(bus = %arn, "an event was dropped: it went through too many buses");
        return Ok(());
    }
    if bus.account != rule.account {
        let row = bus::find(cx.tx(), &bus.account, &bus.region, &bus.name).await?;
        let policy = row.and_then(|row| row.policy);
        let mut sender = cx.act_as(Caller::root(rule.account.as_str(), rule.region.as_str()));
        let resource = Resource::One(arn.clone());
        if let Err(failure) =
            sender.require_with("events:PutEvents", &resource, policy.as_deref(), &Vec::new()).await
        {
            tracing::info!(bus = %arn, %failure, "an event was not taken by the bus of another account");
            return Ok(());
        }
    }
    publish(cx, &bus, event, hops + 1).await
}

/// Puts an event into an archive.
fn keep(cx: &mut Cx, archive: &ArchiveRow, event: &Event) -> Result<(), Error> {
    let archived = Archived {
        time_millis: event.time_millis,
        kept_at_millis: cx.now().millis(),
        event: event.json.clone(),
    };
    let bytes = serde_json::to_vec(&archived).map_err(Failure::internal)?;
    let [events, size] = archive.counters();
    let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    archive.events().append(cx.tx(), bytes)?;
    counter::add(cx.tx(), events, 1)?;
    counter::add(cx.tx(), size, length)?;
    Ok(())
}
