//! Richer models on the plain store. Each turns its calls into keys of the caller's transaction.

pub mod counter;
pub mod table;
