//! Sequence numbers.
//!
//! Those of AWS are numbers of 186 bits. From the highest digit, in hexadecimal: `2`, the second in which the shard was
//! made (9 digits), the last digit of the shard's number, a place that grows (16), two that are always zero here, the
//! second of the record (9), the shard's number (8), and `2` again, the version. (Observed by the authors of kinesalite,
//! <https://github.com/mhart/kinesalite>, db/index.js.) Here the place is where the record stands in the order of
//! commits: the commit's version and the record's index in it.

use store::{Stamp, Version};

/// The version of sequence numbers, and their first digit.
const VERSION: &str = "2";
/// Bits of a place that hold the index in a commit.
const INDEX_BITS: u32 = 16;
/// The place behind all records: that of the end of a shard.
const END: u64 = 0x7fff_ffff_ffff_ffff;
/// Hexadecimal digits of a sequence number.
const DIGITS: usize = 47;

/// A sequence number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sequence {
    /// The second in which the shard was made.
    pub(crate) shard_secs: i64,
    /// The number of the shard.
    pub(crate) shard: u32,
    place: u64,
    /// The second in which the record came.
    pub(crate) secs: i64,
}

impl Sequence {
    /// The number with which a shard starts.
    pub(crate) fn start(shard: u32, shard_secs: i64) -> Self {
        Self { shard_secs, shard, place: 0, secs: shard_secs }
    }

    /// The number with which a shard ends that was closed at `secs`.
    pub(crate) fn end(shard: u32, shard_secs: i64, secs: i64) -> Self {
        Self { shard_secs, shard, place: END, secs }
    }

    /// The number of the record at `stamp`.
    pub(crate) fn of(shard: u32, shard_secs: i64, stamp: Stamp, secs: i64) -> Self {
        Self { shard_secs, shard, place: place_of(stamp), secs }
    }

    /// Where the record stands in the log; none for the start of a shard.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        let index = u16::try_from(self.place & 0xffff).expect("sixteen bits are kept");
        (self.place > 0).then(|| Stamp::new(Version(self.place >> INDEX_BITS), index))
    }

    /// The place just before the record; none for the first of all.
    pub(crate) fn before(&self) -> Option<Stamp> {
        Self { place: self.place.saturating_sub(1), ..*self }.stamp()
    }

    /// The number in decimal.
    pub(crate) fn text(&self) -> String {
        let secs = |secs: i64| format!("{:09x}", secs.clamp(0, 0xf_ffff_ffff));
        let hex = format!(
            "{VERSION}{}{:x}{:016x}00{}{:08x}{VERSION}",
            secs(self.shard_secs),
            self.shard & 0xf,
            self.place,
            secs(self.secs),
            self.shard
        );
        decimal_of(&hex)
    }

    /// Reads [`Sequence::text`]; none for what is no sequence number.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let hex = hex_of(text)?;
        let number = |from: usize, to: usize| u64::from_str_radix(hex.get(from..to)?, 16).ok();
        let fits = hex.starts_with(VERSION) && hex.ends_with(VERSION) && hex.len() == DIGITS;
        let place = number(11, 27)?;
        if !fits || place > END {
            return None;
        }
        Some(Self {
            shard_secs: i64::try_from(number(1, 10)?).ok()?,
            shard: u32::try_from(number(38, 46)?).ok()?,
            place,
            secs: i64::try_from(number(29, 38)?).ok()?,
        })
    }
}

fn place_of(stamp: Stamp) -> u64 {
    let mut version = [0; 8];
    version.copy_from_slice(&stamp.0[..8]);
    let index = u64::from(u16::from_be_bytes([stamp.0[8], stamp.0[9]]));
    // 2^47 commits are four hundred years of ten thousand in a second.
    ((u64::from_be_bytes(version) << INDEX_BITS) | index) & END
}

/// A hexadecimal number in decimal: from the left, digit by digit, over nine decimal digits at a time.
fn decimal_of(hex: &str) -> String {
    const BASE: u64 = 1_000_000_000;
    let mut groups: Vec<u64> = Vec::new();
    for digit in hex.chars().filter_map(|c| c.to_digit(16)) {
        let mut carry = u64::from(digit);
        for group in &mut groups {
            let value = *group * 16 + carry;
            (*group, carry) = (value % BASE, value / BASE);
        }
        if carry > 0 {
            groups.push(carry);
        }
    }
    let mut groups = groups.iter().rev();
    let first = groups.next().map_or_else(|| "0".to_owned(), u64::to_string);
    groups.fold(first, |text, group| format!("{text}{group:09}"))
}

/// Longest text that is read: the model's pattern allows 129 digits, real ones have 56.
const TEXT_CHARS_MAX: usize = 129;

/// A decimal number in hexadecimal, without leading zeros.
fn hex_of(decimal: &str) -> Option<String> {
    const BASE: u64 = 1 << 32;
    if decimal.is_empty() || decimal.len() > TEXT_CHARS_MAX {
        return None;
    }
    let mut words: Vec<u64> = Vec::new();
    for c in decimal.chars() {
        let mut carry = u64::from(c.to_digit(10)?);
        for word in &mut words {
            let value = *word * 10 + carry;
            (*word, carry) = (value % BASE, value / BASE);
        }
        if carry > 0 {
            words.push(carry);
        }
    }
    let mut words = words.iter().rev();
    let first = words.next().map_or_else(|| "0".to_owned(), |word| format!("{word:x}"));
    Some(words.fold(first, |text, word| format!("{text}{word:08x}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number in the example of DescribeStream in AWS's API reference.
    #[test]
    fn aws_numbers_are_read() {
        let number = "49543463076548007577105092703039560359975228518395012686";
        assert_eq!(decimal_of(&hex_of(number).unwrap()), number);
        let real = "49554751971385712311965096607999491514675643249030332418";
        let read = Sequence::parse(real).unwrap();
        assert_eq!((read.shard, read.stamp()), (0, None));
        assert_eq!(read.text(), real);
    }

    #[test]
    fn numbers_go_both_ways_and_grow() {
        let stamp = |version, index| Stamp::new(Version(version), index);
        let number = |version, index, secs| Sequence::of(3, 1_767_225_600, stamp(version, index), secs);
        let (first, second, third) =
            (number(7, 1, 1_767_225_601), number(7, 2, 1_767_225_601), number(8, 0, 1_767_225_601));
        assert!(first.text() < second.text() && second.text() < third.text());
        assert_eq!(first.text().len(), 56);
        let read = Sequence::parse(&first.text()).unwrap();
        assert_eq!((read, read.stamp()), (first, Some(stamp(7, 1))));
        assert_eq!(second.before(), first.stamp());
        assert_eq!(third.before(), Some(stamp(7, 0xffff)));
        let (start, end) =
            (Sequence::start(3, 1_767_225_600), Sequence::end(3, 1_767_225_600, 1_767_225_700));
        assert!(start.text() < first.text() && third.text() < end.text());
        assert_eq!((start.stamp(), start.before()), (None, None));
    }

    #[test]
    fn other_texts_are_no_numbers() {
        for text in ["", "0", "1", "x", "-5", &"9".repeat(56), &"9".repeat(200)] {
            assert_eq!(Sequence::parse(text), None, "{text}");
        }
    }
}
