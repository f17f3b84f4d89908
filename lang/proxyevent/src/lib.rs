//! HTTP requests as Lambda proxy events, and what functions return as HTTP responses.
//!
//! Pure: a request described by borrowed data goes in, JSON bytes come out in a buffer that the caller reuses; a
//! payload of a function goes in, a status, headers and a body come out. Nothing here knows a socket, a clock or a
//! store, so that API Gateway (both kinds) and function URLs share one definition of every format.
//!
//! * [`v1`]: the format of REST APIs, and format `1.0` of HTTP APIs.
//! * [`v2`]: format `2.0` of HTTP APIs and of function URLs.
//! * [`response`]: the mapping of what a function returns, per kind of API.
//! * [`router`]: the choice of the resource or route that serves a path.
//! * [`apiid`]: ids of APIs, and where a request is addressed.
//! * [`logformat`]: the lines of access logs.
//! * [`media`], [`query`], [`ids`], [`time`]: the smaller rules the formats share.

pub mod apiid;
pub mod ids;
mod json;
pub mod logformat;
pub mod media;
mod names;
pub mod query;
pub mod request;
pub mod response;
pub mod router;
pub mod time;
pub mod v1;
pub mod v2;

pub use request::{Header, Request};
