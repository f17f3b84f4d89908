//! Request validation.

use std::borrow::Cow;

use proxyevent::{Request, query};
use serde_json::Value;

use crate::responses::ResponseType;

use super::answer::Refusal;
use super::compile::{MethodPlan, Place, Required};

/// The media type of a request that names none.
const JSON: &str = "application/json";

/// Checks the parameters, then the body.
pub(super) fn check(
    method: &MethodPlan,
    request: &Request<'_>,
    parameters: &[(&str, Cow<'_, str>)],
) -> Result<(), Refusal> {
    let missing: Vec<_> =
        method.required.iter().filter(|required| !is_given(required, request, parameters)).collect();
    if !missing.is_empty() {
        let names: Vec<_> = missing.iter().map(|required| required.name.as_str()).collect();
        let text = format!("Missing required request parameters: [{}]", names.join(", "));
        return Err(Refusal::new(ResponseType::BadRequestParameters, 400, text));
    }
    let Some(schemas) = &method.schemas else { return Ok(()) };
    let media_type = request.header_text("content-type").unwrap_or(JSON);
    let media_type = media_type.split(';').next().unwrap_or(JSON).trim().to_ascii_lowercase();
    let schema = schemas.iter().find(|(known, _)| *known == media_type);
    let schema = schema.or_else(|| schemas.iter().find(|(known, _)| known == "$default"));
    // A body of a type without a model is not looked at, nor is one whose model is no schema.
    let Some((_, Some(schema))) = schema else { return Ok(()) };
    let refusal = || Refusal::new(ResponseType::BadRequestBody, 400, "Invalid request body");
    let body: &[u8] = if request.body.is_empty() { b"{}" } else { request.body };
    let value: Value = serde_json::from_slice(body).map_err(|_| refusal())?;
    if schema.is_valid(&value) { Ok(()) } else { Err(refusal()) }
}

/// A parameter with an empty value counts as missing.
fn is_given(required: &Required, request: &Request<'_>, parameters: &[(&str, Cow<'_, str>)]) -> bool {
    let name = required.name.as_str();
    match required.place {
        Place::Header => request.header(&name.to_ascii_lowercase()).is_some_and(|value| !value.is_empty()),
        Place::Query => {
            query::parameters(request.query).any(|(known, value)| known == name && !value.is_empty())
        }
        Place::Path => parameters.iter().any(|(known, value)| *known == name && !value.is_empty()),
    }
}
