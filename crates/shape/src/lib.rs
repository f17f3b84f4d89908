//! Shapes: what travels on an AWS wire, declared once and read by everybody.
//!
//! A type with `#[derive(Shape)]` gives a static [`Schema`] and converts to and from a neutral [`Doc`].
//! Protocols (in `wire`), validation (here), the console and CloudFormation interpret the schema;
//! none of them is generic over the type. This crate knows neither HTTP nor any service.
//!
//! Start with [`Schema`] and [`Doc`]; [`validate`] words violations as AWS does.

extern crate self as shape; // so that the derive works in here, too

mod convert;
mod doc;
mod schema;
mod stream;
mod validate;

pub use convert::{Fields, Malformed, Members, Shape, count, join};
pub use doc::{Doc, Timestamp};
pub use schema::{
    Binding, Check, Enumeration, Field, Link, ListShape, MapShape, Namespace, Schema, Structure, TimeFormat,
};
pub use shape_derive::{ApiError, Shape};
pub use stream::Stream;
pub use validate::{Violation, validate, violations_text};
