//! What DynamoDB counts, for the 400 KB limit and for capacity units.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>

use crate::{Item, Value};

/// A list or a map costs three bytes however empty it is…
const DOCUMENT_BYTES: usize = 3;

/// … and one byte for each element or entry.
const MEMBER_BYTES: usize = 1;

/// The size of an item: the UTF-8 bytes of the names and the sizes of the values.
pub fn item(item: &Item) -> usize {
    item.iter().map(|(name, value)| attribute(name, value)).sum()
}

/// The size of one attribute.
pub fn attribute(name: &str, held: &Value) -> usize {
    name.len() + value(held)
}

/// The size of a value.
pub fn value(value: &Value) -> usize {
    match value {
        Value::S(text) => text.len(),
        Value::N(number) => number.size(),
        Value::B(bytes) => bytes.len(),
        Value::Bool(_) | Value::Null => 1,
        Value::Ss(set) => set.iter().map(String::len).sum(),
        Value::Ns(set) => set.iter().map(|number| number.size()).sum(),
        Value::Bs(set) => set.iter().map(Vec::len).sum(),
        Value::L(elements) => {
            DOCUMENT_BYTES + elements.iter().map(|element| MEMBER_BYTES + self::value(element)).sum::<usize>()
        }
        Value::M(entries) => DOCUMENT_BYTES + entries.len() * MEMBER_BYTES + item(entries),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sizes that `nubo-db/dynamodb-conformance` measured on DynamoDB at the 400 KB limit (2026-08).
    #[test]
    fn numbers_cost_what_was_measured() {
        let measured = [
            ("0", 1),
            ("1", 2),
            ("12", 2),
            ("123", 3),
            ("1234", 3),
            ("12345678901234567890123456789012345678", 20),
            ("0042", 2),
            ("100", 2),
            ("1010", 3),
            ("0.0000001", 2),
            ("1E125", 2),
            ("1E-100", 2),
            ("1.5", 3),
            ("15", 2),
            ("1.200", 3),
            ("1.234", 4),
            ("3.14159", 5),
            ("123456", 4),
            ("100.5", 4),
            ("0.15", 2),
            ("-42", 3),
            ("-0", 1),
        ];
        for (literal, bytes) in measured {
            assert_eq!(value(&Value::N(literal.parse().unwrap())), bytes, "{literal}");
        }
    }

    /// The rules of the page above.
    #[test]
    fn documents_cost_three_bytes_and_one_for_each_member() {
        let list = Value::L(vec![Value::text("abc"), Value::Null]);
        assert_eq!(value(&list), 3 + 1 + 3 + 1 + 1);
        let map = Value::M(Item::from([("key".to_owned(), Value::Bool(true))]));
        assert_eq!(value(&map), 3 + 1 + 3 + 1);
        assert_eq!(item(&Item::from([("é".to_owned(), Value::text("é"))])), 4);
        assert_eq!(value(&Value::Ss(["ab".to_owned(), "c".to_owned()].into())), 3);
    }
}
