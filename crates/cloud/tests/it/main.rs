//! The platform with a small service of its own: what the door, joined calls and the outbox promise.

#![allow(clippy::unwrap_used, reason = "the helpers of tests may")]

mod door;
mod nodes;
mod outbox;
mod service;
