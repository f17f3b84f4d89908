//! The language over templates that others wrote, and over templates that nobody would write.
//!
//! `CLOUDLET_VECTORS` names a folder with the cfn-lint fixtures and templates compiled by Serverless Framework; it
//! defaults to `../shared/vectors` beside the repository. Without the folder these tests say so and check nothing more
//! than the crate's own cases do.

#![expect(clippy::unwrap_used, reason = "a test says more by failing at once")]

mod fuzz;
mod vectors;
