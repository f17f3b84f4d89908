//! Tests over THE list of services: what must hold for every operation.

mod access;
mod clients;
mod projects;
mod sample;
