//! Tests of the whole crate from outside.

#![allow(clippy::unwrap_used)] // in helpers of tests a panic is the right answer

mod compile_recorded;
mod compile_vectors;
