//! From a resolved service to its CloudFormation template.
//!
//! The template is the one that Serverless Framework v3 makes, with the same logical ids, names and order of policy
//! statements, so that a stack that the framework deployed can be updated by us and the other way round.
//!
//! `translate` is the translation alone; `compile` first refuses what a Cloudlet endpoint cannot do. The parts of the
//! template are made in the framework's order, because later parts add statements to the role that earlier ones made:
//! `core` (deployment bucket), `role`, `layers`, `functions` (with `version` and `invoke`), `events`, `finish`.

mod cfn;
mod coerce;
mod collate;
mod config;
mod core;
mod custom;
mod events;
mod finish;
mod functions;
mod invoke;
mod layers;
mod names;
mod output;
mod refuse;
mod role;
mod version;

use serde_json::Value;

pub use self::finish::normalise;
pub(crate) use self::functions::RUNTIME_DEFAULT;

use self::config::Config;
use self::output::Output;
use crate::model::{Packages, Service};
use crate::problem::{Errors, Problem};

/// The templates of a service.
#[derive(Debug, Clone)]
pub struct Template {
    /// The template that a new stack begins with: nothing but the deployment bucket.
    pub create: Value,
    /// The whole template, which can be deployed once the packages are in the bucket.
    pub update: Value,
    /// What the reader should know; it does not stop the deployment.
    pub notices: Vec<Problem>,
}

/// Makes the templates of a service, or says everything that stands in the way.
pub fn compile(service: &Service, packages: &Packages) -> Result<Template, Errors> {
    let refused = refuse::problems(service);
    match translate(service, packages) {
        Ok(mut template) => {
            Errors::none_or(refused)?;
            refuse::adapt(service, &mut template);
            Ok(template)
        }
        Err(Errors(mut problems)) => {
            problems.extend(refused);
            Err(Errors(problems))
        }
    }
}

/// Makes the templates exactly as Serverless Framework v3 does, whatever the endpoint can do with them.
pub fn translate(service: &Service, packages: &Packages) -> Result<Template, Errors> {
    let (config, problems) = Config::new(service, packages);
    let mut out = Output { problems, ..Output::default() };
    let create = core::compile(&config, &mut out);
    role::compile(&config, &mut out);
    layers::compile(&config, &mut out);
    functions::compile(&config, &mut out);
    events::compile(&config, &mut out);
    let update = finish::compile(&config, &mut out);
    Errors::none_or(out.problems)?;
    Ok(Template { create, update, notices: out.notices })
}

#[cfg(test)]
mod tests;
