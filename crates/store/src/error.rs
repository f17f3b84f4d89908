//! What can go wrong in the store.

/// The result of a store call that failed. Nothing is half done: a failed commit left no trace,
/// with the one exception that [`Error::MaybeCommitted`] names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Another commit changed what this transaction had read. Run it again from the start.
    #[error("another commit changed what this transaction had read")]
    Conflict,
    /// The precondition with this index in [`crate::Batch::checks`] did not hold.
    #[error("precondition {0} of the commit does not hold")]
    CheckFailed(usize),
    /// A key, a value or a whole transaction is over its limit.
    #[error("too large for the store: {0}")]
    TooLarge(String),
    /// A write was tried on a read-only [`crate::Tx`].
    #[error("write on a read-only transaction")]
    ReadOnly,
    /// The snapshot is older than the engine allows. Take a new one.
    #[error("the read view is too old, it must be shorter lived")]
    Expired,
    /// The connection broke during the commit: it may or may not have happened. Applying a batch
    /// that carries an id again is safe and finds out.
    #[error("the commit may or may not have happened")]
    MaybeCommitted,
    /// Another process holds the data folder.
    #[error("data folder `{0}` is in use by another process")]
    Locked(String),
    /// The engine cannot do it now: the disk is full, a file cannot be read, the store is closed.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// Stored bytes do not say what they should. The operation must stop.
    #[error("stored data is damaged: {0}")]
    Corrupt(String),
}
