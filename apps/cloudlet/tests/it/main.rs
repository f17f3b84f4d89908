//! Tests over THE list of services: what must hold for every operation.

#![allow(clippy::unwrap_used, reason = "the helpers of tests may")]

mod access;
mod clients;
mod denied;
mod projects;
mod sample;
mod tags;
