//! One lane of a shard: records in their order, batch after batch, with all that follows from failures. Pure.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html>,
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html> and
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html>

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::checkpoint::LaneRow;
use super::{BATCH_BYTES_MAX, Record, Settings, Window};

/// Waits before a batch that failed is tried again: at first, and at most. AWS says "exponential backoff" and no numbers.
const RETRY_MILLIS: i64 = 1_000;
const RETRY_MILLIS_MAX: i64 = 60_000;
/// The largest state of a tumbling window: 1 MB.
const STATE_BYTES_MAX: usize = 1024 * 1024;

/// What a lane does next.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// Nothing before this time; without one, nothing before more records come.
    Wait(Option<i64>),
    /// Its first records are delivered.
    Deliver(usize, Option<Window>),
    /// Its first records are given up: AWS's word for why.
    GiveUp(usize, &'static str),
}

/// A batch that is at the head of the lane, or comes there.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Planned {
    records: usize,
    /// How often it has failed.
    failures: u32,
}

/// An open tumbling window.
#[derive(Debug)]
struct OpenWindow {
    start_millis: i64,
    state: Value,
    is_early: bool,
    /// How often its last batch has failed.
    failures: u32,
}

/// The lane.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// Up to this sequence number all is done.
    after: Option<String>,
    records: VecDeque<Record>,
    /// When the oldest of `records` came here.
    came_millis: i64,
    /// Batches that stay as they are: the one that failed, and what it was split into.
    plan: VecDeque<Planned>,
    /// The batch that had failed when this lane was last stored, and whose records are still to be read.
    failing: Option<(String, u32)>,
    retry_at_millis: i64,
    window: Option<OpenWindow>,
    /// What the consumer said of the last failure.
    detail: Value,
    /// A batch is under way.
    is_busy: bool,
}

/// Whether a sequence number is behind another one. They are numbers without leading zeros.
pub(super) fn is_behind(one: &str, other: &str) -> bool {
    (one.len(), one) > (other.len(), other)
}

impl Lane {
    pub(super) fn of(row: LaneRow) -> Self {
        let window = row.window.map(|(start_millis, state)| OpenWindow {
            start_millis,
            // We wrote it ourselves.
            state: serde_json::from_str(&state).unwrap_or_else(|_| json!({})),
            is_early: false,
            failures: 0,
        });
        Self { after: row.after, failing: row.failing, window, ..Self::default() }
    }

    /// As it is stored. What a lane without records has to be read again is nothing up to `read`.
    pub(super) fn row(&self, read: Option<&str>) -> LaneRow {
        let after = if self.records.is_empty() { read.map(str::to_owned) } else { None };
        let head = self.plan.front().filter(|head| head.failures > 0);
        let failing = head.and_then(|head| {
            let last = self.records.get(head.records.checked_sub(1)?)?;
            Some((last.id.clone(), head.failures))
        });
        LaneRow {
            after: after.or_else(|| self.after.clone()),
            failing: failing.or_else(|| self.failing.clone()),
            window: self.window.as_ref().map(|window| (window.start_millis, window.state.to_string())),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.records.iter().map(|record| record.json.len()).sum()
    }

    pub(super) fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// Whether nothing is left to do, now or later.
    pub(super) fn is_empty(&self) -> bool {
        !self.is_busy && self.records.is_empty() && self.window.is_none()
    }

    pub(super) fn detail(&self) -> &Value {
        &self.detail
    }

    /// Adds a record; one that was done before is left out.
    pub(super) fn push(&mut self, record: Record, now: i64) {
        if self.after.as_deref().is_some_and(|after| !is_behind(&record.id, after)) {
            return;
        }
        if self.records.is_empty() {
            self.came_millis = now;
        }
        self.records.push_back(record);
    }

    /// The first records.
    pub(super) fn head(&self, count: usize) -> Vec<Record> {
        self.records.iter().take(count).cloned().collect()
    }

    /// What to do now. `is_tip` says that the shard has nothing more at the moment.
    pub(super) fn next(&mut self, settings: &Settings, now: i64, is_tip: bool) -> Step {
        if self.is_busy {
            return Step::Wait(None);
        }
        if self.retry_at_millis > now {
            return Step::Wait(Some(self.retry_at_millis));
        }
        if let Some(step) = self.end_of_window(settings, now, is_tip) {
            return step;
        }
        if !self.restore_failed(is_tip) {
            return Step::Wait(None);
        }
        if self.records.is_empty() {
            return Step::Wait(None);
        }
        let Some(head) = self.plan.front().copied() else { return self.fresh(settings, now) };
        match self.give_up(settings, now, head) {
            Some(step) => step,
            None => Step::Deliver(head.records, self.window_of_head(settings)),
        }
    }

    /// Puts together the batch that had failed before a restart; false while its end was not read.
    fn restore_failed(&mut self, is_tip: bool) -> bool {
        let Some((last, failures)) = self.failing.clone() else { return true };
        let is_read = is_tip || self.records.back().is_some_and(|record| !is_behind(&last, &record.id));
        if !is_read {
            return false;
        }
        self.failing = None;
        let records = self.records.iter().take_while(|record| !is_behind(&record.id, &last)).count();
        if records > 0 {
            self.plan.push_front(Planned { records, failures });
        }
        true
    }

    /// A new batch, when it is full or its time has come.
    fn fresh(&mut self, settings: &Settings, now: i64) -> Step {
        let window = settings.tumbling_millis.map(|size| self.open_window(size));
        let (mut count, mut bytes) = (0, 0);
        let mut is_full = false;
        for record in &self.records {
            // What comes late belongs to the window that is open.
            let is_other = window.is_some_and(|(start, size)| record.at_millis >= start + size);
            bytes += record.json.len() + 1;
            if is_other || count == settings.batch_size || (bytes > BATCH_BYTES_MAX && count > 0) {
                is_full = true;
                break;
            }
            count += 1;
        }
        is_full |= count == settings.batch_size;
        let due = self.came_millis + settings.window_millis;
        let end = window.map(|(start, size)| start + size);
        let at = end.map_or(due, |end| due.min(end.max(self.came_millis)));
        if !is_full && now < at {
            return Step::Wait(Some(at));
        }
        let head = Planned { records: count, failures: 0 };
        self.plan.push_front(head);
        match self.give_up(settings, now, head) {
            Some(step) => step,
            None => Step::Deliver(count, self.window_of_head(settings)),
        }
    }

    /// What of the first batch has to be given up before it is tried again.
    fn give_up(&mut self, settings: &Settings, now: i64, head: Planned) -> Option<Step> {
        if let Some(age_max) = settings.age_max_millis {
            let batch = self.records.iter().take(head.records);
            let old = batch.take_while(|record| now - record.at_millis > age_max).count();
            if old > 0 {
                return Some(Step::GiveUp(old, "RecordAgeExceeded"));
            }
        }
        let is_exhausted = settings.retries_max.is_some_and(|most| head.failures > most);
        is_exhausted.then_some(Step::GiveUp(head.records, "RetryAttemptsExhausted"))
    }

    /// How often the first batch has failed.
    pub(super) fn failures(&self) -> u32 {
        let window = self.window.as_ref().map_or(0, |window| window.failures);
        self.plan.front().map_or(window, |head| head.failures)
    }

    /// The begin and the length of the window that is open; the first record opens one.
    fn open_window(&mut self, size: i64) -> (i64, i64) {
        let first = self.records.front().map_or(0, |record| record.at_millis);
        let window = self.window.get_or_insert_with(|| OpenWindow {
            start_millis: first - first.rem_euclid(size),
            state: json!({}),
            is_early: false,
            failures: 0,
        });
        (window.start_millis, size)
    }

    fn window_of_head(&self, settings: &Settings) -> Option<Window> {
        self.shown_window(settings, false)
    }

    fn shown_window(&self, settings: &Settings, is_final: bool) -> Option<Window> {
        let (window, size) = (self.window.as_ref()?, settings.tumbling_millis?);
        Some(Window {
            start_millis: window.start_millis,
            end_millis: window.start_millis + size,
            state: window.state.clone(),
            is_final,
            is_early: window.is_early,
        })
    }

    /// The last batch of a window, which has no records: when its time is over and all of it was read, when the next record
    /// is of a later one, or when its state is too large.
    fn end_of_window(&mut self, settings: &Settings, now: i64, is_tip: bool) -> Option<Step> {
        let size = settings.tumbling_millis?;
        let window = self.window.as_ref()?;
        if !self.plan.is_empty() || self.failing.is_some() {
            return None;
        }
        let end = window.start_millis + size;
        let is_over = match self.records.front() {
            Some(first) => first.at_millis >= end,
            None if now >= end => is_tip,
            None if window.is_early => true,
            None => return Some(Step::Wait(Some(end))),
        };
        if !is_over && !window.is_early {
            return None;
        }
        if settings.retries_max.is_some_and(|most| window.failures > most) {
            return Some(Step::GiveUp(0, "RetryAttemptsExhausted"));
        }
        Some(Step::Deliver(0, self.shown_window(settings, true)))
    }

    /// A batch is under way.
    pub(super) fn begin(&mut self) {
        self.is_busy = true;
    }

    /// The consumer was busy: the batch is tried again as it is.
    pub(super) fn busy(&mut self, until_millis: i64) {
        self.is_busy = false;
        self.retry_at_millis = until_millis;
    }

    /// The first `count` records are done, or given up. `count` is 0 for the end of a window.
    pub(super) fn done(&mut self, count: usize, state: Option<Value>, now: i64) {
        self.is_busy = false;
        self.detail = Value::Null;
        if count == 0 {
            self.window = None;
            return;
        }
        if let (Some(window), Some(state)) = (&mut self.window, state) {
            window.is_early = state.to_string().len() > STATE_BYTES_MAX;
            window.state = state;
        }
        self.advance(count, now);
    }

    fn advance(&mut self, count: usize, now: i64) {
        for _ in 0..count {
            if let Some(record) = self.records.pop_front() {
                self.after = Some(record.id);
            }
        }
        let mut left = count;
        while let Some(head) = self.plan.front_mut() {
            if head.records > left {
                head.records -= left;
                break;
            }
            left -= head.records;
            self.plan.pop_front();
        }
        // What is left waits from now on for its batch to become full.
        self.came_millis = now;
    }

    /// The first `count` records were not done; of a partial failure the first `good` of them were.
    pub(super) fn failed(&mut self, settings: &Settings, good: usize, count: usize, detail: Value, now: i64) {
        self.is_busy = false;
        self.detail = detail;
        if count == 0 {
            if let Some(window) = &mut self.window {
                window.failures += 1;
                self.retry_at_millis = now + wait_millis(settings, window.failures);
            }
            return;
        }
        let before = self.plan.front().map_or(0, |head| head.failures);
        self.advance(good, now);
        let left = count - good;
        self.plan.pop_front();
        if settings.bisect && left > 1 && good == 0 {
            // "Splitting a batch does not count towards the retry quota."
            self.plan.push_front(Planned { records: left - left / 2, failures: before });
            self.plan.push_front(Planned { records: left / 2, failures: before });
            return;
        }
        // After some progress it is another record that fails, for the first time.
        let failures = if good > 0 { 1 } else { before + 1 };
        self.plan.push_front(Planned { records: left, failures });
        self.retry_at_millis = now + wait_millis(settings, failures);
    }
}

/// What is not tried again is given up at once.
fn wait_millis(settings: &Settings, failures: u32) -> i64 {
    if settings.retries_max.is_some_and(|most| failures > most) {
        return 0;
    }
    (RETRY_MILLIS << failures.saturating_sub(1).min(10)).min(RETRY_MILLIS_MAX)
}

#[cfg(test)]
mod tests;
