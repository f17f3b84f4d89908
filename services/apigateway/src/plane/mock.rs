//! Mock integrations: what the framework answers CORS preflights with.

use std::borrow::Cow;

use bytes::Bytes;
use proxyevent::Request;
use shape::Stream;

use crate::responses::ResponseType;

use super::answer::{Answer, Ids, Refusal, header, request_context};
use super::compile::{MethodPlan, MockAnswer, MockPlan, StagePlan};
use super::mapping::Values;

const JSON: &str = "application/json";

/// Answers a request to a mock.
pub(super) fn run(
    mock: &MockPlan,
    stage: &StagePlan,
    method: &MethodPlan,
    request: &Request<'_>,
    parameters: &[(&str, Cow<'_, str>)],
    ids: &Ids,
) -> Result<Answer, Refusal> {
    let input = input(mock, request)?;
    let status = status_code(&input).ok_or_else(|| Refusal::internal(500))?;
    let answer = choose(&mock.answers, &status).ok_or_else(|| Refusal::internal(500))?;
    let context = |name: &str| request_context(name, stage, Some(method), request, ids);
    let values =
        Values { request, path_parameters: parameters, stage_variables: &stage.variables, context: &context };
    let accept = request.header_text("accept").unwrap_or("");
    let fitting = answer.templates.iter().find(|(media_type, _)| accept.contains(media_type.as_str()));
    let template =
        fitting.or_else(|| answer.templates.get_key_value(JSON)).or_else(|| answer.templates.iter().next());
    let mut headers = Vec::new();
    let media_type = template.map_or(JSON, |(media_type, _)| media_type.as_str());
    headers.extend(header("content-type", media_type));
    for (name, source) in &answer.parameters {
        headers.extend(source.value(&values).and_then(|value| header(name, &value)));
    }
    let body = template.map(|(_, text)| Bytes::from(text.clone())).unwrap_or_default();
    Ok(Answer { status: answer.status, headers, body: Stream::once(body), traced: false })
}

/// The text that the mock reads its status from: the template for the request's media type, or the body itself where
/// that is allowed.
fn input<'a>(mock: &'a MockPlan, request: &Request<'a>) -> Result<Cow<'a, str>, Refusal> {
    let media_type = request.header_text("content-type").unwrap_or(JSON);
    let media_type = media_type.split(';').next().unwrap_or(JSON).trim();
    let templates = mock.templates.as_ref().filter(|templates| !templates.is_empty());
    if let Some(template) = templates.and_then(|templates| templates.get(media_type)) {
        return Ok(Cow::Borrowed(template));
    }
    let passes = match mock.passthrough.as_str() {
        "NEVER" => false,
        "WHEN_NO_TEMPLATES" => templates.is_none(),
        _ => true,
    };
    if passes {
        return Ok(String::from_utf8_lossy(request.body));
    }
    Err(Refusal::new(ResponseType::UnsupportedMediaType, 415, "Unsupported Media Type"))
}

/// The value of `statusCode`. The text need not be strict JSON: the framework writes `{statusCode:200}`.
fn status_code(input: &str) -> Option<String> {
    let at = input.find("statusCode")? + "statusCode".len();
    let rest = input[at..].trim_start_matches(['"', '\'']).trim_start();
    let rest = rest.strip_prefix(':')?.trim_start().trim_start_matches(['"', '\'']);
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    (digits.len() == 3).then_some(digits)
}

/// The answer whose pattern matches the status, or the one without a pattern.
fn choose<'a>(answers: &'a [MockAnswer], status: &str) -> Option<&'a MockAnswer> {
    let matching =
        answers.iter().find(|answer| answer.pattern.as_ref().is_some_and(|pattern| pattern.is_match(status)));
    matching.or_else(|| answers.iter().find(|answer| answer.pattern.is_none()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_codes_in_strict_and_loose_json() {
        for text in [
            "{\"statusCode\": 200}",
            "{statusCode:200}",
            "{'statusCode' : '200'}",
            "{\n \"statusCode\":\"200\"}",
        ] {
            assert_eq!(status_code(text).as_deref(), Some("200"), "{text}");
        }
        for text in ["", "{}", "{\"statusCode\"}", "{\"statusCode\": x}", "{\"statusCode\": 20}"] {
            assert_eq!(status_code(text), None, "{text}");
        }
    }
}
