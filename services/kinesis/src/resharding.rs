//! Splitting and merging shards: rules over plain values.

use crate::keys::{ShardRow, StreamRow};

/// What a change of shards makes: rows to store, and what becomes of the stream.
#[derive(Debug)]
pub(crate) struct Resharding {
    stream: String,
    now: i64,
    /// The number of the next shard.
    pub(crate) next_shard: u32,
    /// Shards that were closed or made.
    pub(crate) changed: Vec<ShardRow>,
    /// How many more shards are open than before.
    pub(crate) opened: i64,
}

impl Resharding {
    /// Nothing changed yet.
    pub(crate) fn new(row: &StreamRow, now: i64) -> Self {
        Self { stream: row.id.clone(), now, next_shard: row.next_shard, changed: Vec::new(), opened: 0 }
    }

    /// Shards for a new stream, which share all hashes evenly.
    pub(crate) fn create(&mut self, count: u32) {
        for (first, last) in even(count) {
            self.make(first, last, None, None);
        }
    }

    /// Closes `shard` and makes two: one up to before `middle`, one from there on.
    pub(crate) fn split(&mut self, shard: &ShardRow, middle: u128) -> [ShardRow; 2] {
        self.close(shard);
        let low = self.make(shard.first_hash, middle - 1, Some(shard.index), None);
        let high = self.make(middle, shard.last_hash, Some(shard.index), None);
        [low, high]
    }

    /// Closes two neighbours and makes one of them.
    pub(crate) fn merge(&mut self, low: &ShardRow, high: &ShardRow) -> ShardRow {
        self.close(low);
        self.close(high);
        self.make(low.first_hash, high.last_hash, Some(low.index), Some(high.index))
    }

    /// Makes `count` even shards of the open ones, which are given in the order of their hashes: first every shard is
    /// split where a new one begins, then what belongs together is merged. Shards in between live only for a moment, as
    /// those that AWS describes at UpdateShardCount.
    pub(crate) fn resize(&mut self, open: Vec<ShardRow>, count: u32) {
        let wanted = even(count);
        let mut pieces = Vec::new();
        for shard in open {
            let mut rest = shard;
            for (first, _) in &wanted {
                if rest.first_hash < *first && *first <= rest.last_hash {
                    let [low, high] = self.split(&rest, *first);
                    pieces.push(low);
                    rest = high;
                }
            }
            pieces.push(rest);
        }
        let mut pieces = pieces.into_iter().peekable();
        while let Some(mut whole) = pieces.next() {
            let is_end = |hash: u128| wanted.iter().any(|(_, last)| *last == hash);
            while !is_end(whole.last_hash) {
                let Some(next) = pieces.next() else { break };
                whole = self.merge(&whole, &next);
            }
        }
    }

    fn make(
        &mut self,
        first_hash: u128,
        last_hash: u128,
        parent: Option<u32>,
        adjacent: Option<u32>,
    ) -> ShardRow {
        let shard = ShardRow {
            stream: self.stream.clone(),
            index: self.next_shard,
            parent,
            adjacent_parent: adjacent,
            first_hash,
            last_hash,
            created_at_millis: self.now,
            closed_at_millis: None,
        };
        self.next_shard += 1;
        self.opened += 1;
        self.changed.push(shard.clone());
        shard
    }

    fn close(&mut self, shard: &ShardRow) {
        let closed = ShardRow { closed_at_millis: Some(self.now), ..shard.clone() };
        self.opened -= 1;
        match self.changed.iter_mut().find(|changed| changed.index == shard.index) {
            Some(changed) => *changed = closed,
            None => self.changed.push(closed),
        }
    }
}

/// All hashes in `count` even ranges.
fn even(count: u32) -> Vec<(u128, u128)> {
    let size = u128::MAX / u128::from(count.max(1));
    let first =
        |number: u32| size * u128::from(number) + u128::from(number).min(u128::MAX % u128::from(count));
    (0..count)
        .map(|number| {
            let last = if number + 1 == count { u128::MAX } else { first(number + 1) - 1 };
            (first(number), last)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> StreamRow {
        let json = r#"{"account":"a","region":"r","name":"n","id":"i","created_at_millis":1,"change":"Creating",
            "change_until_millis":2,"mode":"Provisioned","next_shard":0,"open_shards":0,"retention_hours":24,
            "gone_before_millis":0,"record_kib_max":1024,"encryption":null,"metrics":[],"tags":{},"policy":null,
            "resized_at_millis":[],"mode_changed_at_millis":[]}"#;
        serde_json::from_str(json).unwrap()
    }

    fn open(changed: &[ShardRow]) -> Vec<ShardRow> {
        let mut open: Vec<ShardRow> = changed.iter().filter(|shard| shard.is_open()).cloned().collect();
        open.sort_by_key(|shard| shard.first_hash);
        open
    }

    #[track_caller]
    fn check_whole(open: &[ShardRow]) {
        assert_eq!((open[0].first_hash, open[open.len() - 1].last_hash), (0, u128::MAX));
        for pair in open.windows(2) {
            assert_eq!(pair[0].last_hash + 1, pair[1].first_hash);
        }
    }

    #[test]
    fn resizing_keeps_all_hashes_and_two_parents_at_most() {
        for from in 1..=12 {
            for to in 1..=24 {
                let mut first = Resharding::new(&row(), 1);
                first.create(from);
                let before = open(&first.changed);
                check_whole(&before);
                assert_eq!(before.len(), from as usize);
                let next = StreamRow { next_shard: first.next_shard, ..row() };
                let mut second = Resharding::new(&next, 2);
                second.resize(before.clone(), to);
                let mut all = before;
                all.retain(|shard| second.changed.iter().all(|changed| changed.index != shard.index));
                all.extend(second.changed.iter().cloned());
                let after = open(&all);
                check_whole(&after);
                assert_eq!(after.len(), to as usize, "{from} to {to}");
                assert_eq!(second.opened, i64::from(to) - i64::from(from));
                let ranges: Vec<(u128, u128)> = after.iter().map(|s| (s.first_hash, s.last_hash)).collect();
                assert_eq!(ranges, even(to));
            }
        }
    }

    #[test]
    fn the_same_size_changes_nothing() {
        let mut first = Resharding::new(&row(), 1);
        first.create(3);
        let mut second = Resharding::new(&row(), 2);
        second.resize(open(&first.changed), 3);
        assert!(second.changed.is_empty());
    }
}
