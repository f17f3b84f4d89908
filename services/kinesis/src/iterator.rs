//! Shard iterators: places in a shard, as texts that clients hand back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud::prelude::*;
use store::Stamp;

use crate::error::Error;
use crate::limits::ITERATOR_MILLIS;
use crate::names::StreamName;

/// The form that is written today.
const VERSION: u8 = 1;

/// A place in a shard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// Records behind this one; from the beginning without it.
    pub(crate) after: Option<Stamp>,
    /// Records of this time or later.
    pub(crate) since_millis: i64,
}

/// A place in a shard of a stream, from which may be read for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Iterator {
    pub(crate) stream: StreamName,
    /// The stream's id: one that was made again under the same name is another.
    pub(crate) id: String,
    pub(crate) shard: u32,
    pub(crate) place: Place,
    pub(crate) made_at_millis: i64,
}

impl Iterator {
    /// The text.
    pub(crate) fn text(&self) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.made_at_millis.to_be_bytes());
        bytes.extend_from_slice(&self.shard.to_be_bytes());
        bytes.extend_from_slice(&self.place.since_millis.to_be_bytes());
        bytes.push(u8::from(self.place.after.is_some()));
        bytes.extend_from_slice(&self.place.after.map_or([0; Stamp::LEN], |stamp| stamp.0));
        bytes.extend_from_slice(format!("{} {}", self.id, self.stream.arn()).as_bytes());
        STANDARD.encode(bytes)
    }

    /// Reads a text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text).ok()?;
        let (head, rest) = bytes.split_first()?;
        let (made_at, rest) = rest.split_first_chunk()?;
        let (shard, rest) = rest.split_first_chunk()?;
        let (since, rest) = rest.split_first_chunk()?;
        let (has_stamp, rest) = rest.split_first()?;
        let (stamp, rest) = rest.split_first_chunk()?;
        let (id, arn) = std::str::from_utf8(rest).ok()?.split_once(' ')?;
        (*head == VERSION).then_some(())?;
        Some(Self {
            stream: StreamName::of_arn(arn)?,
            id: id.to_owned(),
            shard: u32::from_be_bytes(*shard),
            place: Place {
                after: (*has_stamp != 0).then_some(Stamp(*stamp)),
                since_millis: i64::from_be_bytes(*since),
            },
            made_at_millis: i64::from_be_bytes(*made_at),
        })
    }

    /// Reads a text that a client hands back now. (Texts: kinesalite, getRecords.js)
    pub(crate) fn read(text: &str, now: Timestamp) -> Result<Self, Error> {
        let read = Self::parse(text).filter(|read| read.made_at_millis <= now.millis());
        let read = read.ok_or_else(|| Error::invalid("Invalid ShardIterator."))?;
        if now.millis() - read.made_at_millis > ITERATOR_MILLIS {
            return Err(Error::ExpiredIterator(date(Timestamp::from_millis(read.made_at_millis)), date(now)));
        }
        Ok(read)
    }
}

/// `Thu Jan 22 01:22:02 UTC 2015`.
fn date(at: Timestamp) -> String {
    let text = wire::time::http_date(at);
    let parts: Vec<&str> = text.split(' ').collect();
    match parts[..] {
        [weekday, day, month, year, time, _] => {
            format!("{} {month} {day} {time} UTC {year}", weekday.trim_end_matches(','))
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iterators_go_both_ways_and_end() {
        let stream = StreamName::of_arn("arn:aws:kinesis:us-east-1:000000000000:stream/s").unwrap();
        let place = Place { after: Some(Stamp([7; 10])), since_millis: 3 };
        let iterator = Iterator { stream, id: "i".repeat(32), shard: 9, place, made_at_millis: 5 };
        let text = iterator.text();
        assert_eq!(Iterator::read(&text, Timestamp::from_millis(5)).unwrap(), iterator);
        let long = StreamName { name: "n".repeat(128), ..iterator.stream.clone() };
        // The model allows 512 characters.
        assert!(Iterator { stream: long, ..iterator }.text().len() <= 512);
        let late = Timestamp::from_millis(6 + ITERATOR_MILLIS);
        assert!(matches!(Iterator::read(&text, late), Err(Error::ExpiredIterator(..))));
        for wrong in ["", "x", "AAAA", &text[4..], "!"] {
            assert!(Iterator::read(wrong, late).is_err(), "{wrong}");
        }
    }

    #[test]
    fn dates_are_those_of_java() {
        assert_eq!(date(Timestamp::from_secs(1_421_889_722)), "Thu Jan 22 01:22:02 UTC 2015");
    }
}
