//! The rules of methods and integrations.

use cloud::cx::Cx;
use regex::Regex;

use crate::api::part;
use crate::error::Error;
use crate::keys::{
    AuthorizerRow, Flags, Integration, IntegrationResponse, Method, ModelRow, Texts, ValidatorRow,
};
use crate::limits::{STREAM_TIMEOUT_MILLIS_MAX, TIMEOUT_MILLIS_MAX, TIMEOUT_MILLIS_MIN};
use crate::plane::mapping;

/// The authorization type of methods with an authorizer.
pub(crate) const CUSTOM: &str = "CUSTOM";
/// The methods that a resource can have.
const METHODS: [&str; 8] = ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY"];
/// Model names that need not exist: they stand for any body and for the gateway's own errors.
const BUILT_IN_MODELS: [&str; 2] = ["Empty", "Error"];

/// Checks the name of a method.
pub(crate) fn http_method(name: &str) -> Result<String, Error> {
    if METHODS.contains(&name) {
        return Ok(name.to_owned());
    }
    Err(Error::bad(format!("Invalid HttpMethod specified. Valid options are {}", METHODS.join(","))))
}

/// Checks an authorization type. User pools of Cognito are not there.
pub(crate) fn authorization_type(name: &str) -> Result<String, Error> {
    match name.to_ascii_uppercase().as_str() {
        known @ ("NONE" | "AWS_IAM" | CUSTOM) => Ok(known.to_owned()),
        "COGNITO_USER_POOLS" => Err(Error::unsupported("the authorization type COGNITO_USER_POOLS")),
        _ => Err(Error::bad(
            "Invalid authorization type specified. Valid options are NONE, AWS_IAM, CUSTOM, COGNITO_USER_POOLS",
        )),
    }
}

fn invalid_mapping(name: &str) -> Error {
    Error::bad(format!(
        "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression \
         parameter specified: {name}]"
    ))
}

/// Checks the names of request parameters: `method.request.{querystring|path|header}.<name>`.
pub(crate) fn check_request_parameters(parameters: Option<&Flags>) -> Result<(), Error> {
    for name in parameters.into_iter().flatten().map(|(name, _)| name) {
        let rest = name.strip_prefix("method.request.").and_then(|rest| rest.split_once('.'));
        match rest {
            Some(("querystring" | "path" | "header", name)) if !name.is_empty() => {}
            _ => return Err(invalid_mapping(name)),
        }
    }
    Ok(())
}

/// Checks the names of response parameters: `method.response.header.<name>`.
pub(crate) fn check_response_parameters(parameters: Option<&Flags>) -> Result<(), Error> {
    for name in parameters.into_iter().flatten().map(|(name, _)| name) {
        if mapping::target_header(name, "method.response.header.").is_none() {
            return Err(invalid_mapping(name));
        }
    }
    Ok(())
}

/// Checks that the authorizer, the validator and the models of a method exist.
pub(crate) async fn check_references(cx: &mut Cx, api_id: &str, method: &Method) -> Result<(), Error> {
    if method.authorization_type == CUSTOM {
        let authorizer = match &method.authorizer_id {
            Some(id) => part::<AuthorizerRow>(cx, api_id, id).await?,
            None => None,
        };
        authorizer.ok_or_else(|| {
            Error::bad(
                "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS \
                 requires a valid authorizer.",
            )
        })?;
    }
    if let Some(id) = &method.request_validator_id
        && part::<ValidatorRow>(cx, api_id, id).await?.is_none()
    {
        return Err(Error::bad("Invalid Request Validator identifier specified"));
    }
    for name in method.request_models.iter().flatten().map(|(_, name)| name) {
        if !BUILT_IN_MODELS.contains(&name.as_str()) && part::<ModelRow>(cx, api_id, name).await?.is_none() {
            return Err(Error::bad(format!("Invalid model identifier specified: {name}")));
        }
    }
    Ok(())
}

/// Checks an integration as a whole.
pub(crate) fn check_integration(row: &Integration) -> Result<(), Error> {
    let longest = if row.streams { STREAM_TIMEOUT_MILLIS_MAX } else { TIMEOUT_MILLIS_MAX };
    if !(TIMEOUT_MILLIS_MIN..=longest).contains(&row.timeout_millis) {
        return Err(Error::bad(format!(
            "Timeout should be between {TIMEOUT_MILLIS_MIN} ms and {longest} ms"
        )));
    }
    if row.streams && row.kind != "AWS_PROXY" {
        return Err(Error::bad(
            "The responseTransferMode STREAM can only be used with integrations of type 'AWS_PROXY' or 'HTTP_PROXY'",
        ));
    }
    if !matches!(row.passthrough_behavior.as_str(), "WHEN_NO_MATCH" | "WHEN_NO_TEMPLATES" | "NEVER") {
        return Err(Error::bad(
            "Invalid passthrough behavior specified. Must be one of: [WHEN_NO_MATCH, WHEN_NO_TEMPLATES, NEVER]",
        ));
    }
    if row.kind == "MOCK" {
        return check_templates(row.request_templates.as_ref());
    }
    if row.http_method.is_none() {
        return Err(Error::bad("Enumeration value for HttpMethod must be non-empty"));
    }
    let uri = row.uri.as_deref().ok_or_else(|| Error::bad("Invalid ARN specified in the request"))?;
    if !uri.starts_with("arn:") {
        return Err(Error::bad("Invalid ARN specified in the request"));
    }
    match (row.streams, mapping::function_of(uri), mapping::streaming_function_of(uri)) {
        (false, Some(_), _) | (true, _, Some(_)) => Ok(()),
        (true, Some(_), _) => Err(Error::bad(
            "With the responseTransferMode STREAM the uri must end with /response-streaming-invocations",
        )),
        (false, _, Some(_)) => Err(Error::bad(
            "An uri that ends with /response-streaming-invocations needs the responseTransferMode STREAM",
        )),
        _ => Err(Error::bad(
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.",
        )),
    }
}

/// Templates may be texts; the Velocity language is not there.
fn check_templates(templates: Option<&Texts>) -> Result<(), Error> {
    match templates.into_iter().flatten().find(|(_, template)| template.contains(['$', '#'])) {
        Some((media_type, _)) => {
            Err(Error::unsupported(&format!("the Velocity language in the template for {media_type}")))
        }
        None => Ok(()),
    }
}

/// Checks an answer of an integration against its method.
pub(crate) fn check_integration_response(
    method: &Method,
    status: &str,
    response: &IntegrationResponse,
) -> Result<(), Error> {
    let integration = method.integration.as_ref().ok_or_else(Error::no_integration)?;
    if let Some(pattern) = response.selection_pattern.as_deref().filter(|pattern| !pattern.is_empty())
        && Regex::new(pattern).is_err()
    {
        return Err(Error::bad(format!("Invalid selection pattern specified: {pattern}")));
    }
    // A Lambda proxy answers for itself; AWS keeps what is put here and never uses it.
    if integration.kind != "MOCK" {
        return Ok(());
    }
    check_templates(response.response_templates.as_ref())?;
    let declared = method.responses.get(status).and_then(|response| response.response_parameters.as_ref());
    for (name, source) in response.response_parameters.iter().flatten() {
        if !declared.is_some_and(|declared| declared.contains_key(name)) {
            return Err(invalid_mapping(name));
        }
        mapping::Source::parse(source)
            .ok_or_else(|| Error::unsupported(&format!("the source `{source}` of a response parameter")))?;
    }
    Ok(())
}

/// What is said of a size of compression that is out of bounds.
pub(crate) const COMPRESSION_SIZE: &str = "Invalid minimum compression size, must be between 0 and 10485760";

/// Checks the size from which on answers are compressed.
pub(crate) fn compression_size(size: i32) -> Result<i32, Error> {
    if (0..=10_485_760).contains(&size) { Ok(size) } else { Err(Error::bad(COMPRESSION_SIZE)) }
}
