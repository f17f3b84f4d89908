//! Tokens of pages of events. They hold a place and nothing secret; a forged one reads nothing that its caller could
//! not read without it.

use store::Stamp;

use crate::keys::Place;

/// Digits of an event id, as AWS has them.
const ID_DIGITS: usize = 56;
/// Digits of the time in it.
const TIME_DIGITS: usize = 20;

/// Which way a token of GetLogEvents goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// To the events behind the place.
    Forward(Place),
    /// To the events before the place.
    Backward(Place),
}

impl Token {
    /// As text: `f/<id>/s` or `b/<id>/s`.
    pub(crate) fn to_text(self) -> String {
        match self {
            Token::Forward(place) => format!("f/{}/s", event_id(place)),
            Token::Backward(place) => format!("b/{}/s", event_id(place)),
        }
    }

    /// Reads [`Token::to_text`].
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (direction, rest) = text.split_once('/')?;
        let place = parse_id(rest.strip_suffix("/s")?)?;
        match direction {
            "f" => Some(Token::Forward(place)),
            "b" => Some(Token::Backward(place)),
            _ => None,
        }
    }
}

/// An event's id: 56 digits that sort as the events do.
pub(crate) fn event_id(place: Place) -> String {
    let mut number = [0; 16];
    number[4..14].copy_from_slice(&place.stamp.0);
    number[14..].copy_from_slice(&place.index.to_be_bytes());
    let (time, rest) = (place.timestamp, ID_DIGITS - TIME_DIGITS);
    format!("{time:0TIME_DIGITS$}{:0rest$}", u128::from_be_bytes(number))
}

/// Reads [`event_id`].
pub(crate) fn parse_id(text: &str) -> Option<Place> {
    if text.len() != ID_DIGITS || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (time, number) = text.split_at(TIME_DIGITS);
    let bytes = number.parse::<u128>().ok()?.to_be_bytes();
    if bytes[..4] != [0; 4] {
        return None;
    }
    let stamp = Stamp(bytes[4..14].try_into().ok()?);
    Some(Place { timestamp: time.parse().ok()?, stamp, index: u16::from_be_bytes([bytes[14], bytes[15]]) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_read_back() {
        for stamp in [[0; 10], [0xff; 10], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]] {
            let place = Place { timestamp: 1_767_225_600_000, stamp: Stamp(stamp), index: 65_535 };
            assert_eq!(event_id(place).len(), ID_DIGITS);
            for token in [Token::Forward(place), Token::Backward(place)] {
                assert_eq!(Token::parse(&token.to_text()), Some(token));
            }
        }
    }

    #[test]
    fn other_texts_are_no_tokens() {
        let nines = "9".repeat(ID_DIGITS);
        for text in ["", "f/", "f/1/s", "x/1", &format!("f/{nines}/s"), &format!("f/{}/s", "é".repeat(28))] {
            assert_eq!(Token::parse(text), None, "{text}");
        }
    }
}
