//! Richer models on the plain store. Each turns its calls into keys of the caller's transaction.

pub mod blob;
pub(crate) mod chunks;
pub mod counter;
pub mod log;
pub mod outbox;
pub mod queue;
pub mod table;
pub mod timer;
