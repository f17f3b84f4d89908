//! The steps that carry a service to an endpoint and look after it there, through the public APIs alone.
//!
//! Start at [`deploy::deploy`]. `stack` changes stacks and waits for them, `bucket` is the deployment bucket, `stage` the stage of the
//! REST API, `info`
//! tells what is there, `function` deploys single functions, `remove` takes everything down.

pub mod bucket;
pub mod deploy;
pub mod function;
pub mod info;
pub mod prune;
pub mod remove;
pub mod stack;
mod stage;

use std::time::Duration;

use crate::api::{Api, Endpoint, Error};
use crate::model::Service;
use crate::problem::{Errors, Problem};

/// Hears what happens.
pub trait Report: Send + Sync {
    /// A new step begins: `Uploading`.
    fn step(&self, text: &str);
    /// Something happened to a resource of the stack.
    fn event(&self, event: &crate::api::cloudformation::Event);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy)]
pub struct Quiet;

impl Report for Quiet {
    fn step(&self, _: &str) {}
    fn event(&self, _: &crate::api::cloudformation::Event) {}
}

/// What every step needs.
#[derive(Clone, Copy)]
pub struct Session<'a> {
    /// The account that is deployed to.
    pub api: &'a Api,
    /// The service.
    pub service: &'a Service,
    /// Who hears what happens.
    pub report: &'a dyn Report,
}

impl Session<'_> {
    /// The key under which all deployments of this service and stage lie in the bucket.
    pub(crate) fn prefix(&self) -> String {
        let root = self.service.get(&["provider", "deploymentPrefix"]).and_then(|value| value.as_str());
        format!("{}/{}/{}/", root.unwrap_or("serverless"), self.service.name(), self.service.stage)
    }
}

/// The way out when the service is not there.
const DEPLOY_FIRST: &str = "deploy the service first: `cloudlet deploy`";

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let problem = Problem::new(match error.status {
            0 => error.message.clone(),
            // What follows shows how the request was signed: that helps who wrote the client, and nobody else.
            _ if error.code == "SignatureDoesNotMatch" || error.code == "InvalidSignatureException" => {
                let first = error.message.split("\n\n").next().unwrap_or_default();
                format!("{}: {first}", error.code)
            }
            _ => format!("{}: {}", error.code, error.message),
        });
        match error.code.as_str() {
            "Unreachable" => {
                problem.help("is the cloud running? `cloudlet up` starts it, `cloudlet dev` brings its own")
            }
            "InvalidClientTokenId"
            | "UnrecognizedClientException"
            | "SignatureDoesNotMatch"
            | "InvalidSignatureException"
            | "InvalidAccessKeyId" => {
                problem.help("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to the keys of this cloud")
            }
            _ => problem,
        }
    }
}

/// What is wrong when something of the service cannot be used.
pub fn unusable(error: Error) -> Errors {
    let is_missing = error.code == "ResourceNotFoundException";
    let problem = Problem::from(error);
    if is_missing { problem.help(DEPLOY_FIRST).into() } else { problem.into() }
}

impl From<Error> for Errors {
    fn from(error: Error) -> Self {
        Problem::from(error).into()
    }
}

/// Waits between looks at something that takes its time: short at first, for a cloud nearby, then longer.
#[derive(Debug)]
pub(crate) struct Pace {
    next: Duration,
    max: Duration,
}

impl Pace {
    pub(crate) fn new(api: &Api) -> Self {
        match api.endpoint() {
            Endpoint::Url(_) => Self { next: Duration::from_millis(4), max: Duration::from_millis(500) },
            // AWS throttles those who look more often.
            Endpoint::Aws => Self { next: Duration::from_secs(1), max: Duration::from_secs(5) },
        }
    }

    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 3 / 2).min(self.max);
    }
}

#[cfg(test)]
mod tests;
