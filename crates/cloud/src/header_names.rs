//! The capitals of header names. HTTP libraries forget them, because they mean nothing; but functions behind REST APIs
//! read header names as the client wrote them, so the listener notes them before it parses.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// How far into a piece of input names are looked for: request heads are at the front, bodies behind.
const NOTE_BYTES_MAX: usize = 16 * 1024;
/// Names that are kept for a connection. Names of a client are few; a hostile one must not fill the memory.
const NAMES_MAX: usize = 128;
/// The longest name that is kept.
const NAME_BYTES_MAX: usize = 64;

/// Names by their lower-case form.
pub type Names = BTreeMap<Box<str>, Box<str>>;

/// The names that one connection has used, shared between the listener and its requests.
#[derive(Clone, Debug, Default)]
pub struct HeaderNames(Arc<RwLock<Arc<Names>>>);

impl HeaderNames {
    /// Notes the names in a piece of input. What is no header does no harm: names are only looked up for headers that
    /// were parsed.
    pub fn note(&self, input: &[u8]) {
        let head = &input[..input.len().min(NOTE_BYTES_MAX)];
        let mut names = self.names();
        let mut changed = false;
        for name in head.split(|byte| *byte == b'\n').filter_map(name_of) {
            changed |= keep(&mut names, name);
        }
        if changed {
            *self.0.write().unwrap_or_else(PoisonError::into_inner) = names;
        }
    }

    /// What is known now.
    pub fn names(&self) -> Arc<Names> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Keeps a name; whether that changed anything, which is rare: a client writes its headers always in the same way.
fn keep(names: &mut Arc<Names>, name: &str) -> bool {
    let mut lower = [0; NAME_BYTES_MAX];
    let lower = &mut lower[..name.len()];
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    let Ok(lower) = std::str::from_utf8(lower) else { return false };
    let plain = lower == name;
    let unchanged = match names.get(lower) {
        Some(shown) => **shown == *name,
        None => plain || names.len() >= NAMES_MAX,
    };
    if unchanged {
        return false;
    }
    if plain {
        Arc::make_mut(names).remove(lower);
    } else {
        Arc::make_mut(names).insert(lower.into(), name.into());
    }
    true
}

/// The name of a header line.
fn name_of(line: &[u8]) -> Option<&str> {
    let end = line.iter().take(NAME_BYTES_MAX).position(|byte| *byte == b':')?;
    let name = &line[..end];
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    if name.is_empty() || !name.iter().all(fits) {
        return None;
    }
    std::str::from_utf8(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(names: &HeaderNames) -> Vec<String> {
        names.names().values().map(ToString::to_string).collect()
    }

    #[test]
    fn names_are_noted_as_they_were_written() {
        let names = HeaderNames::default();
        names.note(
            b"GET /x HTTP/1.1\r\nHost: a\r\ntEsT-HEADeR: 1\r\nplain: 2\r\nX-Url: http://b\r\n\r\nBody: x",
        );
        assert_eq!(shown(&names), ["Body", "Host", "tEsT-HEADeR", "X-Url"]);
        // Another client of the same connection writes it in another way.
        names.note(b"GET /x HTTP/1.1\r\nhost: a\r\nTest-Header: 1\r\n\r\n");
        assert_eq!(shown(&names), ["Body", "Test-Header", "X-Url"]);
    }

    #[test]
    fn hostile_input_is_bounded() {
        let names = HeaderNames::default();
        for index in 0..1000 {
            names.note(format!("X-{index}: 1\r\n").as_bytes());
        }
        assert_eq!(names.names().len(), NAMES_MAX);
        let names = HeaderNames::default();
        names.note(format!("{}: 1\r\nA b: 1\r\n: 1\r\n\u{e9}X: 1\r\n", "X".repeat(100)).as_bytes());
        assert!(names.names().is_empty());
    }
}
