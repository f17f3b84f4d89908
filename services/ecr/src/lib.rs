//! ECR: the container registry, which is always empty here.
//!
//! Serverless Framework asks for the repository of a service before it removes the service, and goes on when it hears
//! that there is none. That is the truth: functions of this cloud are archives, never container images.
//!
//! Differs from AWS: no repository can be made, so that no other operation than DescribeRepositories is there.

use cloud::operation::entry;
use cloud::service::{Service, Words};
use wire::table::Protocol;

mod error;
mod ops;

#[cfg(test)]
mod tests;

/// The service's table of contents.
pub static ECR: Service = Service {
    name: "ecr",
    title: "Elastic Container Registry",
    signing_name: "ecr",
    protocols: &[Protocol::json_1_1("AmazonEC2ContainerRegistry_V20150921")],
    operations: &[entry::<ops::DescribeRepositories>()],
    resources: &[],
    jobs: &[],
    plane: None,
    words: Words::JSON,
};
