//! Groups of schedules.

use std::collections::BTreeMap;

use cloud::prelude::*;
use store::layer::table::{self, Paging};
use store::layer::timer;

use crate::error::Error;
use crate::keys::{GroupRow, ScheduleRow};
use crate::limits::{DELETE_SLICE, TAGS_MAX};
use crate::schedule;
use crate::shapes::Tag;

/// The group that every account has.
pub(crate) const DEFAULT: &str = "default";
/// The kind of the timers of groups that go away.
pub(crate) const TIMER: &str = "scheduler/group";

/// The ARN of a group of the caller's account.
pub(crate) fn arn(cx: &Cx, name: &str) -> Arn {
    cx.arn("scheduler", format_args!("schedule-group/{name}"))
}

/// The group with this name; the default one is there without having been made.
pub(crate) async fn open(cx: &mut Cx, name: &str) -> Result<GroupRow, Error> {
    let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
    let stored = table::get(cx.tx(), (&account, &region, name)).await?;
    match stored {
        Some(row) => Ok(row),
        None if name == DEFAULT => Ok(default(account, region)),
        None => Err(Error::no_group(name)),
    }
}

/// The default group, as long as nobody has changed it.
pub(crate) fn default(account: String, region: String) -> GroupRow {
    GroupRow {
        account,
        region,
        name: DEFAULT.to_owned(),
        deleting: false,
        created_at_millis: 0,
        modified_at_millis: 0,
        tags: BTreeMap::new(),
    }
}

/// The group with this ARN.
pub(crate) async fn of_arn(cx: &mut Cx, arn: &str) -> Result<GroupRow, Error> {
    let missing = || Error::NotFound(format!("Resource {arn} does not exist."));
    let parsed: Arn = arn.parse().map_err(|_| missing())?;
    let name = parsed.resource().strip_prefix("schedule-group/").unwrap_or_default().to_owned();
    if parsed.account() != cx.account() || parsed.region() != cx.region() {
        return Err(missing());
    }
    open(cx, &name).await
}

/// Deletes a slice of the schedules of a group, and then the group. What is left has a timer.
pub(crate) async fn take_down(cx: &mut Cx, mut row: GroupRow) -> Result<(), Error> {
    let key = (row.account.clone(), row.region.clone(), row.name.clone());
    let page = Paging::first(DELETE_SLICE);
    let schedules = table::list::<ScheduleRow>(cx.tx(), (&key.0, &key.1, &key.2), &page).await?;
    for schedule in &schedules.items {
        timer::cancel(cx.tx(), schedule::TIMER, schedule.timer()).await?;
        table::delete::<ScheduleRow>(cx.tx(), schedule.timer()).await?;
    }
    if schedules.next.is_none() {
        table::delete::<GroupRow>(cx.tx(), key).await?;
        return Ok(());
    }
    row.deleting = true;
    let now_millis = cx.now().millis();
    timer::set(cx.tx(), TIMER, key, now_millis, Vec::new()).await?;
    Ok(table::put(cx.tx(), &row).await?)
}

/// Tags as they are stored.
pub(crate) fn tags(tags: Option<Vec<Tag>>) -> BTreeMap<String, String> {
    tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect()
}

/// Refuses more tags than a group may have.
pub(crate) fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), Error> {
    if tags.len() <= TAGS_MAX {
        return Ok(());
    }
    Err(Error::Quota(format!("a schedule group can have {TAGS_MAX} tags at most")))
}
