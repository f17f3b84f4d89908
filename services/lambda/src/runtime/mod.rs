//! Running functions: processes, the two ways of talking to them, the pool, the log lines.
//!
//! * [`launch`]: what is needed to start an environment of a function version; [`variables`] its environment variables.
//! * [`environment`]: one sandboxed process: start, init phase, one invocation after the other, end.
//! * [`pipes`] (lane A): pipes and frames, for the runtimes whose bootstrap is ours. [`frames`] has the format.
//! * [`api`] (lane B): the real Runtime API over HTTP, for `provided.*`.
//! * [`network`]: what a function can reach; [`guests`] who of those that connect is a function.
//! * [`pool`]: which environment gets which invocation, and when one more is started.
//! * [`provisioned`]: environments that are started ahead; [`starts`]: how many start at once, and whose turn it is.
//! * [`stream`]: answers that come in pieces.
//! * [`ahead`]: processes that have booted before they are needed.
//! * [`extensions`]: the Extensions API; [`telemetry`]: the Telemetry API, with the [`records`] that it tells.
//! * [`compiled`]: function images: a version's modules with V8's code for them, made once.
//! * [`log`]: START, END and REPORT lines and what the function prints.
//! * [`interpreters`], [`image`], [`sdk`]: what the host supplies: interpreters, bootstraps, AWS SDKs.
//!
//! Invariant: one invocation at a time in a process.
//! Invariant: while an invocation runs, its environment is owned by its [`pool`] lease, which finishes the invocation
//! even when the caller has gone.

pub(crate) mod ahead;
pub(crate) mod api;
pub(crate) mod compiled;
pub(crate) mod environment;
pub(crate) mod extensions;
pub(crate) mod frames;
pub(crate) mod guests;
pub(crate) mod helper;
pub(crate) mod image;
pub(crate) mod interpreters;
pub(crate) mod launch;
pub(crate) mod log;
pub(crate) mod memory;
pub(crate) mod names;
pub(crate) mod network;
pub(crate) mod outcome;
pub(crate) mod output;
pub(crate) mod peer;
pub(crate) mod pipes;
pub(crate) mod pool;
pub(crate) mod provisioned;
pub(crate) mod records;
pub(crate) mod sdk;
pub(crate) mod starts;
pub(crate) mod stream;
pub(crate) mod telemetry;
pub(crate) mod ticker;
pub(crate) mod variables;

#[cfg(test)]
pub(crate) mod tests;
