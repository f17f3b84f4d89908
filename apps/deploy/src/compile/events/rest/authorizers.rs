//! Authorizers of a REST API.

use serde_json::{Value, json};

use super::super::super::cfn::{invocation_uri, resource};
use super::super::super::config::Config;
use super::super::super::names;
use super::super::super::output::Output;
use super::api;
use super::event::Http;

/// Puts an authorizer for every event that names a function or a user pool.
pub(super) fn put(config: &Config, out: &mut Output, events: &[Http]) {
    for authorizer in events.iter().filter_map(|http| http.authorizer.as_ref()) {
        let Some(arn) = &authorizer.arn else { continue };
        let mut properties = json!({
            "AuthorizerResultTtlInSeconds": authorizer.result_ttl,
            "IdentitySource": authorizer.identity_source,
            "Name": authorizer.name,
            "RestApiId": api(config),
            "IdentityValidationExpression": authorizer.identity_validation,
        });
        if authorizer.is_user_pool() {
            properties["Type"] = json!("COGNITO_USER_POOLS");
            properties["ProviderARNs"] = json!([arn]);
        } else {
            properties["AuthorizerUri"] = invocation_uri(arn.clone());
            properties["Type"] =
                json!(authorizer.kind.as_deref().map_or_else(|| "TOKEN".to_owned(), str::to_uppercase));
        }
        let waits_for = authorizer.alias.as_ref().map(|alias| Value::from(alias.as_str()));
        out.put(
            names::authorizer(&authorizer.name),
            resource("AWS::ApiGateway::Authorizer", properties, waits_for),
        );
    }
}
