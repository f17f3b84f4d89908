//! Stories over several operations.

mod settings;
mod stack;
