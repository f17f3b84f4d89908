//! The rules of a batch of events: pure.

use crate::error::Error;
use crate::limits::{
    AGE_MILLIS_MAX, BATCH_BYTES_MAX, BATCH_SPAN_MILLIS, DAY_MILLIS, EVENT_OVERHEAD_BYTES, FUTURE_MILLIS_MAX,
    MESSAGE_BYTES_MAX,
};

/// Which events of a batch are taken.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Admission {
    /// The index of the first event that is taken.
    pub(crate) from: usize,
    /// The index behind the last event that is taken.
    pub(crate) to: usize,
    /// The index behind the last event that is older than two weeks.
    pub(crate) too_old_to: Option<usize>,
    /// The index behind the last event that is older than the group keeps events.
    pub(crate) expired_to: Option<usize>,
    /// The index of the first event that is too far in the future.
    pub(crate) too_new_from: Option<usize>,
    /// The bytes of the events that are taken, as AWS counts them.
    pub(crate) bytes: usize,
}

/// Decides about a batch, given as times and lengths of messages.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html>
pub(crate) fn admit(
    events: &[(i64, usize)],
    now_millis: i64,
    retention_days: Option<i32>,
) -> Result<Admission, Error> {
    let size =
        |range: &[(i64, usize)]| range.iter().map(|(_, length)| length + EVENT_OVERHEAD_BYTES).sum::<usize>();
    if !events.is_sorted_by_key(|(timestamp, _)| *timestamp) {
        return Err(Error::invalid(
            "Log events in a single PutLogEvents request must be in chronological order.",
        ));
    }
    if let (Some((first, _)), Some((last, _))) = (events.first(), events.last())
        && last.saturating_sub(*first) > BATCH_SPAN_MILLIS
    {
        return Err(Error::invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        ));
    }
    if let Some((_, length)) = events.iter().find(|(_, length)| *length > MESSAGE_BYTES_MAX) {
        let counted = length + EVENT_OVERHEAD_BYTES;
        let limit = MESSAGE_BYTES_MAX + EVENT_OVERHEAD_BYTES;
        return Err(Error::invalid(format!("Log event too large: {counted} bytes exceeds limit of {limit}")));
    }
    let total = size(events);
    if total > BATCH_BYTES_MAX {
        return Err(Error::invalid(format!(
            "Upload too large: {total} bytes exceeds limit of {BATCH_BYTES_MAX}"
        )));
    }
    let count_before = |limit: i64| events.partition_point(|(timestamp, _)| *timestamp < limit);
    let too_old = count_before(now_millis - AGE_MILLIS_MAX);
    let expired = retention_days.map_or(0, |days| count_before(now_millis - i64::from(days) * DAY_MILLIS));
    let too_new = events.partition_point(|(timestamp, _)| *timestamp <= now_millis + FUTURE_MILLIS_MAX);
    let from = too_old.max(expired).min(too_new);
    Ok(Admission {
        from,
        to: too_new,
        too_old_to: (too_old > 0).then_some(too_old),
        expired_to: (expired > 0).then_some(expired),
        too_new_from: (too_new < events.len()).then_some(too_new),
        bytes: size(&events[from..too_new]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_767_225_600_000;

    fn refused(events: &[(i64, usize)], expected: &str) {
        match admit(events, NOW, None) {
            Err(Error::Invalid(message)) => assert_eq!(message, expected),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn batches_that_are_refused_whole() {
        refused(
            &[(NOW, 1), (NOW - 1, 1)],
            "Log events in a single PutLogEvents request must be in chronological order.",
        );
        refused(
            &[(NOW - BATCH_SPAN_MILLIS - 1, 1), (NOW, 1)],
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        );
        refused(&[(NOW, 600_000)], "Log event too large: 600026 bytes exceeds limit of 524298");
        refused(&[(NOW, 400_000); 3], "Upload too large: 1200078 bytes exceeds limit of 1048576");
    }

    #[test]
    fn events_outside_of_the_window_are_left_out() {
        let day = DAY_MILLIS;
        let all = admit(&[(NOW - BATCH_SPAN_MILLIS, 1), (NOW, 1)], NOW, None).expect("taken");
        assert_eq!((all.from, all.to, all.bytes), (0, 2, 54));
        let new =
            admit(&[(NOW, 1), (NOW + FUTURE_MILLIS_MAX, 1), (NOW + FUTURE_MILLIS_MAX + 1, 1)], NOW, None);
        let new = new.expect("taken in part");
        assert_eq!((new.from, new.to, new.too_new_from, new.bytes), (0, 2, Some(2), 54));
        let old = admit(&[(NOW - 14 * day - 1, 1), (NOW - 14 * day, 1)], NOW, None).expect("taken in part");
        assert_eq!((old.from, old.to, old.too_old_to, old.expired_to), (1, 2, Some(1), None));
        let expired = admit(&[(NOW - day - 1, 1), (NOW - day, 1)], NOW, Some(1)).expect("taken in part");
        assert_eq!((expired.from, expired.to, expired.too_old_to, expired.expired_to), (1, 2, None, Some(1)));
        let none = admit(&[(NOW - 15 * day, 1)], NOW, Some(1)).expect("nothing is taken");
        assert_eq!((none.from, none.to, none.too_old_to, none.expired_to), (1, 1, Some(1), Some(1)));
    }
}
