//! Items as bytes for a store: compact, and quick to read back.
//!
//! The first byte is the version of the form. Names and texts are UTF-8 with their length before them; lengths and
//! counts are unsigned LEB128.

use std::collections::BTreeSet;

use crate::limits::NESTING_LEVELS_MAX;
use crate::{Item, Number, Value};

/// The form that is written today.
const VERSION: u8 = 1;

/// Stored bytes that this form never writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are not a stored item: {0}")]
pub struct Corrupt(&'static str);

const S: u8 = 1;
const ZERO: u8 = 2;
const POSITIVE: u8 = 3;
const NEGATIVE: u8 = 4;
const B: u8 = 5;
const TRUE: u8 = 6;
const FALSE: u8 = 7;
const NULL: u8 = 8;
const M: u8 = 9;
const L: u8 = 10;
const SS: u8 = 11;
const NS: u8 = 12;
const BS: u8 = 13;

/// The bytes of an item.
pub fn encode(item: &Item) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(crate::size::item(item) + 4 * item.len() + 8);
    bytes.push(VERSION);
    put_entries(&mut bytes, item);
    bytes
}

/// Reads what [`encode`] wrote.
pub fn decode(bytes: &[u8]) -> Result<Item, Corrupt> {
    let mut input = Input(bytes);
    if input.byte()? != VERSION {
        return Err(Corrupt("unknown version"));
    }
    let item = input.entries(0)?;
    if input.0.is_empty() { Ok(item) } else { Err(Corrupt("bytes after the end")) }
}

fn put_entries(out: &mut Vec<u8>, entries: &Item) {
    put_length(out, entries.len());
    for (name, value) in entries {
        put_bytes(out, name.as_bytes());
        put_value(out, value);
    }
}

fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::S(text) => {
            out.push(S);
            put_bytes(out, text.as_bytes());
        }
        Value::N(number) => put_number(out, number),
        Value::B(bytes) => {
            out.push(B);
            put_bytes(out, bytes);
        }
        Value::Bool(flag) => out.push(if *flag { TRUE } else { FALSE }),
        Value::Null => out.push(NULL),
        Value::M(entries) => {
            out.push(M);
            put_entries(out, entries);
        }
        Value::L(elements) => {
            out.push(L);
            put_length(out, elements.len());
            elements.iter().for_each(|element| put_value(out, element));
        }
        Value::Ss(set) => {
            out.push(SS);
            put_length(out, set.len());
            set.iter().for_each(|text| put_bytes(out, text.as_bytes()));
        }
        Value::Ns(set) => {
            out.push(NS);
            put_length(out, set.len());
            set.iter().for_each(|number| put_number(out, number));
        }
        Value::Bs(set) => {
            out.push(BS);
            put_length(out, set.len());
            set.iter().for_each(|bytes| put_bytes(out, bytes));
        }
    }
}

fn put_number(out: &mut Vec<u8>, number: &Number) {
    if number.is_zero() {
        return out.push(ZERO);
    }
    let (negative, coefficient, exponent) = number.parts();
    out.push(if negative { NEGATIVE } else { POSITIVE });
    // The sign of the exponent in the lowest bit keeps small exponents in one byte.
    let folded = (i32::from(exponent) << 1) ^ (i32::from(exponent) >> 31);
    put_varint(out, folded.unsigned_abs().into());
    put_varint(out, coefficient);
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_length(out, bytes.len());
    out.extend_from_slice(bytes);
}

fn put_length(out: &mut Vec<u8>, length: usize) {
    put_varint(out, length as u128);
}

fn put_varint(out: &mut Vec<u8>, mut value: u128) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The bytes that are still to be read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> Result<u8, Corrupt> {
        let (first, rest) = self.0.split_first().ok_or(Corrupt("it ends too early"))?;
        self.0 = rest;
        Ok(*first)
    }

    fn varint(&mut self) -> Result<u128, Corrupt> {
        let mut value = 0u128;
        for shift in (0..128).step_by(7) {
            let byte = self.byte()?;
            let bits = u128::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Corrupt("a number is too long"))
    }

    /// A count of things of at least one byte, so never more than the bytes that are left.
    fn length(&mut self) -> Result<usize, Corrupt> {
        let length = usize::try_from(self.varint()?).map_err(|_| Corrupt("a length is too large"))?;
        if length <= self.0.len() { Ok(length) } else { Err(Corrupt("it ends too early")) }
    }

    fn bytes(&mut self) -> Result<&'a [u8], Corrupt> {
        let length = self.length()?;
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        Ok(taken)
    }

    fn text(&mut self) -> Result<String, Corrupt> {
        let bytes = self.bytes()?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| Corrupt("a text is not UTF-8"))
    }

    fn entries(&mut self, level: usize) -> Result<Item, Corrupt> {
        let count = self.length()?;
        let mut entries = Vec::with_capacity(count.min(64));
        for _ in 0..count {
            entries.push((self.text()?, self.value(level + 1)?));
        }
        // They come in order, which makes this linear.
        Ok(Item::from_iter(entries))
    }

    fn value(&mut self, level: usize) -> Result<Value, Corrupt> {
        if level > NESTING_LEVELS_MAX {
            return Err(Corrupt("it nests too deep"));
        }
        Ok(match self.byte()? {
            S => Value::S(self.text()?),
            tag @ (ZERO | POSITIVE | NEGATIVE) => Value::N(self.number(tag)?),
            B => Value::B(self.bytes()?.to_vec()),
            TRUE => Value::Bool(true),
            FALSE => Value::Bool(false),
            NULL => Value::Null,
            M => Value::M(self.entries(level)?),
            L => {
                let count = self.length()?;
                let mut elements = Vec::with_capacity(count.min(64));
                for _ in 0..count {
                    elements.push(self.value(level + 1)?);
                }
                Value::L(elements)
            }
            SS => Value::Ss(self.set(Self::text)?),
            NS => Value::Ns(self.set(|input| {
                let tag = input.byte()?;
                input.number(tag)
            })?),
            BS => Value::Bs(self.set(|input| input.bytes().map(<[u8]>::to_vec))?),
            _ => return Err(Corrupt("unknown type")),
        })
    }

    fn set<T: Ord>(&mut self, element: fn(&mut Self) -> Result<T, Corrupt>) -> Result<BTreeSet<T>, Corrupt> {
        let count = self.length()?;
        (0..count).map(|_| element(self)).collect()
    }

    fn number(&mut self, tag: u8) -> Result<Number, Corrupt> {
        let negative = match tag {
            ZERO => return Ok(Number::ZERO),
            POSITIVE => false,
            NEGATIVE => true,
            _ => return Err(Corrupt("unknown type")),
        };
        let folded = i64::try_from(self.varint()?).map_err(|_| Corrupt("an exponent is too large"))?;
        let exponent = (folded >> 1) ^ -(folded & 1);
        let coefficient = self.varint()?;
        Number::normalised(negative, coefficient, exponent).map_err(|_| Corrupt("a number is out of range"))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Any value, four levels deep at most.
    pub(crate) fn any_value() -> impl Strategy<Value = Value> {
        let text = || "[ab\u{e9}]{0,3}";
        let bytes = || proptest::collection::vec(any::<u8>(), 0..4);
        let leaf = prop_oneof![
            text().prop_map(Value::S),
            crate::number::tests::any().prop_map(Value::N),
            bytes().prop_map(Value::B),
            any::<bool>().prop_map(Value::Bool),
            Just(Value::Null),
            proptest::collection::btree_set(text(), 1..4).prop_map(Value::Ss),
            proptest::collection::btree_set(crate::number::tests::any(), 1..4).prop_map(Value::Ns),
            proptest::collection::btree_set(bytes(), 1..4).prop_map(Value::Bs),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::L),
                proptest::collection::btree_map("[ab]{1,2}", inner, 0..4).prop_map(Value::M),
            ]
        })
    }

    /// Version 1, byte for byte: what was stored once must be read forever.
    #[test]
    fn version_1_is_read() {
        let item = Item::from([
            ("a".to_owned(), Value::text("x")),
            ("b".to_owned(), Value::N("-1.5".parse().unwrap())),
            ("c".to_owned(), Value::L(vec![Value::Null, Value::Bool(true), Value::N(Number::ZERO)])),
            ("d".to_owned(), Value::M(Item::from([("e".to_owned(), Value::B(vec![7]))]))),
            ("f".to_owned(), Value::Ns([Number::from(300)].into())),
        ]);
        let bytes = b"\x01\x05\x01a\x01\x01x\x01b\x04\x01\x0f\x01c\x0a\x03\x08\x06\x02\x01d\x09\x01\x01e\x05\x01\x07\x01f\x0c\x01\x03\x04\x03";
        assert_eq!(encode(&item), bytes);
        assert_eq!(decode(bytes), Ok(item));
    }

    #[test]
    fn other_bytes_are_refused() {
        assert_eq!(decode(&[]), Err(Corrupt("it ends too early")));
        assert_eq!(decode(&[2, 0]), Err(Corrupt("unknown version")));
        assert_eq!(decode(&[1, 0, 0]), Err(Corrupt("bytes after the end")));
        assert_eq!(decode(&[1, 0xff, 0xff, 0xff, 0xff, 0x0f]), Err(Corrupt("it ends too early")));
        let mut deep = vec![1, 1, 1, b'a'];
        deep.extend([L, 1].repeat(100_000));
        assert_eq!(decode(&deep), Err(Corrupt("it nests too deep")));
    }

    proptest! {
        #[test]
        fn items_round_trip(item in proptest::collection::btree_map("[a-d]{1,3}", any_value(), 0..6)) {
            prop_assert_eq!(decode(&encode(&item)), Ok(item.clone()));
            prop_assert_eq!(crate::json::read_item(&crate::json::write_item(&item)), Ok(item));
        }

        #[test]
        fn any_bytes_are_answered(mut bytes in proptest::collection::vec(0u8..20, 0..60)) {
            bytes.insert(0, VERSION);
            let _ = decode(&bytes);
        }
    }
}
