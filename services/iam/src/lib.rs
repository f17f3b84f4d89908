//! IAM: users, groups, roles, access keys and their policies.
//!
//! The records live in `cloud::identity`, which the door reads; this service writes them. `entity.rs` has what users,
//! groups and roles have in common, `inline.rs` and `attach.rs` their policies, `managed.rs` the managed policies,
//! `ops/` one file for each operation. Start with `ops/create_role.rs`.

use cloud::service::{Service, Words};
use wire::table::Protocol;

mod attach;
mod boundary;
mod entity;
mod error;
mod inline;
mod keys;
mod managed;
mod members;
mod names;
mod ops;
mod own;
mod page;
mod profiles;
mod service_role;
mod shapes;
mod simulate;
mod stack;
mod tags;
mod trust;
mod versions;

#[cfg(test)]
mod tests;

/// The service's table of contents.
pub static IAM: Service = Service {
    name: "iam",
    title: "Identity and Access Management",
    signing_name: "iam",
    protocols: &[Protocol::query("2010-05-08", "https://iam.amazonaws.com/doc/2010-05-08/")],
    operations: ops::ALL,
    resources: stack::RESOURCES,
    jobs: &[],
    plane: None,
    words: Words::QUERY,
};
