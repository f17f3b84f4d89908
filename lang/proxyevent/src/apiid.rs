//! The ids of APIs: ten lower-case letters and digits, as AWS has them.
//!
//! REST APIs and HTTP APIs share one space of host names. So that a host name alone says which kind it is for, the
//! ids of REST APIs end in a letter and those of HTTP APIs in a digit.

/// The kinds of API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A REST API.
    Rest,
    /// An HTTP API.
    Http,
}

/// Characters of an id.
pub const LENGTH: usize = 10;
/// What ids are made of.
pub const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// Makes an id of a kind out of chance: `number` gives a random number at each call.
pub fn make(kind: Kind, mut number: impl FnMut() -> u64) -> String {
    let last: &[u8] = match kind {
        Kind::Rest => &ALPHABET[..26],
        Kind::Http => &ALPHABET[26..],
    };
    let mut pick = |from: &[u8]| from[(number() % from.len() as u64) as usize] as char;
    let mut id: String = (1..LENGTH).map(|_| pick(ALPHABET)).collect();
    id.push(pick(last));
    id
}

/// Where a request to an API is addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address<'a> {
    /// The id of the API.
    pub api_id: &'a str,
    /// The path behind the host, or behind the id in the path form; it begins with a slash or is empty.
    pub path: &'a str,
}

/// The path that addresses APIs without a host name of their own.
const PATH_FORM: &str = "/_aws/execute-api/";

impl<'a> Address<'a> {
    /// Finds the API in a host name without port (`<id>.execute-api.localhost`,
    /// `<id>.execute-api.<region>.amazonaws.com`) or in a path (`/_aws/execute-api/<id>/…`).
    pub fn find(host: &'a str, path: &'a str) -> Option<Self> {
        if let Some(rest) = path.strip_prefix(PATH_FORM) {
            let end = rest.find('/').unwrap_or(rest.len());
            let (api_id, path) = rest.split_at(end);
            return is_id(api_id).then_some(Self { api_id, path });
        }
        let (api_id, rest) = host.split_once(".execute-api.")?;
        let known = rest == "localhost"
            || rest
                .strip_suffix(".amazonaws.com")
                .is_some_and(|region| !region.is_empty() && !region.contains('.'));
        (known && is_id(api_id)).then_some(Self { api_id, path })
    }

    /// The kind of API that the id says it is.
    pub fn kind(&self) -> Kind {
        if self.api_id.ends_with(|last: char| last.is_ascii_digit()) { Kind::Http } else { Kind::Rest }
    }
}

fn is_id(text: &str) -> bool {
    text.len() == LENGTH && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(host: &str, path: &str, expected: Option<(&str, &str)>) {
        let found = Address::find(host, path).map(|address| (address.api_id, address.path));
        assert_eq!(found, expected, "{host} {path}");
    }

    #[test]
    fn addresses() {
        check("abcdefghij.execute-api.localhost", "/dev/x", Some(("abcdefghij", "/dev/x")));
        check("abcdefghij.execute-api.us-east-1.amazonaws.com", "/", Some(("abcdefghij", "/")));
        check("localhost", "/_aws/execute-api/abcdefghij/dev/x", Some(("abcdefghij", "/dev/x")));
        check("localhost", "/_aws/execute-api/abcdefghij", Some(("abcdefghij", "")));
        check("localhost", "/_aws/execute-api/abc/dev", None);
        check("localhost", "/dev", None);
        check("abc.execute-api.localhost", "/", None);
        check("abcdefghij.execute-api.example.com", "/", None);
        check("abcdefghij.execute-api.a.b.amazonaws.com", "/", None);
    }

    #[test]
    fn ids_say_their_kind() {
        let mut state = 1u64;
        let mut number = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state >> 33
        };
        for kind in [Kind::Rest, Kind::Http] {
            for _ in 0..100 {
                let id = make(kind, &mut number);
                let host = format!("{id}.execute-api.localhost");
                assert_eq!(Address::find(&host, "/").expect("an id").kind(), kind);
            }
        }
    }
}
