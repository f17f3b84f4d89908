//! EventBridge Pipes: from a queue or stream through a filter and an enrichment to a target, as a role of the user's.
//!
//! `cloud::feed` reads the source; `keeper.rs` says which pipes there are, `pipe.rs` is the consumer of one: start there.
//! `record.rs` gives records the form that pipes have, `target.rs` says what is called with them.

use cloud::operation::entry;
use cloud::service::{Service, Words};
use wire::table::Protocol;

mod error;
mod keeper;
mod keys;
mod limits;
mod ops;
mod pipe;
mod record;
mod shapes;
mod stack;
mod target;
#[cfg(test)]
mod tests;

/// The service's table of contents.
pub static PIPES: Service = Service {
    name: "pipes",
    title: "EventBridge Pipes",
    signing_name: "pipes",
    protocols: &[Protocol::RestJson],
    operations: &[
        entry::<ops::CreatePipe>(),
        entry::<ops::DeletePipe>(),
        entry::<ops::DescribePipe>(),
        entry::<ops::ListPipes>(),
        entry::<ops::ListTagsForResource>(),
        entry::<ops::StartPipe>(),
        entry::<ops::StopPipe>(),
        entry::<ops::TagResource>(),
        entry::<ops::UntagResource>(),
        entry::<ops::UpdatePipe>(),
    ],
    resources: &[&stack::Pipe],
    jobs: &[],
    plane: Some(&keeper::PLANE),
    words: Words::JSON,
};
