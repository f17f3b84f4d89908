//! The order of JavaScript's `localeCompare`, which the framework sorts keys by before it hashes them.

use std::cmp::Ordering;

use serde_json::Value;

/// Printable ASCII in the order of the Unicode collation's root table: signs, then digits. Letters come after.
const SIGNS: &str = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789";

/// Compares as ICU's root collation does for ASCII text: first without regard to case, then lower case first.
/// Letters outside of ASCII stand after those within, by code point; control characters are ignored.
pub(super) fn compare(left: &str, right: &str) -> Ordering {
    let weights = |text: &str| text.chars().filter_map(weight).collect::<Vec<_>>();
    let (left, right) = (weights(left), weights(right));
    let primary = left.iter().map(|(first, _)| first).cmp(right.iter().map(|(first, _)| first));
    primary.then_with(|| left.iter().map(|(_, second)| second).cmp(right.iter().map(|(_, second)| second)))
}

fn weight(letter: char) -> Option<(u32, bool)> {
    const LETTERS: u32 = 100;
    const OTHERS: u32 = 200;
    match letter {
        ' ' => Some((0, false)),
        'a'..='z' | 'A'..='Z' => {
            let place = u32::from(letter.to_ascii_lowercase()) - u32::from('a');
            Some((LETTERS + place, letter.is_ascii_uppercase()))
        }
        control if control.is_control() => None,
        other => match SIGNS.find(other) {
            Some(place) => Some((1 + u32::try_from(place).ok()?, false)),
            None => Some((OTHERS + u32::from(other), false)),
        },
    }
}

/// The value with the members of every object in collation order.
pub(super) fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(map) => {
            let mut members: Vec<(&String, &Value)> = map.iter().collect();
            members.sort_by(|(left, _), (right, _)| compare(left, right));
            members.into_iter().map(|(key, member)| (key.clone(), sorted(member))).collect()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order was printed by node 20 with `[...].sort((a, b) => a.localeCompare(b))`.
    #[test]
    fn keys_sort_as_localecompare_sorts_them() {
        let expected = [
            "_A", "_b", "-a", ":x", "1", "10", "2", "a", "A", "a_b", "a:b", "a1", "ab", "aB", "AB", "ab-c",
            "Ac", "b", "B",
        ];
        let mut keys = expected.to_vec();
        keys.reverse();
        keys.sort_by(|left, right| compare(left, right));
        assert_eq!(keys, expected);
    }
}
