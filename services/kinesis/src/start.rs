//! Where in a shard reading begins.

use cloud::prelude::*;
use store::Tx;

use crate::error::Error;
use crate::iterator::Place;
use crate::keys::ShardRow;
use crate::names;
use crate::sequence::Sequence;
use crate::stream::Stream;

/// Kinds of places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ShardIteratorType {
    AtSequenceNumber,
    AfterSequenceNumber,
    TrimHorizon,
    Latest,
    AtTimestamp,
}

/// Where a request wants to begin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start<'a> {
    pub(crate) kind: ShardIteratorType,
    pub(crate) sequence: Option<&'a str>,
    pub(crate) timestamp: Option<Timestamp>,
    /// The operation, for texts.
    pub(crate) operation: &'static str,
}

impl Start<'_> {
    /// The place in a shard. Texts are those of kinesalite's getShardIterator.js.
    pub(crate) async fn place(
        &self,
        tx: &Tx,
        stream: &Stream,
        shard: &ShardRow,
        now: i64,
    ) -> Result<Place, Error> {
        self.check_members()?;
        let after = |after| Place { after, since_millis: 0 };
        Ok(match self.kind {
            ShardIteratorType::TrimHorizon => after(None),
            ShardIteratorType::Latest => {
                let last = stream.row.log(shard.index).read_back(tx, None, 1).await?;
                after(last.first().map(|entry| entry.stamp))
            }
            ShardIteratorType::AtTimestamp => {
                let at = self.timestamp.map_or(0, Timestamp::millis);
                if at > now {
                    return Err(Error::invalid(format!(
                        "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: {at}, currentTimestampInMillis: {now}"
                    )));
                }
                Place { after: None, since_millis: at }
            }
            ShardIteratorType::AtSequenceNumber => after(self.number(stream, shard)?.before()),
            ShardIteratorType::AfterSequenceNumber => after(self.number(stream, shard)?.stamp()),
        })
    }

    fn check_members(&self) -> Result<(), Error> {
        use ShardIteratorType::{AfterSequenceNumber, AtSequenceNumber, AtTimestamp};
        let needs_number = matches!(self.kind, AtSequenceNumber | AfterSequenceNumber);
        if needs_number != self.sequence.is_some() {
            let found =
                if needs_number { "no StartingSequenceNumber" } else { "also a StartingSequenceNumber" };
            return Err(Error::invalid(format!(
                "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified {} and {found}.",
                self.kind.as_str()
            )));
        }
        if (self.kind == AtTimestamp) != self.timestamp.is_some() {
            return Err(Error::invalid(format!(
                "A Timestamp must be specified with AT_TIMESTAMP, and with it only. Request specified {}.",
                self.kind.as_str()
            )));
        }
        Ok(())
    }

    fn number(&self, stream: &Stream, shard: &ShardRow) -> Result<Sequence, Error> {
        let text = self.sequence.unwrap_or_default();
        let id = names::shard_id(shard.index);
        let wrong = |end: &str| {
            Error::invalid(format!(
                "StartingSequenceNumber {text} used in {} on shard {id} in stream {} under account {} is invalid{end}.",
                self.operation, stream.row.name, stream.row.account
            ))
        };
        let number = Sequence::parse(text).ok_or_else(|| wrong(""))?;
        if number.shard != shard.index {
            return Err(Error::invalid(format!(
                "Invalid StartingSequenceNumber. It encodes {}, while it was used in a call to a shard with {id}",
                names::shard_id(number.shard)
            )));
        }
        if number.shard_secs != shard.created_at_secs() {
            return Err(wrong(" because it did not come from this stream"));
        }
        Ok(number)
    }
}
