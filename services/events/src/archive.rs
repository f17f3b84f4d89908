//! Archives and replays: names, ARNs.

use cloud::prelude::*;
use store::layer::table;

use crate::bus::BusRef;
use crate::error::Error;
use crate::keys::{ArchiveRow, ReplayRow};

/// The kind of the timers of replays: one that goes on has a timer that is due.
pub(crate) const TIMER: &str = "events/replay";

/// The state of every archive: it is ready at once.
pub(crate) const STATE: &str = "ENABLED";

/// What operations answer that change an archive.
#[derive(Shape)]
pub(crate) struct Changed {
    archive_arn: String,
    state: String,
    creation_time: Timestamp,
}

impl Changed {
    /// That of a row.
    pub(crate) fn of(cx: &Cx, row: &ArchiveRow) -> Self {
        Self {
            archive_arn: arn(cx, &row.name).to_string(),
            state: STATE.to_owned(),
            creation_time: Timestamp::from_millis(row.created_at_millis),
        }
    }
}

/// The ARN of an archive of the caller's account.
pub(crate) fn arn(cx: &Cx, name: &str) -> Arn {
    cx.arn("events", format_args!("archive/{name}"))
}

/// The ARN of a replay of the caller's account.
pub(crate) fn replay_arn(cx: &Cx, name: &str) -> Arn {
    cx.arn("events", format_args!("replay/{name}"))
}

/// The archive with this name.
pub(crate) async fn open(cx: &mut Cx, name: &str) -> Result<ArchiveRow, Error> {
    let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
    table::get(cx.tx(), (&account, &region, name)).await?.ok_or_else(|| Error::no_archive(name))
}

/// The replay with this name.
pub(crate) async fn open_replay(cx: &mut Cx, name: &str) -> Result<ReplayRow, Error> {
    let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
    table::get(cx.tx(), (&account, &region, name)).await?.ok_or_else(|| Error::no_replay(name))
}

/// The name of the caller's bus with an ARN.
pub(crate) fn bus_of(cx: &Cx, parameter: &str, arn: &str) -> Result<String, Error> {
    let wrong = || {
        Error::invalid(format!("Parameter {parameter} is not valid. Reason: Must contain an event bus ARN."))
    };
    if !arn.starts_with("arn:") || !arn.contains(":event-bus/") {
        return Err(wrong());
    }
    BusRef::own(cx, Some(arn))
}
