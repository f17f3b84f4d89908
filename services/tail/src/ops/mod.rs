//! One file for each operation.

mod tail;

pub(crate) use tail::Tail;
