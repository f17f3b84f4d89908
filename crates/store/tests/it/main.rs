//! One suite for every engine of the store, and tests that take its disk away.

#![allow(clippy::unwrap_used)] // in helpers of tests a panic is the right answer

mod conflicts;
mod core_rules;
mod crash;
mod engines;
mod faults;
mod layers;
mod layers_queue;
mod model;
mod nodes;
mod pgserver;
mod power;
mod sqlite;
mod tls;
