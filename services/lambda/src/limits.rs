//! Lambda's limits, with where they are written.
//! <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html> unless another place is named.

use std::time::Duration;

/// Payload of a synchronous invocation: 6 MB.
pub(crate) const REQUEST_BYTES_MAX: usize = 6 * 1024 * 1024;
/// Payload of an asynchronous invocation: 1 MB.
pub(crate) const EVENT_BYTES_MAX: usize = 1024 * 1024;
/// Answer of a synchronous invocation: 6 MB and 100 bytes, as the text of `Function.ResponseSizeTooLarge` says.
pub(crate) const RESPONSE_BYTES_MAX: usize = 6_291_556;
/// The init phase.
pub(crate) const INIT_TIME_MAX: Duration = Duration::from_secs(10);
