//! Every AWS error of the service.

use cloud::prelude::*;
use ddbexpr::Item;
use serde_json::Value;

/// The words for changes that are too much together.
pub(crate) const TOO_MUCH: &str = "Aggregate size of all items in the transaction cannot exceed 4 MB";

/// What DynamoDB answers when it cannot do what was asked.
#[derive(Debug, ApiError)]
pub(crate) enum Error {
    #[api(code = "ValidationException", status = 400, message = "{0}")]
    Validation(String),
    #[api(code = "SerializationException", status = 400, message = "{0}")]
    Serialization(String),
    #[api(code = "ResourceNotFoundException", status = 400, message = "Requested resource not found")]
    NotFound,
    #[api(
        code = "ResourceNotFoundException",
        status = 400,
        message = "Requested resource not found: Table: {0} not found"
    )]
    NoSuchTable(String),
    #[api(
        code = "ResourceNotFoundException",
        status = 400,
        message = "Requested resource not found: ResourcArn: {0} not found"
    )]
    NoSuchArn(String),
    #[api(
        code = "ResourceNotFoundException",
        status = 400,
        message = "Requested resource not found: Stream: {0} not found"
    )]
    NoSuchStream(String),
    #[api(code = "TableNotFoundException", status = 400, message = "Table not found: {0}")]
    TableNotFound(String),
    #[api(code = "TableAlreadyExistsException", status = 400, message = "Table already exists: {0}")]
    TableAlreadyExists(String),
    #[api(code = "ResourceInUseException", status = 400, message = "{0}")]
    InUse(String),
    #[api(code = "LimitExceededException", status = 400, message = "{0}")]
    LimitExceeded(String),
    #[api(code = "BackupNotFoundException", status = 400, message = "Backup not found: {0}")]
    BackupNotFound(String),
    #[api(code = "BackupInUseException", status = 400, message = "{0}")]
    BackupInUse(String),
    #[api(code = "PolicyNotFoundException", status = 400, message = "{0}")]
    PolicyNotFound(String),
    #[api(code = "PointInTimeRecoveryUnavailableException", status = 400, message = "{0}")]
    RecoveryUnavailable(String),
    #[api(code = "InvalidRestoreTimeException", status = 400, message = "{0}")]
    InvalidRestoreTime(String),
    #[api(code = "ExportNotFoundException", status = 400, message = "Export not found: {0}")]
    ExportNotFound(String),
    #[api(
        code = "ExportConflictException",
        status = 400,
        message = "The request uses the same client token as a previous, but non-identical request"
    )]
    ExportConflict,
    #[api(
        code = "InvalidExportTimeException",
        status = 400,
        message = "ExportTime must be between EarliestRestorableDateTime and LatestRestorableDateTime"
    )]
    InvalidExportTime,
    #[api(code = "ImportNotFoundException", status = 400, message = "Import not found: {0}")]
    ImportNotFound(String),
    #[api(
        code = "ImportConflictException",
        status = 400,
        message = "The request uses the same client token as a previous, but non-identical request"
    )]
    ImportConflict,
    #[api(code = "GlobalTableNotFoundException", status = 400, message = "Global table not found: {0}")]
    GlobalTableNotFound(String),
    #[api(code = "DuplicateItemException", status = 400, message = "Duplicate primary key exists in table")]
    DuplicateItem,
    #[api(
        code = "ItemCollectionSizeLimitExceededException",
        status = 400,
        message = "Collection size exceeded."
    )]
    CollectionTooLarge,
    #[api(
        code = "IdempotentParameterMismatchException",
        status = 400,
        message = "The request uses the same client token as a previous, but non-identical request. Do not reuse a client token with different requests, unless the requests are identical"
    )]
    TokenMismatch,
    #[api(
        code = "ExpiredIteratorException",
        status = 400,
        message = "Iterator expired. The iterator was created at time {0} while right now it is {1} which is further in the future than the tolerated delay of 900000 milliseconds."
    )]
    ExpiredIterator(String, String),
    #[api(
        code = "TrimmedDataAccessException",
        status = 400,
        message = "The operation attempted to read past the oldest stream record in a shard."
    )]
    Trimmed,
    #[api(internal)]
    Internal(Failure),
}

impl Error {
    /// A `ValidationException`.
    pub(crate) fn validation(text: impl Into<String>) -> Self {
        Self::Validation(text.into())
    }

    /// The frequent form: `One or more parameter values were invalid: {text}`.
    pub(crate) fn parameter(text: impl std::fmt::Display) -> Self {
        Self::Validation(format!("One or more parameter values were invalid: {text}"))
    }

    /// Why the store did not take a change: one with many indexes, a stream and a history may be more than it takes in
    /// one transaction.
    pub(crate) fn of_write(error: store::Error) -> Self {
        match error {
            store::Error::TooLarge(_) => Self::validation(TOO_MUCH),
            other => other.into(),
        }
    }

    /// A condition that did not hold, with the item when the caller wants to see it.
    pub(crate) fn condition_failed(item: Option<&Item>) -> Self {
        let failure = Failure::new("ConditionalCheckFailedException", 400, "The conditional request failed");
        Self::Internal(match item {
            Some(item) => failure.json_detail("Item", ddbexpr::json::write_item(item)),
            None => failure,
        })
    }

    /// A transaction that was cancelled, with a reason for each of its actions.
    pub(crate) fn cancelled(reasons: Vec<Reason>) -> Self {
        let codes: Vec<&str> = reasons.iter().map(|reason| reason.code).collect();
        let message = format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            codes.join(", ")
        );
        let reasons: Vec<Value> = reasons.into_iter().map(Reason::into_json).collect();
        // SDKs read the text from `Message` in this error, from `message` in all others.
        let failure = Failure::new("TransactionCanceledException", 400, message.clone())
            .json_detail("Message", message.into())
            .json_detail("CancellationReasons", reasons.into());
        Self::Internal(failure)
    }
}

/// Why an action of a transaction cancelled it, or that it did not.
#[derive(Clone, Debug)]
pub(crate) struct Reason {
    pub(crate) code: &'static str,
    message: Option<String>,
    item: Option<Value>,
}

impl Reason {
    /// The action would have succeeded.
    pub(crate) const NONE: Self = Self { code: "None", message: None, item: None };

    /// The action's condition did not hold.
    pub(crate) fn condition_failed(item: Option<&Item>) -> Self {
        Self {
            code: "ConditionalCheckFailed",
            message: Some("The conditional request failed".to_owned()),
            item: item.map(ddbexpr::json::write_item),
        }
    }

    /// The action would replace an item.
    pub(crate) fn duplicate() -> Self {
        let message = Some("Duplicate primary key exists in table".to_owned());
        Self { code: "DuplicateItem", message, item: None }
    }

    /// The action fails with `error`; errors that no reason stands for come back.
    pub(crate) fn of(error: Error) -> Result<Self, Error> {
        match error {
            // Empty key values are found before the transaction begins.
            Error::Validation(text) if text.starts_with("One or more parameter values are not valid.") => {
                Err(Error::Validation(text))
            }
            Error::Validation(message) => {
                Ok(Self { code: "ValidationError", message: Some(message), item: None })
            }
            Error::CollectionTooLarge => Ok(Self {
                code: "ItemCollectionSizeLimitExceeded",
                message: Some("Collection size exceeded.".to_owned()),
                item: None,
            }),
            other => Err(other),
        }
    }

    fn into_json(self) -> Value {
        let mut members = serde_json::Map::new();
        members.insert("Code".to_owned(), self.code.into());
        if let Some(message) = self.message {
            members.insert("Message".to_owned(), message.into());
        }
        if let Some(item) = self.item {
            members.insert("Item".to_owned(), item);
        }
        Value::Object(members)
    }
}

impl From<ddbexpr::Error> for Error {
    fn from(error: ddbexpr::Error) -> Self {
        match error {
            ddbexpr::Error::Validation(text) => Self::Validation(text),
            ddbexpr::Error::Serialization(text) => Self::Serialization(text),
        }
    }
}

impl From<ddbexpr::stored::Corrupt> for Error {
    fn from(error: ddbexpr::stored::Corrupt) -> Self {
        Self::Internal(Failure::internal(error))
    }
}
