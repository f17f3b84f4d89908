//! Tests of the whole crate from outside.

mod compile_recorded;
mod compile_vectors;
