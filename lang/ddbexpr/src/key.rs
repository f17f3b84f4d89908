//! Key values as bytes whose order is DynamoDB's order.
//!
//! The bytes of one value are compared among values of the same type, which a key schema guarantees. Those of a
//! number begin with no other number's bytes; those of a string or a byte string are the value itself, so a prefix
//! of the value is a prefix of the bytes.

use crate::{Error, Number, Value};

const NEGATIVE: u8 = 0x10;
const ZERO: u8 = 0x20;
const POSITIVE: u8 = 0x30;

/// Ends the digits; below every pair of digits.
const END: u8 = 0;

/// Two digits in each byte, 38 in all.
const PAIRS: usize = 19;

/// The bytes of a string, number or byte string; none for the types that cannot be keys.
pub fn encode(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::S(text) => Some(text.clone().into_bytes()),
        Value::B(bytes) => Some(bytes.clone()),
        Value::N(number) => Some(encode_number(number)),
        _ => None,
    }
}

/// The bytes of a number: sign, exponent of the first digit, pairs of digits, an end; all but the sign are inverted
/// for a negative number. At most 22 bytes.
pub fn encode_number(number: &Number) -> Vec<u8> {
    if number.is_zero() {
        return vec![ZERO];
    }
    let (top, mut digits) = number.scientific();
    let mut bytes = Vec::with_capacity(PAIRS + 3);
    bytes.push(if number.is_negative() { NEGATIVE } else { POSITIVE });
    bytes.push(u8::try_from(top - crate::limits::NUMBER_EXPONENT_MIN).expect("256 exponents are allowed"));
    let mut power = 100u128.pow(PAIRS as u32 - 1);
    while digits > 0 {
        let pair = u8::try_from(digits / power).expect("38 digits make 19 pairs");
        bytes.push(pair + 1);
        digits %= power;
        power /= 100;
    }
    bytes.push(END);
    if number.is_negative() {
        bytes[1..].iter_mut().for_each(|byte| *byte = !*byte);
    }
    bytes
}

/// Reads a number from exactly the bytes that [`encode_number`] made.
pub fn decode_number(bytes: &[u8]) -> Option<Number> {
    let (sign, rest) = bytes.split_first()?;
    if *sign == ZERO {
        return rest.is_empty().then_some(Number::ZERO);
    }
    let negative = *sign == NEGATIVE;
    if (!negative && *sign != POSITIVE) || rest.len() < 3 || rest.len() > PAIRS + 2 {
        return None;
    }
    let plain = |byte: u8| if negative { !byte } else { byte };
    let (end, body) = rest.split_last()?;
    let (top, pairs) = body.split_first()?;
    if plain(*end) != END {
        return None;
    }
    let mut coefficient = 0u128;
    for pair in pairs {
        let pair = plain(*pair).checked_sub(1).filter(|pair| *pair < 100)?;
        coefficient = coefficient * 100 + u128::from(pair);
    }
    let count = i64::try_from(pairs.len() * 2).ok()?;
    let top = i64::from(plain(*top)) + crate::limits::NUMBER_EXPONENT_MIN;
    Number::normalised(negative, coefficient, top - (count - 1)).ok()
}

/// Refuses an empty string or byte string as the value of a key attribute.
pub fn require_content(name: &str, value: &Value) -> Result<(), Error> {
    let kind = match value {
        Value::S(text) if text.is_empty() => "string",
        Value::B(bytes) if bytes.is_empty() => "binary",
        _ => return Ok(()),
    };
    Err(Error::validation(format!(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty {kind} value. Key: {name}"
    )))
}

/// Reads a key value of the given type from the bytes that [`encode`] made.
pub fn decode(kind: crate::Kind, bytes: &[u8]) -> Option<Value> {
    match kind {
        crate::Kind::S => String::from_utf8(bytes.to_vec()).ok().map(Value::S),
        crate::Kind::B => Some(Value::B(bytes.to_vec())),
        crate::Kind::N => decode_number(bytes).map(Value::N),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_order_of_bytes_is_the_order_of_numbers() {
        let ascending = [
            "-9.9999999999999999999999999999999999999E125",
            "-100.5",
            "-100",
            "-99",
            "-1.2",
            "-1",
            "-0.5",
            "-1E-130",
            "0",
            "1E-130",
            "0.05",
            "0.5",
            "1",
            "1.01",
            "1.1",
            "9",
            "10",
            "12",
            "99",
            "100",
            "1E125",
            "9.9999999999999999999999999999999999999E125",
        ];
        let bytes: Vec<_> = ascending.iter().map(|text| encode_number(&text.parse().unwrap())).collect();
        assert!(bytes.is_sorted_by(|left, right| left < right), "{bytes:02x?}");
    }

    #[test]
    fn only_scalars_can_be_keys() {
        assert_eq!(encode(&Value::Bool(true)), None);
        assert_eq!(encode(&Value::text("a\0b")), Some(b"a\0b".to_vec()));
    }

    /// The text of `nubo-db/dynamodb-conformance` (error messages of UpdateItem).
    #[test]
    fn key_values_are_not_empty() {
        let error = require_content("pk", &Value::B(Vec::new())).unwrap_err();
        assert_eq!(
            error.to_string(),
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty binary value. Key: pk"
        );
        assert_eq!(require_content("pk", &Value::text("a")), Ok(()));
    }

    proptest! {
        #[test]
        fn numbers_round_trip_and_keep_their_order(left in crate::number::tests::any(), right in crate::number::tests::any()) {
            let (left_bytes, right_bytes) = (encode_number(&left), encode_number(&right));
            prop_assert_eq!(left_bytes.cmp(&right_bytes), left.cmp(&right));
            prop_assert_eq!(decode_number(&left_bytes), Some(left));
            prop_assert!(left_bytes.len() <= 22);
        }

        #[test]
        fn decoding_any_bytes_answers(bytes in proptest::collection::vec(any::<u8>(), 0..30)) {
            if let Some(number) = decode_number(&bytes) {
                // Bytes that were not made by us may be another spelling, but never another order of magnitude.
                prop_assert_eq!(decode_number(&encode_number(&number)), Some(number));
            }
        }
    }
}
