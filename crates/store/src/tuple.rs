//! Keys made of typed parts, whose byte order is the order of the parts.
//!
//! `("a", 5u64)` sorts before `("a", 6u64)` and before `("b",)`. Numbers sort by value whether they
//! are `u64` or `i64`, strings and bytes bytewise. Between types the order is null, bytes, string,
//! numbers, booleans. A tuple is the concatenation of its parts, so nesting does not show.

use bytes::Bytes;

use crate::Error;
use crate::keyspace::Prefix;
use crate::types::{Key, Range};

const NULL: u8 = 0x01;
const BYTES: u8 = 0x02;
const STRING: u8 = 0x03;
const NEGATIVE: u8 = 0x20;
const NATURAL: u8 = 0x21;
const FALSE: u8 = 0x30;
const TRUE: u8 = 0x31;
/// Ends a string. A zero byte inside is followed by [`ESCAPE`], which no part begins with.
const END: u8 = 0x00;
const ESCAPE: u8 = 0xff;

/// A value that can be part of a key, or several of them.
pub trait Pack {
    /// Appends the encoded parts.
    fn pack(&self, out: &mut Vec<u8>);
}

/// A value that can be read back from a key.
pub trait Unpack: Sized {
    /// Takes the parts from the front of `input`.
    fn unpack(input: &mut &[u8]) -> Result<Self, Error>;
}

/// Encoded parts, ready to be used as a part again.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tuple(pub Bytes);

impl Tuple {
    /// Encodes the parts.
    pub fn of(parts: impl Pack) -> Self {
        Tuple(pack(&parts).into())
    }
}

/// The key of these parts under a prefix.
pub fn key(prefix: Prefix, parts: &impl Pack) -> Key {
    pack_under(prefix, parts).into()
}

/// The key of these parts and all keys that have more parts after them. The last part is whole:
/// the range of `("a",)` does not hold `("ab",)`.
pub fn range(prefix: Prefix, parts: &impl Pack) -> Range {
    range_of(pack_under(prefix, parts).into())
}

/// All keys that have the encoded parts in `key` and perhaps more parts.
pub fn range_of(key: Key) -> Range {
    let mut to = Vec::with_capacity(key.len() + 1);
    to.extend_from_slice(&key);
    to.push(ESCAPE);
    Range::new(key, to)
}

/// All keys with these parts whose next part is a string that begins with `text`.
pub fn range_starting(prefix: Prefix, parts: &impl Pack, text: &str) -> Range {
    let mut from = pack_under(prefix, parts);
    from.push(STRING);
    escape(text.as_bytes(), &mut from);
    Range::prefix(from)
}

/// The encoded parts alone.
pub fn pack(parts: &impl Pack) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    parts.pack(&mut out);
    out
}

/// Reads all parts of `input`, which must hold nothing else.
pub fn unpack<T: Unpack>(mut input: &[u8]) -> Result<T, Error> {
    let value = T::unpack(&mut input)?;
    if !input.is_empty() {
        return Err(damaged("more parts than expected"));
    }
    Ok(value)
}

/// Reads the parts of a key after its prefix.
pub fn unpack_key<T: Unpack>(key: &[u8]) -> Result<T, Error> {
    unpack(key.get(2..).ok_or_else(|| damaged("no prefix"))?)
}

fn pack_under(prefix: Prefix, parts: &impl Pack) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    out.extend_from_slice(&prefix.0);
    parts.pack(&mut out);
    out
}

fn damaged(why: &str) -> Error {
    Error::Corrupt(format!("key of a row: {why}"))
}

fn escape(bytes: &[u8], out: &mut Vec<u8>) {
    for byte in bytes {
        out.push(*byte);
        if *byte == END {
            out.push(ESCAPE);
        }
    }
}

fn pack_bytes(code: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len() + 2);
    out.push(code);
    escape(bytes, out);
    out.push(END);
}

fn take(input: &mut &[u8]) -> Result<u8, Error> {
    let (first, rest) = input.split_first().ok_or_else(|| damaged("it ends too early"))?;
    *input = rest;
    Ok(*first)
}

fn take_bytes(code: u8, input: &mut &[u8]) -> Result<Vec<u8>, Error> {
    if take(input)? != code {
        return Err(damaged("a part has another type"));
    }
    let mut out = Vec::new();
    loop {
        match take(input)? {
            END if input.first() == Some(&ESCAPE) => {
                take(input)?;
                out.push(END);
            }
            END => return Ok(out),
            byte => out.push(byte),
        }
    }
}

fn take_number(input: &mut &[u8]) -> Result<(u8, u64), Error> {
    let code = take(input)?;
    if code != NATURAL && code != NEGATIVE {
        return Err(damaged("a part is not a number"));
    }
    let (bytes, rest) = input.split_first_chunk::<8>().ok_or_else(|| damaged("a short number"))?;
    *input = rest;
    Ok((code, u64::from_be_bytes(*bytes)))
}

impl Pack for str {
    fn pack(&self, out: &mut Vec<u8>) {
        pack_bytes(STRING, self.as_bytes(), out);
    }
}

impl Pack for String {
    fn pack(&self, out: &mut Vec<u8>) {
        self.as_str().pack(out);
    }
}

impl Unpack for String {
    fn unpack(input: &mut &[u8]) -> Result<Self, Error> {
        String::from_utf8(take_bytes(STRING, input)?).map_err(|_| damaged("a string is not UTF-8"))
    }
}

impl Pack for [u8] {
    fn pack(&self, out: &mut Vec<u8>) {
        pack_bytes(BYTES, self, out);
    }
}

impl<const N: usize> Pack for [u8; N] {
    fn pack(&self, out: &mut Vec<u8>) {
        self.as_slice().pack(out);
    }
}

impl Pack for Bytes {
    fn pack(&self, out: &mut Vec<u8>) {
        self.as_ref().pack(out);
    }
}

impl Unpack for Bytes {
    fn unpack(input: &mut &[u8]) -> Result<Self, Error> {
        Ok(take_bytes(BYTES, input)?.into())
    }
}

impl Pack for u64 {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push(NATURAL);
        out.extend_from_slice(&self.to_be_bytes());
    }
}

impl Unpack for u64 {
    fn unpack(input: &mut &[u8]) -> Result<Self, Error> {
        match take_number(input)? {
            (NATURAL, value) => Ok(value),
            _ => Err(damaged("a negative number")),
        }
    }
}

impl Pack for i64 {
    fn pack(&self, out: &mut Vec<u8>) {
        // Two's complement keeps the order among negative numbers as it stands.
        out.push(if *self < 0 { NEGATIVE } else { NATURAL });
        out.extend_from_slice(&self.to_be_bytes());
    }
}

impl Unpack for i64 {
    fn unpack(input: &mut &[u8]) -> Result<Self, Error> {
        let (code, value) = take_number(input)?;
        let value = value as i64;
        if (code == NEGATIVE) == (value < 0) { Ok(value) } else { Err(damaged("a number over i64")) }
    }
}

impl Pack for bool {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push(if *self { TRUE } else { FALSE });
    }
}

impl Unpack for bool {
    fn unpack(input: &mut &[u8]) -> Result<Self, Error> {
        match take(input)? {
            FALSE => Ok(false),
            TRUE => Ok(true),
            _ => Err(damaged("a part is not a boolean")),
        }
    }
}

impl<T: Pack> Pack for Option<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.pack(out),
            None => out.push(NULL),
        }
    }
}

impl<T: Unpack> Unpack for Option<T> {
    fn unpack(input: &mut &[u8]) -> Result<Self, Error> {
        if input.first() == Some(&NULL) {
            take(input)?;
            return Ok(None);
        }
        T::unpack(input).map(Some)
    }
}

impl<T: Pack + ?Sized> Pack for &T {
    fn pack(&self, out: &mut Vec<u8>) {
        (**self).pack(out);
    }
}

impl Pack for Tuple {
    fn pack(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
}

impl Pack for () {
    fn pack(&self, _out: &mut Vec<u8>) {}
}

impl Unpack for () {
    fn unpack(_input: &mut &[u8]) -> Result<Self, Error> {
        Ok(())
    }
}

macro_rules! tuples {
    ($($($name:ident)+;)+) => {$(
        #[allow(non_snake_case)] // the type's name serves as the variable's
        impl<$($name: Pack),+> Pack for ($($name,)+) {
            fn pack(&self, out: &mut Vec<u8>) {
                let ($($name,)+) = self;
                $($name.pack(out);)+
            }
        }

        impl<$($name: Unpack),+> Unpack for ($($name,)+) {
            fn unpack(input: &mut &[u8]) -> Result<Self, Error> {
                Ok(($($name::unpack(input)?,)+))
            }
        }
    )+};
}

tuples! { A; A B; A B C; A B C D; A B C D E; A B C D E F; }

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Parts = (Option<String>, i64, Bytes, bool, u64);

    fn parts() -> impl Strategy<Value = Parts> {
        let text = proptest::option::of("[\\x00a-c\u{ff}]{0,4}");
        let number = prop_oneof![Just(i64::MIN), Just(-1), Just(0), Just(i64::MAX), any::<i64>()];
        let bytes = proptest::collection::vec(prop_oneof![Just(0u8), Just(255), any::<u8>()], 0..5)
            .prop_map(Bytes::from);
        (text, number, bytes, any::<bool>(), any::<u64>())
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_back(value in parts()) {
            prop_assert_eq!(unpack::<Parts>(&pack(&value)).unwrap(), value);
        }

        #[test]
        fn bytes_sort_as_values_do(one in parts(), two in parts()) {
            prop_assert_eq!(pack(&one).cmp(&pack(&two)), one.cmp(&two));
        }

        #[test]
        fn naturals_and_negatives_sort_together(one in any::<u64>(), two in any::<i64>()) {
            prop_assert_eq!(pack(&one).cmp(&pack(&two)), i128::from(one).cmp(&i128::from(two)));
        }

        #[test]
        fn a_range_holds_the_longer_tuples_of_its_parts_alone(a in "[\\x00a-c]{0,3}", b in "[\\x00a-c]{0,3}", n in any::<i64>()) {
            let prefix = crate::keyspace::TEST_PLAIN;
            let whole = range(prefix, &a);
            prop_assert_eq!(whole.contains(&key(prefix, &(&b, n))), a == b);
            let starting = range_starting(prefix, &(), &a);
            prop_assert_eq!(starting.contains(&key(prefix, &(&b, n))), b.starts_with(&a));
        }

        #[test]
        fn damaged_keys_are_an_error_and_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(value) = unpack::<Parts>(&bytes) {
                prop_assert_eq!(pack(&value), bytes);
            }
        }
    }
}
