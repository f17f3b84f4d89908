//! `{"wildcard": "a*b"}`: `*` stands for any characters, a backslash takes its meaning and that of itself.

use crate::Error;

/// The texts between the stars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wildcard {
    parts: Vec<String>,
}

impl Wildcard {
    /// Reads it, with the words of AWS for what is wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let mut parts = vec![String::new()];
        let mut letters = text.char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '*' => {
                    if letters.peek().is_some_and(|(_, next)| *next == '*') {
                        return Err(Error::new(format_args!("Consecutive wildcard characters at pos {at}")));
                    }
                    parts.push(String::new());
                }
                '\\' => match letters.next() {
                    Some((_, next @ ('*' | '\\'))) => push(&mut parts, next),
                    _ => return Err(Error::new(format_args!("Invalid escape character at pos {at}"))),
                },
                other => push(&mut parts, other),
            }
        }
        Ok(Self { parts })
    }

    /// Whether a text has this form. The middle parts are taken as early as they come, which is always enough.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.parts.as_slice() else {
            return self.parts.first().is_some_and(|only| only == text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        for part in middle {
            match rest.find(part.as_str()) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(last.as_str())
    }
}

fn push(parts: &mut [String], letter: char) {
    if let Some(last) = parts.last_mut() {
        last.push(letter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, text: &str, expected: bool) {
        assert_eq!(Wildcard::parse(pattern).unwrap().matches(text), expected, "{pattern} {text}");
    }

    #[test]
    fn stars_stand_for_anything() {
        check("*", "", true);
        check("a*", "abc", true);
        check("*.png", "x.png", true);
        check("*.png", "x.png2", false);
        check("a*b*c", "a1b2b3c", true);
        check("a*b*c", "ac", false);
        check("aba*aba", "aba", false);
        check("aba*aba", "abaaba", true);
        check("abc", "abcd", false);
    }

    #[test]
    fn a_backslash_takes_the_meaning() {
        check("a\\*b", "a*b", true);
        check("a\\*b", "axb", false);
        check("a\\\\*", "a\\x", true);
        let error = |pattern: &str| Wildcard::parse(pattern).unwrap_err().to_string();
        assert_eq!(error("a**"), "Consecutive wildcard characters at pos 1");
        assert_eq!(error("a\\b"), "Invalid escape character at pos 1");
        assert_eq!(error("a\\"), "Invalid escape character at pos 1");
    }
}
