//! The IAM policy language: documents in, decisions out.
//!
//! * [`Policy::parse`] reads a policy document and answers a bad one in IAM's words ([`Malformed`]).
//! * [`decide`] answers one [`Request`] against all policies that apply to it ([`Policies`]), by the rules of
//!   <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>.
//! * [`Decision::denial`] is the text that AWS shows for a denied request.
//!
//! Nothing here knows a clock, a store or a service: the facts about a request come through [`Context`].
//! Parsed policies are immutable and cheap to share, so callers cache them. A request that the cache answers costs
//! about a microsecond; hostile documents and values cost time in proportion to their length.
//!
//! Start with `evaluate.rs` for the rules, `document.rs` for the grammar, `condition.rs` for the operators.

mod condition;
mod context;
mod date;
mod document;
mod evaluate;
mod glob;
mod limits;
mod principal;
mod template;
mod validate;

#[cfg(test)]
mod tests;

pub use context::{Context, Facts};
pub use document::{Effect, Kind, Malformed, Policy};
pub use evaluate::{Decision, Guard, Policies, PolicyType, Request, decide};
pub use limits::{
    BUCKET_POLICY_BYTES_MAX, GROUP_INLINE_CHARACTERS_MAX, MANAGED_POLICY_CHARACTERS_MAX,
    ROLE_INLINE_CHARACTERS_MAX, SESSION_POLICY_CHARACTERS_MAX, TRUST_POLICY_CHARACTERS_MAX,
    USER_INLINE_CHARACTERS_MAX, size,
};
pub use principal::{Principal, PrincipalKind};
