//! One suite for every engine of the store, and tests that take its disk away.

mod conflicts;
mod core_rules;
mod crash;
mod engines;
mod faults;
mod layers;
mod layers_queue;
mod model;
mod power;
mod sqlite;
