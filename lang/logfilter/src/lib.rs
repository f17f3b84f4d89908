//! The filter patterns of CloudWatch Logs: a pattern is parsed once and then asked about messages.
//!
//! Three languages share the name, told apart by the first character:
//! * terms: `ERROR "disk full" -WARN`, `?timeout ?refused`, `%4[0-9]{2}%`;
//! * JSON: `{ $.level = "error" && $.latency >= 100 }`;
//! * fields parted by blanks: `[ip, user, ..., status = 4*, bytes > 1000]`.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>

mod expr;
mod fields;
mod json;
mod scan;
mod terms;
mod text;

/// A parsed filter pattern.
#[derive(Debug, Clone)]
pub struct Pattern(Kind);

#[derive(Debug, Clone)]
enum Kind {
    All,
    Terms(terms::Terms),
    Json(json::Condition),
    Fields(fields::Fields),
}

/// Why a text is not a filter pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A character that has no place there. The text is AWS's.
    #[error("Invalid character(s) in term '{0}'")]
    Character(String),
    /// The pattern ends too early or goes on too long.
    #[error("Invalid filter pattern: {0}")]
    Form(String),
    /// A regular expression that is not supported.
    #[error("Invalid regex in filter pattern: {0}")]
    Regex(String),
}

impl Pattern {
    /// Parses a pattern. Blanks alone match every message.
    pub fn parse(pattern: &str) -> Result<Self, Error> {
        let trimmed = pattern.trim();
        let kind = match trimmed.as_bytes().first() {
            None => Kind::All,
            Some(b'{') => Kind::Json(json::Condition::parse(trimmed)?),
            Some(b'[') => Kind::Fields(fields::Fields::parse(trimmed)?),
            Some(_) => Kind::Terms(terms::Terms::parse(trimmed)?),
        };
        Ok(Self(kind))
    }

    /// Whether a message has what the pattern asks for.
    pub fn matches(&self, message: &str) -> bool {
        match &self.0 {
            Kind::All => true,
            Kind::Terms(terms) => terms.matches(message),
            Kind::Json(condition) => condition.matches(message),
            Kind::Fields(fields) => fields.matches(message),
        }
    }

    /// Whether every message has what the pattern asks for, so that none needs to be read.
    pub fn matches_everything(&self) -> bool {
        matches!(self.0, Kind::All)
    }
}

#[cfg(test)]
mod tests;
