//! The service's own limits; those of templates are in `cfn::limits`.

/// Stacks and events of one answer. AWS ends a page at 1 MB; a fixed number keeps answers small.
pub(crate) const PAGE: usize = 100;
/// Resources that are worked on at the same time: enough for the widest level of common stacks.
pub(crate) const PARALLEL_MAX: usize = 16;
/// How long an answer waits for the operation that it began, in milliseconds. Clients ask again only after 5 to 30
/// seconds (the SDKs' waiters, the Serverless Framework), and small stacks take a fraction of a second.
pub(crate) const GRACE_MILLIS: i64 = 3_000;
/// How long a deleted stack can be asked for by its id, as in AWS.
pub(crate) const DELETED_KEPT_DAYS: i64 = 90;
/// Stacks within stacks: a template that nests itself must end somewhere.
pub(crate) const NESTED_DEPTH_MAX: usize = 10;
/// Tags of a stack, from the AWS documentation.
pub(crate) const TAGS_MAX: usize = 50;
/// Stack names, from the AWS documentation of CreateStack.
pub(crate) const NAME_CHARS_MAX: usize = 128;
/// Bytes of one stored piece of a template: written as JSON they may grow sixfold and must fit a value.
pub(crate) const TEMPLATE_PART_BYTES: usize = 64 * 1024;
/// The longest reason that an event shows; longer ones end in dots.
pub(crate) const REASON_CHARS_MAX: usize = 2_000;
