//! The platform with a small service of its own: what the door, joined calls and the outbox promise.

mod door;
mod outbox;
mod service;
