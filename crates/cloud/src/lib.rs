//! The cloud: what every service stands on. It knows AWS in general and no service by name.
//!
//! * [`operation::Operation`] is how an operation is declared, [`service::Service`] how a service is.
//! * [`door`] is the one way in: validation, access, transaction, trace. [`http`] is its HTTP side.
//! * [`cx::Cx`] is what an operation has in its hands: caller, time, ids, transaction, other services.
//! * [`identity`] and [`access`] hold principals and decide.
//! * [`outbox`] delivers what must surely arrive; [`job`] does background work, [`lease`] lets one node alone do it;
//!   [`trace`] remembers every call.
//! * [`feed`] reads queues and streams for who consumes them.
//! * [`memo`] keeps in memory what is read again and again, until it changes.
//! * [`sandbox`] says how functions are kept, and which connections are theirs.
//! * [`resource::ResourceType`] is how a service brings CloudFormation types, [`plane::Plane`] how it serves HTTP.
//!
//! Two places know other services' names, as strings and data only: [`client`] and [`target`].
//!
//! Start with `door.rs`; then read `services/sqs/src/ops/send_message.rs`.

extern crate self as cloud; // so that `#[derive(ApiError)]` works in here, too

pub mod access;
pub mod arn;
pub mod aws_names;
pub mod caller;
pub mod client;
pub mod clock;
pub mod cx;
pub mod debugging;
pub mod door;
mod failure;
pub mod feed;
pub mod header_names;
mod housekeeping;
pub mod http;
pub mod identity;
pub mod inbox;
pub mod instance;
pub mod job;
pub mod lease;
pub mod memo;
pub mod operation;
pub mod outbox;
pub mod plane;
pub mod resource;
pub mod role;
pub mod sandbox;
pub mod service;
pub mod state;
pub mod tap;
pub mod target;
pub mod tasks;
pub mod trace;
pub mod web;
pub mod xray;

pub use failure::{ApiError, Failure};
pub use instance::{Cloud, Config, IamMode, Parts};
pub use sandbox::{Network, Sandbox, SandboxMode};

/// What every operation file needs.
pub mod prelude {
    pub use ::shape::{ApiError, Doc, Shape, Stream, Timestamp};
    pub use ::wire::table::Http;

    pub use crate::arn::Arn;
    pub use crate::cx::Cx;
    pub use crate::failure::Failure;
    pub use crate::operation::{Conditions, Kind, Operation, Resource, Terms};
}
