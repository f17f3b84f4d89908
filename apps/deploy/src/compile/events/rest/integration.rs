//! What stands behind a method: a function, another HTTP server, or nothing.

use serde_json::{Map, Value, json};

use super::super::super::cfn::{get, get_att, join, present, reference, take, text};
use super::super::super::config::Config;
use super::event::{Http, Integration};
use super::method::response_headers;

/// The `Integration` property of a method.
pub(super) fn properties(config: &Config, http: &Http) -> Value {
    let kind = http.integration;
    let timeout = take(&http.settings, "timeoutInMillis")
        .or_else(|| config.provider(&["apiGateway", "timeoutInMillis"]));
    let mut properties = json!({
        "IntegrationHttpMethod": "POST",
        "Type": kind.name(),
        "TimeoutInMillis": timeout,
    });
    let streams = kind == Integration::AwsProxy && transfer_mode(http).as_deref() == Some("STREAM");
    match kind {
        Integration::Aws | Integration::AwsProxy => properties["Uri"] = function_uri(http, streams),
        Integration::Http | Integration::HttpProxy => {
            let method = http.request("method").and_then(Value::as_str).unwrap_or(&http.method);
            properties["Uri"] = http.request("uri").cloned().unwrap_or_default();
            properties["IntegrationHttpMethod"] = json!(method.to_uppercase());
            if let Some(connection) = text(&http.settings, "connectionType") {
                properties["ConnectionType"] = json!(connection.to_uppercase().replacen('-', "_", 1));
                properties["ConnectionId"] = http.settings["connectionId"].clone();
            }
        }
        Integration::Mock => {}
    }
    if kind.is_mapped() {
        let pass_through = http.request("passThrough").cloned();
        let default = (kind == Integration::Aws).then(|| json!("NEVER"));
        properties["PassthroughBehavior"] = json!(pass_through.or(default));
        properties["ContentHandling"] = json!(http.request("contentHandling"));
        properties["RequestTemplates"] = json!(request_templates(http));
        properties["IntegrationResponses"] = Value::Array(responses(http));
    }
    let parameters = parameters(http);
    let maps = !http.parameters.is_empty() && !matches!(kind, Integration::AwsProxy | Integration::Mock);
    if maps || take(&http.settings, "async").is_some() {
        properties["RequestParameters"] = Value::Object(parameters);
    }
    if matches!(kind, Integration::AwsProxy | Integration::HttpProxy) {
        properties["ResponseTransferMode"] = json!(transfer_mode(http));
    }
    present(properties)
}

fn transfer_mode(http: &Http) -> Option<String> {
    http.response("transferMode").and_then(Value::as_str).map(str::to_uppercase)
}

fn function_uri(http: &Http, streams: bool) -> Value {
    let (version, path) = match streams {
        true => ("2021-11-15", "/response-streaming-invocations"),
        false => ("2015-03-31", "/invocations"),
    };
    let mut parts = vec![
        json!("arn:"),
        reference("AWS::Partition"),
        json!(":apigateway:"),
        reference("AWS::Region"),
        json!(format!(":lambda:path/{version}/functions/")),
        get_att(&http.function.logical_id(), "Arn"),
    ];
    if let Some(alias) = &http.function.alias {
        parts.extend([json!(":"), json!(alias.name)]);
    }
    parts.push(json!(path));
    join("", parts)
}

fn parameters(http: &Http) -> Map<String, Value> {
    let mut parameters = Map::new();
    for (name, value) in &http.parameters {
        let mapped = take(value, "mappedValue").cloned().unwrap_or_else(|| json!(name));
        let name = name.strip_prefix("method.").unwrap_or(name);
        parameters.insert(format!("integration.{name}"), mapped);
    }
    if take(&http.settings, "async").is_some() {
        parameters.insert("integration.request.header.X-Amz-Invocation-Type".to_owned(), json!("'Event'"));
    }
    parameters
}

fn request_templates(http: &Http) -> Option<Map<String, Value>> {
    let mut templates = Map::new();
    if http.integration == Integration::Aws {
        let claims = claims(http);
        templates.insert("application/json".to_owned(), json!(event_template(JSON_BODY, &claims)));
        templates.insert(
            "application/x-www-form-urlencoded".to_owned(),
            json!(event_template(FORM_BODY, &claims)),
        );
    }
    for (kind, template) in http.request("template").and_then(Value::as_object).into_iter().flatten() {
        if template.is_null() {
            templates.shift_remove(kind);
        } else {
            templates.insert(kind.clone(), template.clone());
        }
    }
    (!templates.is_empty()).then_some(templates)
}

/// The claims of a user pool's token that the author asks for, as members of `cognitoPoolClaims`.
fn claims(http: &Http) -> String {
    let claims = http.authorizer.iter().flat_map(|authorizer| &authorizer.claims);
    let member = |claim: &str| match claim.split_once(':') {
        Some((_, name)) => format!("\"{name}\": \"$context.authorizer.claims['{claim}']\","),
        None => format!("\"{claim}\": \"$context.authorizer.claims.{claim}\","),
    };
    claims.filter_map(Value::as_str).map(member).collect()
}

/// The body of a JSON request.
const JSON_BODY: &str = "#set($body = $input.json('$'))\n";

/// The body of an HTML form as an object.
const FORM_BODY: &str = r##"#define($body){#foreach($field in $input.path('$').split('&'))#set($pair = $field.split('='))"$util.escapeJavaScript($util.urlDecode($pair[0]))":"#if($pair.size() > 1)$util.escapeJavaScript($util.urlDecode($pair[1])).replaceAll("\\'", "'")#end"#if($foreach.hasNext),#end#end}#end
"##;

/// The event that a function gets with the `lambda` integration: the members are the framework's, the template is
/// our own.
///
/// Differs from Serverless Framework v3: the text of this template. What the function gets is the same.
fn event_template(body: &str, claims: &str) -> String {
    let mut template = String::from(body);
    template.push_str(
        r##"#macro(members $from){#foreach($name in $from.keySet())"$util.escapeJavaScript($name)":"$util.escapeJavaScript($from.get($name)).replaceAll("\\'", "'")"#if($foreach.hasNext),#end#end}#end
"##,
    );
    template.push_str("{\"body\":$body,\"method\":\"$context.httpMethod\",");
    template.push_str("\"principalId\":\"$context.authorizer.principalId\",\"stage\":\"$context.stage\",");
    template
        .push_str(&format!("\"cognitoPoolClaims\":{{{claims}\"sub\":\"$context.authorizer.claims.sub\"}},"));
    let maps = [
        ("enhancedAuthContext", "$context.authorizer"),
        ("headers", "$input.params().header"),
        ("query", "$input.params().querystring"),
        ("path", "$input.params().path"),
        ("identity", "$context.identity"),
        ("stageVariables", "$stageVariables"),
    ];
    for (name, from) in maps {
        template.push_str(&format!("\"{name}\":#members({from}),"));
    }
    template.push_str("\"requestPath\":\"$context.resourcePath\"}");
    template
}

fn responses(http: &Http) -> Vec<Value> {
    let prefixed = |headers: &Map<String, Value>| {
        headers
            .iter()
            .map(|(name, value)| (format!("method.response.header.{name}"), value.clone()))
            .collect::<Map<_, _>>()
    };
    let common = prefixed(&response_headers(http));
    let response = |(status, settings): (&String, &Value)| {
        let mut parameters = common.clone();
        if let Some(own) = get(settings, "headers").and_then(Value::as_object) {
            parameters.extend(prefixed(own));
        }
        let mut templates = Map::new();
        if let Some(template) = http.response("template") {
            templates.insert("application/json".to_owned(), template.clone());
        }
        match take(settings, "template") {
            Some(Value::Object(own)) => templates.extend(own.clone()),
            Some(own) => {
                templates.insert("application/json".to_owned(), own.clone());
            }
            None => {}
        }
        present(json!({
            "StatusCode": status,
            "SelectionPattern": text(settings, "pattern").unwrap_or_default(),
            "ResponseParameters": parameters,
            "ResponseTemplates": templates,
            "ContentHandling": http.response("contentHandling").filter(|_| status.starts_with('2')),
        }))
    };
    http.status_codes.iter().flatten().map(response).collect()
}
