//! CloudFormation's template language: texts, the template model, intrinsic functions, the dependency graph.
//!
//! Pure: no input or output, no clock, no randomness. What a template needs from the world (the value behind a `Ref`,
//! an export, the zones of a region) is asked through [`eval::Resolver`].
//!
//! Start at [`template::Template::parse`] for templates, at [`yaml::parse`] for any YAML text: it makes a
//! [`node::Node`] tree where every value knows its line and column, which `serverless.yml` is read with too.

pub mod check;
mod cidr;
pub mod dynamic;
pub mod eval;
pub mod expr;
pub mod graph;
pub mod json;
pub mod limits;
pub mod node;
pub mod parameter;
pub mod partial;
mod scalar;
mod section;
pub mod tags;
pub mod template;
pub mod yaml;

/// What is wrong with a template or with the values given for it, in CloudFormation's words: the text of the
/// `ValidationError` that the service answers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub String);

impl Invalid {
    /// A fault with this text.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}
