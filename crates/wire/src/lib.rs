//! AWS's wire: signatures, protocols and routing. What travels, not what it means.
//!
//! Knows no service and has no state, no clock and no I/O; `cloud` brings those. A request passes
//! [`Router::find`] (which operation?), [`sigv4`] (who?), [`decode`] (what?); an answer [`encode`] or [`encode_error`].
//! Each protocol is an interpreter of [`shape::Schema`] over [`shape::Doc`]: none is generic over types.
//! A further protocol is a variant of [`table::Protocol`], a module beside [`json`] and an arm in [`decode`], [`encode`]
//! and [`encode_error`].

mod aggregate;
mod cbor;
pub mod digest;
mod error;
pub mod eventstream;
pub mod json;
mod notation;
mod protocol;
mod query;
mod rest;
mod route;
pub mod sigv4;
pub mod table;
mod text;
pub mod time;
mod xml;

pub use error::{ErrorBody, encode_error};
pub use notation::Notation;
pub use protocol::{Body, decode, encode};
pub use route::{Found, RouteError, Router};

#[cfg(test)]
mod sample;
#[cfg(test)]
mod vectors;
