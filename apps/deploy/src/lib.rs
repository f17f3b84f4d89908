//! From a Serverless Framework v3 project to a running stack, over nothing but the public AWS APIs.
//!
//! The way of a project through this crate: `config` reads serverless.yml (or .json, .js, .ts), `variables` resolves
//! every `${...}` in it, `check` compares it with the keys that the framework knows, `plugins` does what common plugins
//! do, `package` makes the archives, `compile` makes the CloudFormation template, and `steps` carries both to an
//! endpoint with the signed client in `api`. `project` is all of that in its order.
//!
//! What it is not: it knows nothing of Cloudlet's own insides. It deploys to any endpoint that speaks the AWS APIs,
//! as the framework does. Start reading at `model`, which names the things that the parts hand to each other.

pub mod api;
mod check;
pub mod compile;
pub mod config;
pub mod model;
pub mod package;
mod plugins;
pub mod problem;
pub mod project;
pub mod steps;
mod truth;
pub mod variables;
pub mod yaml;
