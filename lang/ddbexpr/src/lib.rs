//! DynamoDB's values and languages, without any I/O.
//!
//! * [`Value`], [`Item`], [`Number`]: the data model; [`json`] is its form on the wire, [`stored`] its form in a
//!   store, [`key`] its order-preserving form in keys, [`size`] what DynamoDB counts.
//! * Errors carry DynamoDB's own words ([`Error`]).
//!
//! Start with `value.rs` for the model and `number.rs` for the 38 digits.

mod error;
pub mod json;
pub mod key;
pub mod limits;
mod number;
pub mod size;
pub mod stored;
mod value;

pub use error::Error;
pub use number::Number;
pub use value::{Item, Kind, Value};
