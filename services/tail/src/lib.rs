//! What this cloud has and AWS has not: people can listen in on queues, topics and buses.
//!
//! Clients reach it as they reach every service: signed for `cloudlet`, under the target `Cloudlet.Tail`, with the IAM
//! action `cloudlet:Tail` on the ARN that is listened at. The mechanism is `cloud::tap`.

use cloud::operation::entry;
use cloud::service::{Service, Words};
use wire::table::Protocol;

mod error;
mod ops;
#[cfg(test)]
mod tests;

/// The service's table of contents.
pub static TAIL: Service = Service {
    name: "cloudlet",
    title: "Listening in",
    signing_name: "cloudlet",
    protocols: &[Protocol::json_1_1("Cloudlet")],
    operations: &[entry::<ops::Tail>()],
    resources: &[],
    jobs: &[],
    plane: None,
    words: Words::JSON,
};
