//! Tests of the whole crate from outside.

mod compile_vectors;
