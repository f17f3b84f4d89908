//! One suite for every engine of the store, and tests that kill it.

mod core_rules;
