//! Query strings and percent-encoding.

use std::borrow::Cow;

/// The decoded parameters of a query string, in order. Empty parts are skipped; a part without `=` has the empty value.
pub fn parameters(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query.split('&').filter(|part| !part.is_empty()).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (decode(name, true), decode(value, true))
    })
}

/// Decodes percent-encoding, and `+` as a blank when `plus_is_blank`. Broken escapes stay as they are; what is not
/// UTF-8 becomes the replacement character.
pub fn decode(text: &str, plus_is_blank: bool) -> Cow<'_, str> {
    let plain = |byte: &u8| *byte != b'%' && !(plus_is_blank && *byte == b'+');
    if text.as_bytes().iter().all(plain) {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%').then(|| bytes.get(at + 1..at + 3)).flatten().and_then(hex);
        match (bytes[at], escape) {
            (_, Some(byte)) => {
                out.push(byte);
                at += 3;
                continue;
            }
            (b'+', _) if plus_is_blank => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    Cow::Owned(match String::from_utf8(out) {
        Ok(text) => text,
        Err(broken) => String::from_utf8_lossy(broken.as_bytes()).into_owned(),
    })
}

fn hex(pair: &[u8]) -> Option<u8> {
    let digit = |byte: u8| (byte as char).to_digit(16);
    Some((digit(pair[0])? * 16 + digit(pair[1])?) as u8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    fn check(query: &str, expected: &[(&str, &str)]) {
        let parameters: Vec<_> = parameters(query).collect();
        let borrowed: Vec<_> =
            parameters.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
        assert_eq!(borrowed, expected, "{query}");
    }

    #[test]
    fn parameters_as_a_rest_api_shows_them() {
        // Recorded from AWS: LocalStack tests/aws/services/apigateway/test_apigateway_lambda.snapshot.json,
        // `invocation-payload-with-params-encoding`.
        check(
            "dateTimeOffset=2023-06-12T18:05:10.123456+00:00&email=test%2Balias@gmail.com&plus=test+alias@gmail.com\
             &url=https://www.google.com/&whitespace=foo%20bar&zhash=abort/",
            &[
                ("dateTimeOffset", "2023-06-12T18:05:10.123456 00:00"),
                ("email", "test+alias@gmail.com"),
                ("plus", "test alias@gmail.com"),
                ("url", "https://www.google.com/"),
                ("whitespace", "foo bar"),
                ("zhash", "abort/"),
            ],
        );
    }

    #[test]
    fn odd_parameters() {
        check("", &[]);
        check("&&a&b=&=c&d=e=f", &[("a", ""), ("b", ""), ("", "c"), ("d", "e=f")]);
        check(
            "a=%&b=%4&c=%zz&d=%C3%A9&e=%ff",
            &[("a", "%"), ("b", "%4"), ("c", "%zz"), ("d", "é"), ("e", "\u{fffd}")],
        );
    }

    #[test]
    fn paths_keep_their_plus() {
        assert_eq!(decode("a+b%20c", false), "a+b c");
    }

    proptest! {
        #[test]
        fn any_text_decodes(text in any::<String>()) {
            decode(&text, true);
            parameters(&text).for_each(drop);
        }
    }
}
