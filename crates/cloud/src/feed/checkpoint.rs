//! How far a shard was read for a feed: the stored rows.

use serde::{Deserialize, Serialize};
use store::Tx;
use store::keyspace::{self, Prefix};
use store::layer::table::{self, Paging, Record};
use store::tuple::Tuple;

/// Rows that one transaction deletes, and that one read lists.
const PAGE: usize = 500;

/// A shard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ShardRow {
    pub(super) feed: String,
    pub(super) shard: String,
    pub(super) place: Place,
    /// Batches with different keys go their own ways; one for each.
    pub(super) lanes: Vec<LaneRow>,
    /// All records were read and the shard is closed.
    pub(super) ended: bool,
    /// How the last batch went, and when.
    pub(super) result: Option<String>,
    pub(super) result_at_millis: i64,
}

/// Where a shard is begun that nothing was read of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Place {
    /// At the oldest record.
    Begin,
    /// At this time, in milliseconds.
    At(i64),
    /// By an iterator; when that has expired, at the records of this time, in milliseconds.
    Iterator(String, i64),
}

/// How far a lane is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct LaneRow {
    /// The sequence number up to which all is done.
    pub(super) after: Option<String>,
    /// The last sequence number of the batch that failed, and how often it did.
    pub(super) failing: Option<(String, u32)>,
    /// The begin of the open tumbling window, and the consumer's state as JSON.
    pub(super) window: Option<(i64, String)>,
}

impl Record for ShardRow {
    const PREFIX: Prefix = keyspace::SYSTEM_FEED_SHARD;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.feed, &self.shard))
    }
}

/// The rows of a feed.
pub(super) async fn all(tx: &Tx, feed: &str) -> Result<Vec<ShardRow>, store::Error> {
    let mut rows = Vec::new();
    let mut paging = Paging::first(PAGE);
    loop {
        let page = table::list::<ShardRow>(tx, feed, &paging).await?;
        rows.extend(page.items);
        match page.next {
            None => return Ok(rows),
            next => paging = Paging::after(PAGE, next),
        }
    }
}

/// Removes the rows of a feed.
pub(super) async fn forget(tx: &mut Tx, feed: &str) -> Result<(), store::Error> {
    // A stream has some thousand shards at most: they go in one transaction.
    while table::delete_under::<ShardRow>(tx, feed, PAGE).await? {}
    Ok(())
}

/// The newest result of all shards.
pub(super) async fn last_result(tx: &Tx, feed: &str) -> Result<Option<String>, store::Error> {
    let rows = all(tx, feed).await?.into_iter().filter(|row| row.result.is_some());
    Ok(rows.max_by_key(|row| row.result_at_millis).and_then(|row| row.result))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_is_read() {
        let stored = br#"{"feed":"lambda/1","shard":"s","place":{"iterator":["i",5]},"lanes":[{"after":"7","failing":["9",2],
            "window":[60000,"{}"]}],"ended":false,"result":"OK","result_at_millis":3}"#;
        let row = table::decode::<ShardRow>(&[&[1], &stored[..]].concat()).unwrap();
        assert_eq!(row.place, Place::Iterator("i".to_owned(), 5));
        assert_eq!(row.lanes[0].failing, Some(("9".to_owned(), 2)));
        let begin = br#"{"feed":"f","shard":"s","place":"begin","lanes":[],"ended":true,"result":null,"result_at_millis":0}"#;
        assert_eq!(table::decode::<ShardRow>(&[&[1], &begin[..]].concat()).unwrap().place, Place::Begin);
    }
}
