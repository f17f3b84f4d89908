//! The small conversions that the framework makes while it checks a configuration.
//!
//! Its schema check turns a number into text where text is expected (`environment`), a single value into a list
//! (`Action: "s3:*"`), and text that holds a number or a flag into one (`timeout: ${env:TIMEOUT}`). The template
//! shows the converted values, so that the same places are converted here. What the table does not name stays.

use serde_json::{Value, json};

/// What a value becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum To {
    /// Numbers and flags become text.
    Text,
    /// A single value becomes a list of one.
    List,
    /// The resources of a policy statement: one ARN or logical id stands alone, any other text in a list.
    Resources,
    /// The same of an API's resource policy, which knows `execute-api:/...` instead of logical ids.
    ApiResources,
    /// Text that holds a number becomes one.
    Number,
    /// Text that holds a flag becomes one.
    Flag,
}

/// The places; `*` stands for every member of an object or item of a list.
const PLACES: &[(&str, To)] = &[
    ("service", To::Text),
    ("provider.environment.*", To::Text),
    ("provider.tags.*", To::Text),
    ("provider.stackTags.*", To::Text),
    ("provider.deploymentBucket.tags.*", To::Text),
    ("provider.memorySize", To::Number),
    ("provider.timeout", To::Number),
    ("provider.logRetentionInDays", To::Number),
    ("provider.layers", To::List),
    ("provider.versionFunctions", To::Flag),
    ("provider.vpc.securityGroupIds", To::List),
    ("provider.vpc.subnetIds", To::List),
    ("provider.iamRoleStatements.*.Action", To::List),
    ("provider.iamRoleStatements.*.NotAction", To::List),
    ("provider.iamRoleStatements.*.Resource", To::Resources),
    ("provider.iamRoleStatements.*.NotResource", To::Resources),
    ("provider.iamManagedPolicies", To::List),
    ("provider.iam.role.statements.*.Action", To::List),
    ("provider.iam.role.statements.*.NotAction", To::List),
    ("provider.iam.role.statements.*.Resource", To::Resources),
    ("provider.iam.role.statements.*.NotResource", To::Resources),
    ("provider.iam.role.managedPolicies", To::List),
    ("provider.iam.role.tags.*", To::Text),
    ("provider.apiGateway.apiKeys", To::List),
    ("provider.apiGateway.binaryMediaTypes", To::List),
    ("provider.apiGateway.minimumCompressionSize", To::Number),
    ("provider.apiGateway.disableDefaultEndpoint", To::Flag),
    ("provider.apiGateway.resourcePolicy.*.Action", To::List),
    ("provider.apiGateway.resourcePolicy.*.NotAction", To::List),
    ("provider.apiGateway.resourcePolicy.*.Resource", To::ApiResources),
    ("provider.apiGateway.resourcePolicy.*.NotResource", To::ApiResources),
    ("provider.apiGateway.usagePlan.quota.limit", To::Number),
    ("provider.apiGateway.usagePlan.quota.offset", To::Number),
    ("provider.apiGateway.usagePlan.throttle.burstLimit", To::Number),
    ("provider.apiGateway.usagePlan.throttle.rateLimit", To::Number),
    ("provider.httpApi.payload", To::Text),
    ("provider.httpApi.metrics", To::Flag),
    ("provider.httpApi.disableDefaultEndpoint", To::Flag),
    ("provider.httpApi.cors.allowedHeaders", To::List),
    ("provider.httpApi.cors.allowedMethods", To::List),
    ("provider.httpApi.cors.allowedOrigins", To::List),
    ("provider.httpApi.cors.exposedResponseHeaders", To::List),
    ("provider.httpApi.cors.maxAge", To::Number),
    ("provider.httpApi.authorizers.*.resultTtlInSeconds", To::Number),
    ("functions.*.name", To::Text),
    ("functions.*.description", To::Text),
    ("functions.*.environment.*", To::Text),
    ("functions.*.tags.*", To::Text),
    ("functions.*.memorySize", To::Number),
    ("functions.*.timeout", To::Number),
    ("functions.*.reservedConcurrency", To::Number),
    ("functions.*.provisionedConcurrency", To::Number),
    ("functions.*.ephemeralStorageSize", To::Number),
    ("functions.*.logRetentionInDays", To::Number),
    ("functions.*.maximumRetryAttempts", To::Number),
    ("functions.*.maximumEventAge", To::Number),
    ("functions.*.layers", To::List),
    ("functions.*.dependsOn", To::List),
    ("functions.*.disableLogs", To::Flag),
    ("functions.*.snapStart", To::Flag),
    ("functions.*.versionFunction", To::Flag),
    ("functions.*.vpc.securityGroupIds", To::List),
    ("functions.*.vpc.subnetIds", To::List),
    ("functions.*.httpApi.payload", To::Text),
    ("functions.*.url.cors.allowedHeaders", To::List),
    ("functions.*.url.cors.allowedMethods", To::List),
    ("functions.*.url.cors.allowedOrigins", To::List),
    ("functions.*.url.cors.exposedResponseHeaders", To::List),
    ("functions.*.events.*.alb.authorizer", To::List),
    ("functions.*.events.*.alb.conditions.host", To::List),
    ("functions.*.events.*.alb.conditions.ip", To::List),
    ("functions.*.events.*.alb.conditions.method", To::List),
    ("functions.*.events.*.alb.conditions.path", To::List),
    ("functions.*.events.*.alb.conditions.query.*", To::Text),
    ("functions.*.events.*.alb.priority", To::Number),
    ("functions.*.events.*.http.async", To::Flag),
    ("functions.*.events.*.http.private", To::Flag),
    ("functions.*.events.*.http.timeoutInMillis", To::Number),
    ("functions.*.events.*.http.authorizer.claims", To::List),
    ("functions.*.events.*.http.authorizer.resultTtlInSeconds", To::Number),
    ("functions.*.events.*.http.authorizer.scopes", To::List),
    ("functions.*.events.*.http.cors", To::Flag),
    ("functions.*.events.*.http.cors.allowCredentials", To::Flag),
    ("functions.*.events.*.http.cors.headers", To::List),
    ("functions.*.events.*.http.cors.maxAge", To::Number),
    ("functions.*.events.*.http.cors.methods", To::List),
    ("functions.*.events.*.http.cors.origins", To::List),
    ("functions.*.events.*.http.request.parameters.querystrings.*", To::Flag),
    ("functions.*.events.*.http.request.parameters.headers.*", To::Flag),
    ("functions.*.events.*.http.request.parameters.paths.*", To::Flag),
    ("functions.*.events.*.http.response.headers.*", To::Text),
    ("functions.*.events.*.http.response.statusCodes.*.headers.*", To::Text),
    ("functions.*.events.*.httpApi.authorizer.scopes", To::List),
    ("functions.*.events.*.iot.enabled", To::Flag),
    ("functions.*.events.*.schedule.enabled", To::Flag),
    ("functions.*.events.*.schedule.rate", To::List),
    ("functions.*.events.*.eventBridge.enabled", To::Flag),
    ("functions.*.events.*.cloudwatchEvent.enabled", To::Flag),
    ("functions.*.events.*.alexaSkill.enabled", To::Flag),
    ("functions.*.events.*.alexaSmartHome.enabled", To::Flag),
    ("functions.*.events.*.s3.existing", To::Flag),
    ("functions.*.events.*.sqs.batchSize", To::Number),
    ("functions.*.events.*.sqs.enabled", To::Flag),
    ("functions.*.events.*.sqs.maximumBatchingWindow", To::Number),
    ("functions.*.events.*.sqs.maximumConcurrency", To::Number),
    ("functions.*.events.*.stream.batchSize", To::Number),
    ("functions.*.events.*.stream.batchWindow", To::Number),
    ("functions.*.events.*.stream.enabled", To::Flag),
    ("functions.*.events.*.stream.bisectBatchOnFunctionError", To::Flag),
    ("functions.*.events.*.stream.maximumRetryAttempts", To::Number),
    ("functions.*.events.*.stream.maximumRecordAgeInSeconds", To::Number),
    ("functions.*.events.*.stream.parallelizationFactor", To::Number),
    ("functions.*.events.*.stream.tumblingWindowInSeconds", To::Number),
    ("functions.*.events.*.websocket.authorizer.identitySource", To::List),
    ("layers.*.allowedAccounts", To::List),
    ("layers.*.allowedAccounts.*", To::Text),
    ("layers.*.compatibleArchitectures", To::List),
    ("layers.*.compatibleRuntimes", To::List),
    ("layers.*.retain", To::Flag),
    ("resources.Transform", To::List),
    ("resources.Resources.*.DependsOn", To::List),
    ("resources.extensions.*.DependsOn", To::List),
];

/// Converts every place of the table.
pub(super) fn coerce(config: &mut Value) {
    for (place, to) in PLACES {
        let path: Vec<&str> = place.split('.').collect();
        walk(config, &path, *to);
    }
}

fn walk(value: &mut Value, path: &[&str], to: To) {
    match path.split_first() {
        None => {
            if let Some(converted) = convert(value, to) {
                *value = converted;
            }
        }
        Some((&"*", rest)) => match value {
            Value::Array(items) => items.iter_mut().for_each(|item| walk(item, rest, to)),
            Value::Object(map) => map.values_mut().for_each(|member| walk(member, rest, to)),
            _ => {}
        },
        Some((key, rest)) => {
            if let Some(member) = value.get_mut(key) {
                walk(member, rest, to);
            }
        }
    }
}

fn convert(value: &Value, to: To) -> Option<Value> {
    match (to, value) {
        (To::Text, Value::Number(_)) => Some(json!(super::cfn::json_text(value))),
        (To::Text, Value::Bool(flag)) => Some(json!(flag.to_string())),
        (To::List, Value::String(_) | Value::Number(_) | Value::Bool(_)) => Some(json!([value])),
        (To::Resources, Value::Array(items)) => match items.as_slice() {
            [Value::String(text)] if names_resource(text) => Some(json!(text)),
            _ => None,
        },
        (To::Resources, Value::String(text)) => (text != "*" && !names_resource(text)).then(|| json!([text])),
        (To::ApiResources, Value::Array(items)) => match items.as_slice() {
            [Value::String(text)] if names_api_resource(text) => Some(json!(text)),
            _ => None,
        },
        (To::ApiResources, Value::String(text)) => {
            (text != "*" && !names_api_resource(text)).then(|| json!([text]))
        }
        (To::Number, Value::String(text)) => {
            let text = text.trim();
            text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<f64>().map(Value::from)).ok()
        }
        (To::Flag, Value::String(text)) => match text.as_str() {
            "true" => Some(json!(true)),
            "false" => Some(json!(false)),
            _ => None,
        },
        (To::Flag, Value::Number(number)) => match number.as_u64() {
            Some(0) => Some(json!(false)),
            Some(1) => Some(json!(true)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a text is an ARN, or could be a logical id with a star at its end.
fn names_resource(text: &str) -> bool {
    let id = text.strip_suffix('*').unwrap_or(text);
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "#-_./".contains(letter);
    text.starts_with("arn:") || !id.is_empty() && id.chars().all(allowed)
}

fn names_api_resource(text: &str) -> bool {
    text.starts_with("arn:") || text.starts_with("execute-api:/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_converted_where_the_table_says_so() {
        let mut config = json!({
            "provider": {"environment": {"A": 1, "B": true, "C": {"Ref": "X"}}, "timeout": "30",
                "iam": {"role": {"statements": [{"Action": "s3:*", "Resource": "*"}]}}},
            "functions": {"f": {"events": [{"schedule": {"rate": "rate(1 hour)"}}], "memorySize": "large"}},
        });
        coerce(&mut config);
        assert_eq!(
            config,
            json!({
                "provider": {"environment": {"A": "1", "B": "true", "C": {"Ref": "X"}}, "timeout": 30,
                    "iam": {"role": {"statements": [{"Action": ["s3:*"], "Resource": "*"}]}}},
                "functions": {"f": {"events": [{"schedule": {"rate": ["rate(1 hour)"]}}], "memorySize": "large"}},
            })
        );
    }
}
