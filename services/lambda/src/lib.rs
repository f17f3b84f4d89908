//! Lambda.

mod limits;
mod runtime;
mod time;
