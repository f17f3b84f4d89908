//! What plugins of the framework do, done natively.
//!
//! A plugin is a program that changes the framework from within; it cannot be run here. The ones that projects use
//! most are built in, each in its own module; those that only help a developer whose cloud is far away are passed
//! over with a line that says so; every other plugin is refused, because a service without it is another service.

mod dotenv;
mod esbuild;
mod pseudo;
mod python;
mod roles;
pub(crate) mod tool;
mod typescript;
mod webpack;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::model::Service;
use crate::package::Extra;
use crate::problem::{Errors, Problem};
use tool::Bench;

/// A plugin that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plugin {
    /// Nothing is left to do; the text says why.
    Obsolete(&'static str),
    /// `.env` files become environment variables of the functions.
    Dotenv,
    /// `#{AWS::Region}` becomes `Fn::Sub`.
    Pseudo,
    /// A role for each function.
    Roles,
    /// Old versions are deleted after a deployment.
    Prune,
    /// Functions are bundled with esbuild.
    Esbuild,
    /// The project is compiled with TypeScript.
    Typescript,
    /// Functions are bundled with webpack.
    Webpack,
    /// Python packages are installed with pip.
    Python,
}

/// The plugins that are known, by the names under which projects list them.
const KNOWN: &[(&str, Plugin)] = &[
    ("serverless-offline", Plugin::Obsolete("`cloudlet dev` runs the service locally")),
    ("serverless-offline-sqs", Plugin::Obsolete("`cloudlet dev` brings its own queues")),
    ("serverless-offline-ssm", Plugin::Obsolete("`cloudlet dev` brings its own parameters")),
    ("serverless-s3-local", Plugin::Obsolete("`cloudlet dev` brings its own buckets")),
    (
        "serverless-export-env",
        Plugin::Obsolete("`cloudlet exec` gives a command the environment of the cloud"),
    ),
    (
        "serverless-mocha-plugin",
        Plugin::Obsolete("it adds a command for tests, use `cloudlet exec -- npx mocha`"),
    ),
    ("serverless-dotenv-plugin", Plugin::Dotenv),
    ("serverless-pseudo-parameters", Plugin::Pseudo),
    ("serverless-iam-roles-per-function", Plugin::Roles),
    ("serverless-prune-plugin", Plugin::Prune),
    ("serverless-esbuild", Plugin::Esbuild),
    ("serverless-plugin-typescript", Plugin::Typescript),
    ("serverless-webpack", Plugin::Webpack),
    ("serverless-python-requirements", Plugin::Python),
];

/// The plugins of a service.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plugins {
    active: Vec<Plugin>,
}

impl Plugins {
    /// Reads the list of plugins. Refused ones are all named; passed over ones are told in the notices.
    pub(crate) fn read(service: &Service) -> Result<(Self, Vec<Problem>), Errors> {
        let mut active = Vec::new();
        let mut notices = Vec::new();
        let mut problems = Vec::new();
        let list = service.get(&["plugins"]);
        let (path, list): (&[&str], _) = match list.and_then(|list| list.get("modules")) {
            Some(modules) => (&["plugins", "modules"], Some(modules)),
            None => (&["plugins"], list),
        };
        let items = match list {
            None | Some(Value::Null) => return Ok((Self::default(), notices)),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(service.problem(path, "\"plugins\" must be a list of names").into()),
        };
        for (index, item) in items.iter().enumerate() {
            let index = index.to_string();
            let place = [path, &[index.as_str()]].concat();
            let name = match item {
                Value::Null => continue,
                Value::String(name) => name.as_str(),
                _ => {
                    problems.push(service.problem(&place, "a plugin must be named by a text"));
                    continue;
                }
            };
            match KNOWN.iter().find(|(known, _)| *known == name) {
                Some((_, Plugin::Obsolete(why))) => {
                    notices
                        .push(service.problem(&place, format!("the plugin \"{name}\" is not needed: {why}")));
                }
                Some((_, plugin)) => active.push(*plugin),
                None => problems.push(refusal(service, &place, name)),
            }
        }
        Errors::none_or(problems)?;
        Ok((Self { active }, notices))
    }

    fn has(&self, plugin: Plugin) -> bool {
        self.active.contains(&plugin)
    }

    /// What changes the configuration before anything is made of it.
    pub(crate) fn configure(
        &self,
        service: &mut Service,
        environment: &BTreeMap<String, String>,
    ) -> Result<Vec<Problem>, Errors> {
        let refused = [
            (Plugin::Pseudo, ["custom", "pseudoParameters", "skipRegionReplace"], Value::Bool(false)),
            (Plugin::Prune, ["custom", "prune", "includeLayers"], Value::Bool(true)),
        ];
        let problems = refused
            .iter()
            .filter(|(plugin, path, value)| self.has(*plugin) && service.get(path) == Some(value));
        let problems = problems.map(|(_, path, value)| {
            service.problem(path, format!("the setting \"{}: {value}\" is not supported", path.join(".")))
        });
        Errors::none_or(problems.collect())?;
        match self.has(Plugin::Dotenv) {
            true => dotenv::add(service, environment),
            false => Ok(Vec::new()),
        }
    }

    /// What goes into the packages besides the project's own files.
    pub(crate) fn build(&self, bench: &Bench<'_>) -> Result<Extra, Errors> {
        let mut extra = Extra::default();
        for plugin in &self.active {
            let more = match plugin {
                Plugin::Esbuild => esbuild::build(bench)?,
                Plugin::Typescript => typescript::build(bench)?,
                Plugin::Webpack => webpack::build(bench)?,
                Plugin::Python => python::build(bench)?,
                _ => continue,
            };
            extra.add(more);
        }
        let compiles =
            [Plugin::Esbuild, Plugin::Typescript, Plugin::Webpack].iter().any(|plugin| self.has(*plugin));
        if !compiles {
            extra.add(esbuild::build_typescript(bench)?);
        }
        Ok(extra)
    }

    /// What changes the template once it is made.
    pub(crate) fn finish(&self, service: &Service, template: &mut Value) -> Result<(), Errors> {
        if self.has(Plugin::Roles) {
            roles::apply(service, template)?;
        }
        if self.has(Plugin::Pseudo) {
            pseudo::apply(service, template);
        }
        Ok(())
    }

    /// How many old versions of each function stay after a deployment, where the project wants the others deleted.
    pub(crate) fn kept_versions(&self, service: &Service) -> Option<usize> {
        let settings = service.get(&["custom", "prune"])?;
        let number = match &settings["number"] {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        (self.has(Plugin::Prune) && settings["automatic"] == Value::Bool(true))
            .then(|| usize::try_from(number?).ok())
            .flatten()
    }

    /// The keys of functions that plugins add to those of the framework.
    pub(crate) fn function_keys(&self) -> Vec<&'static str> {
        let mut keys = Vec::new();
        for plugin in &self.active {
            match plugin {
                Plugin::Roles => keys.extend(roles::FUNCTION_KEYS),
                Plugin::Python => keys.push("module"),
                _ => {}
            }
        }
        keys
    }
}

fn refusal(service: &Service, place: &[&str], name: &str) -> Problem {
    let local = name.starts_with('.') || name.starts_with('/');
    let help = match name {
        "serverless-apigw-binary" => "set `provider.apiGateway.binaryMediaTypes` instead",
        "serverless-plugin-tracing" => "set `provider.tracing` instead",
        "serverless-bundle" => "use serverless-esbuild instead",
        "serverless-dynamodb-local" | "serverless-dynamodb" => {
            "it starts a database for tests; take it out of the list"
        }
        _ if local => "plugins of the project's own are programs for the framework and cannot be run here",
        _ => "take it out of the list if the service does not need it",
    };
    service.problem(place, format!("the plugin \"{name}\" is not supported")).help(help)
}

/// The object at a path of the configuration, made where it is missing.
fn object<'a>(config: &'a mut Value, path: &[&str]) -> &'a mut Map<String, Value> {
    let mut value = config;
    for key in path {
        if !value.is_object() {
            *value = Value::Object(Map::new());
        }
        value = &mut value[*key];
    }
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut().expect("it was made an object just now")
}

#[cfg(test)]
mod tests;
