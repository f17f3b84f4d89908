//! What a client gets to read.

/// A refusal in DynamoDB's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// `ValidationException`: the value, expression or combination of parameters is not allowed.
    #[error("{0}")]
    Validation(String),
    /// `SerializationException`: the JSON has another type than the member.
    #[error("{0}")]
    Serialization(String),
}

impl Error {
    /// A `ValidationException` with this text.
    pub fn validation(text: impl Into<String>) -> Self {
        Self::Validation(text.into())
    }

    /// A `ValidationException` whose text begins as most of them do.
    pub fn parameter(text: &str) -> Self {
        Self::Validation(format!("One or more parameter values were invalid: {text}"))
    }

    pub(crate) fn serialization(text: impl Into<String>) -> Self {
        Self::Serialization(text.into())
    }
}
