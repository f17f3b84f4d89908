//! CreateCodeSigningConfig.

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 0..=256)]
    description: Option<String>,
    allowed_publishers: AllowedPublishers,
    code_signing_policies: Option<CodeSigningPolicies>,
    tags: Option<BTreeMap<String, String>>,
}

#[derive(Shape)]
struct AllowedPublishers {
    #[shape(len = 1..=20, each(pattern = r"arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:([a-z]{2}(-gov)?-[a-z]+-\d{1})?:(\d{12})?:(.*)"))]
    signing_profile_version_arns: Vec<String>,
}

#[derive(Shape)]
struct CodeSigningPolicies {
    untrusted_artifact_on_deployment: Option<CodeSigningPolicy>,
}

#[derive(Shape, Clone, Copy)]
enum CodeSigningPolicy {
    Warn,
    Enforce,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Refuses code signing: there is no Signer whose profiles could be trusted here.
///
/// Differs from AWS: it is always refused, so that nobody takes unsigned code for code that was checked.
pub(crate) struct CreateCodeSigningConfig;

impl Operation for CreateCodeSigningConfig {
    const NAME: &'static str = "CreateCodeSigningConfig";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("POST", "/2020-04-22/code-signing-configs", 201));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(_cx: &mut Cx, _input: Input) -> Result<Output, Error> {
        Err(Error::unsupported("Code signing"))
    }
}
