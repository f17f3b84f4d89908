//! The binary's insides: the server that runs a cloud, and the command line.
//!
//! `server::start` runs a cloud in this process; `cli` is what a person types. THE list of services is `services`.

pub mod cli;
pub mod server;
pub mod services;
