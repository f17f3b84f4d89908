//! What the framework can do and a Cloudlet endpoint cannot, said before anything is deployed.

use serde_json::Value;

use super::cfn::{get, take, text};
use super::functions::RUNTIME_DEFAULT;
use super::{Template, custom, names};
use crate::model::Service;
use crate::problem::Problem;
use crate::truth::truthy;

/// Whether a runtime's name is one that functions can run in, by its form: newer ones than we know may come.
fn is_runtime(name: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let node = name.strip_prefix("nodejs").and_then(|rest| rest.strip_suffix(".x"));
    let rest = node.or_else(|| name.strip_prefix("python3.")).or_else(|| name.strip_prefix("provided.al"));
    rest.map_or(name == "provided", is_number)
}

/// Everything that a service asks for in vain.
pub(super) fn problems(service: &Service) -> Vec<Problem> {
    let mut problems = Vec::new();
    let provider = &service.config["provider"];
    for (key, settings) in service.functions() {
        let (runtime, place) = match (text(settings, "runtime"), text(provider, "runtime")) {
            (Some(runtime), _) => (runtime, vec!["functions", key, "runtime"]),
            (None, Some(runtime)) => (runtime, vec!["provider", "runtime"]),
            (None, None) => (RUNTIME_DEFAULT, Vec::new()),
        };
        if get(settings, "image").is_some() {
            let message = format!("the function `{key}` is a container image, which needs Docker");
            let problem = service.problem(&["functions", key, "image"], message);
            problems.push(problem.help("package it as a zip archive with a `handler`"));
        } else if !is_runtime(runtime) {
            let problem = service.problem(&place, format!("the runtime `{runtime}` is not supported"));
            let problem =
                problem.help("functions run in runtimes such as nodejs20.x, python3.12 and provided.al2023");
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
        let events = get(settings, "events").and_then(Value::as_array).into_iter().flatten();
        for (index, event) in events.enumerate() {
            if get(event, "cognitoUserPool").is_some_and(|event| take(event, "existing").is_some()) {
                let path = ["functions", key, "events", &index.to_string(), "cognitoUserPool", "existing"];
                let message = "an event of type `cognitoUserPool` with `existing: true` needs a helper function of \
                    the framework, which is not supported";
                problems.push(
                    service.problem(&path, message).help("declare the resource in this service instead"),
                );
            }
        }
    }
    if service
        .get(&["provider", "lambdaHashingVersion"])
        .is_some_and(|version| version == "20200924" || version == 20_200_924)
    {
        let message = "the version ids of `lambdaHashingVersion: 20200924` are not supported";
        let problem = service.problem(&["provider", "lambdaHashingVersion"], message);
        problems.push(problem.help("remove the setting: versions get the ids that v3 gives by default"));
    }
    problems
}

/// Takes out of the template what only AWS needs, and says what will not happen.
pub(super) fn adapt(service: &Service, template: &mut Template) {
    const ACCOUNT_ROLE: &str = "CustomApiGatewayAccountCloudWatchRole";
    let Some(resources) = template.update["Resources"].as_object_mut() else { return };
    // The role that lets API Gateway write logs belongs to the AWS account; there is no such role here.
    if resources.get(ACCOUNT_ROLE).is_some_and(|role| role["Type"] == "Custom::ApiGatewayAccountRole") {
        let helper = custom::API_ACCOUNT;
        for id in [ACCOUNT_ROLE, &helper.logical_id(), &names::log_group(helper.name)] {
            resources.shift_remove(id);
        }
        // Another helper function may still run in their role.
        if !resources.contains_key(&custom::S3.logical_id()) {
            resources.shift_remove(custom::ROLE);
        }
    }
    let traced = ["provider", "tracing", "apiGateway"];
    if service.get(&traced).is_some_and(truthy)
        && resources.values().any(|of| of["Type"] == "AWS::ApiGateway::RestApi")
    {
        template.notices.push(service.problem(&traced, "traces of the REST API are not recorded"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runtimes_are_known_by_their_form() {
        for name in ["nodejs20.x", "nodejs30.x", "python3.12", "provided", "provided.al2", "provided.al2023"]
        {
            assert!(is_runtime(name), "{name}");
        }
        for name in ["nodejs20", "nodejs.x", "node20.x", "python3", "python312", "provided.x", "go1.x", ""] {
            assert!(!is_runtime(name), "{name}");
        }
    }
}
