//! Tokens of listings: where a page has ended, for whom, and when.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::limits::TOKEN_MILLIS;

/// Where a page has ended.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Token {
    /// Whose listing it is: an ARN, or an account and region.
    pub(crate) owner: String,
    /// The last one of the page, with what else the listing needs.
    pub(crate) after: String,
    pub(crate) made_at_millis: i64,
}

/// That a token is none.
pub(crate) fn invalid() -> Error {
    Error::invalid("NextToken is invalid.")
}

impl Token {
    /// The text.
    pub(crate) fn text(&self) -> String {
        let json = serde_json::to_vec(self).expect("texts and numbers are always JSON");
        URL_SAFE_NO_PAD.encode(json)
    }

    fn parse(text: &str) -> Option<Self> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }

    /// Whose listing a text goes on with.
    pub(crate) fn owner_of(text: &str) -> Option<String> {
        Self::parse(text).map(|token| token.owner)
    }

    /// Reads a text that a client hands back now.
    pub(crate) fn read(text: &str, owner: &str, now: i64) -> Result<Self, Error> {
        let token = Self::parse(text).filter(|token| token.owner == owner && token.made_at_millis <= now);
        let token = token.ok_or_else(invalid)?;
        if now - token.made_at_millis > TOKEN_MILLIS { Err(Error::ExpiredToken) } else { Ok(token) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_of_their_owner_and_end() {
        let text = Token { owner: "a".into(), after: "x".into(), made_at_millis: 5 }.text();
        assert_eq!(Token::read(&text, "a", 5).unwrap().after, "x");
        assert_eq!(Token::owner_of(&text).as_deref(), Some("a"));
        assert!(matches!(Token::read(&text, "b", 5), Err(Error::Invalid(_))));
        assert!(matches!(Token::read("?", "a", 5), Err(Error::Invalid(_))));
        assert!(matches!(Token::read(&text, "a", 6 + TOKEN_MILLIS), Err(Error::ExpiredToken)));
    }
}
