//! DynamoDB's values and languages, without any I/O.
//!
//! * [`Value`], [`Item`], [`Number`]: the data model; [`json`] is its form on the wire, [`stored`] its form in a
//!   store, [`key`] its order-preserving form in keys, [`size`] what DynamoDB counts.
//! * [`Condition`], [`KeyCondition`], [`Projection`], [`Update`]: the expressions. [`Parameters`] says which request
//!   parameters exclude each other; [`Placeholders`] holds names and values and tells which were not used.
//! * [`partiql`]: whole statements, turned into the same things.
//! * [`legacy`]: the parameters that were there before expressions, turned into the same things.
//! * Errors carry DynamoDB's own words ([`Error`]).
//!
//! Every expression is parsed and checked once, then asked about items. Time and memory are bounded by the limits in
//! [`limits`].
//!
//! Start with `value.rs` for the model, `parser.rs` for what all expressions share.

mod condition;
mod error;
pub mod json;
pub mod key;
mod key_condition;
pub mod legacy;
mod lexer;
pub mod limits;
mod number;
mod parameters;
mod parser;
pub mod partiql;
mod path;
mod placeholders;
mod projection;
mod reserved;
pub mod size;
pub mod stored;
mod update;
mod value;

pub use condition::Condition;
pub use error::Error;
pub use key_condition::{KeyAttribute, KeyCondition, KeyQuery, KeyTest};
pub use number::Number;
pub use parameters::Parameters;
pub use parser::Parameter;
pub use path::{Path, Step};
pub use placeholders::Placeholders;
pub use projection::Projection;
pub use update::Update;
pub use value::{Item, Kind, Value};
