//! CloudFormation's template language: texts, the template model, intrinsic functions, the dependency graph.
//!
//! Pure: no input or output, no clock, no randomness. What a template needs from the world (the value behind a `Ref`,
//! an export, an SSM parameter) is asked through [`eval::Resolver`].
//!
//! Start at [`yaml::parse`] or [`json::parse`], which make a [`node::Node`] tree where every value knows its line and
//! column. The YAML reader also serves `serverless.yml`.

pub mod json;
pub mod node;
mod scalar;
pub mod tags;
pub mod yaml;
