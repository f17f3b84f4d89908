//! RunReplays: what the job of replays does, as an operation, so that events and the place in the archive are one
//! transaction. It has no place in the API.

use cloud::prelude::*;
use store::layer::{table, timer};
use store::{Stamp, tuple};

use crate::bus::BusRef;
use crate::error::Error;
use crate::event::Event;
use crate::keys::{ArchiveRow, Archived, ReplayRow};
use crate::limits::REPLAY_SLICE;
use crate::{archive, route};

#[derive(Shape)]
pub(crate) struct Input;

#[derive(Shape)]
pub(crate) struct Output;

/// Sends a slice of the replay that has waited longest.
pub(crate) struct RunReplays;

impl Operation for RunReplays {
    const NAME: &'static str = "RunReplays";
    const KIND: Kind = Kind::Write;
    const INTERNAL: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, _: Input) -> Result<Output, Error> {
        let now_millis = cx.now().millis();
        for timer in timer::take_due(cx.tx(), archive::TIMER, now_millis, 1).await? {
            let key: (String, String, String) = tuple::unpack(&timer.name.0)?;
            let row = table::get::<ReplayRow>(cx.tx(), (&key.0, &key.1, &key.2)).await?;
            let Some(row) = row.filter(ReplayRow::is_active) else { continue };
            if slice(cx, row).await? {
                timer::set(cx.tx(), archive::TIMER, key, now_millis, Vec::new()).await?;
            }
        }
        Ok(Output)
    }
}

/// Whether there is more to send.
async fn slice(cx: &mut Cx, mut row: ReplayRow) -> Result<bool, Error> {
    row.state = "RUNNING".to_owned();
    let key = (row.account.clone(), row.region.clone());
    let source: Option<ArchiveRow> = table::get(cx.tx(), (&key.0, &key.1, &row.archive)).await?;
    let Some(source) = source.filter(|source| source.id == row.archive_id) else {
        row.state = "FAILED".to_owned();
        row.state_reason = Some("The archive was deleted.".to_owned());
        row.ended_at_millis = Some(cx.now().millis());
        table::put(cx.tx(), &row).await?;
        return Ok(false);
    };
    cx.for_account(&row.account, &row.region);
    let bus = BusRef { account: row.account.clone(), region: row.region.clone(), name: row.bus.clone() };
    let entries = source.events().read(cx.tx(), row.behind.map(Stamp), REPLAY_SLICE).await?;
    let at_end = entries.len() < REPLAY_SLICE;
    for entry in entries {
        row.behind = Some(entry.stamp.0);
        let archived: Archived = serde_json::from_slice(&entry.val).map_err(Failure::internal)?;
        if !(row.from_millis..row.to_millis).contains(&archived.time_millis) {
            continue;
        }
        row.last_millis = Some(archived.time_millis);
        let mut json = archived.event;
        json["replay-name"] = row.name.clone().into();
        let event = Event { json, time_millis: archived.time_millis };
        route::replay(cx, &bus, &row.filters, &event).await?;
    }
    if at_end {
        row.state = "COMPLETED".to_owned();
        row.ended_at_millis = Some(cx.now().millis());
    }
    table::put(cx.tx(), &row).await?;
    Ok(!at_end)
}
