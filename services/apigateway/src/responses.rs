//! Gateway responses: what the gateway itself answers when a request does not reach its integration.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>

use cloud::prelude::*;

use crate::error::Error;
use crate::keys::{GatewayResponseRow, Texts};
use crate::patch::{Change, Op};
use crate::plane::mapping;

/// The template of every response that says nothing else.
pub(crate) const TEMPLATE: &str = "{\"message\":$context.error.messageString}";
const JSON: &str = "application/json";

/// Declares the kinds in AWS's order, with their words and usual statuses.
macro_rules! kinds {
    ($($variant:ident $word:literal $status:expr;)+) => {
        /// The kinds of gateway response.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Shape)]
        pub(crate) enum ResponseType {
            $(#[shape(name = $word)] $variant,)+
        }

        impl ResponseType {
            /// All kinds.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),+];

            /// The usual status; the two defaults have none of their own.
            pub(crate) fn status(self) -> Option<u16> {
                match self { $(Self::$variant => $status),+ }
            }
        }
    };
}

kinds! {
    RequestTooLarge "REQUEST_TOO_LARGE" Some(413);
    ResourceNotFound "RESOURCE_NOT_FOUND" Some(404);
    AuthorizerConfigurationError "AUTHORIZER_CONFIGURATION_ERROR" Some(500);
    MissingAuthenticationToken "MISSING_AUTHENTICATION_TOKEN" Some(403);
    BadRequestBody "BAD_REQUEST_BODY" Some(400);
    InvalidSignature "INVALID_SIGNATURE" Some(403);
    InvalidApiKey "INVALID_API_KEY" Some(403);
    BadRequestParameters "BAD_REQUEST_PARAMETERS" Some(400);
    AuthorizerFailure "AUTHORIZER_FAILURE" Some(500);
    Unauthorized "UNAUTHORIZED" Some(401);
    IntegrationTimeout "INTEGRATION_TIMEOUT" Some(504);
    AccessDenied "ACCESS_DENIED" Some(403);
    Default4xx "DEFAULT_4XX" None;
    Default5xx "DEFAULT_5XX" None;
    WafFiltered "WAF_FILTERED" Some(403);
    QuotaExceeded "QUOTA_EXCEEDED" Some(429);
    Throttled "THROTTLED" Some(429);
    ApiConfigurationError "API_CONFIGURATION_ERROR" Some(500);
    UnsupportedMediaType "UNSUPPORTED_MEDIA_TYPE" Some(415);
    IntegrationFailure "INTEGRATION_FAILURE" Some(504);
    ExpiredToken "EXPIRED_TOKEN" Some(403);
}

impl std::fmt::Display for ResponseType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct GatewayResponse {
    response_type: String,
    status_code: Option<String>,
    response_parameters: Texts,
    response_templates: Texts,
    default_response: bool,
}

impl GatewayResponse {
    /// What is answered: as it was set, or the usual answer.
    pub(crate) fn of(kind: ResponseType, row: Option<&GatewayResponseRow>) -> Self {
        let usual = || Texts::from([(JSON.to_owned(), TEMPLATE.to_owned())]);
        let status = row.and_then(|row| row.status.clone());
        Self {
            response_type: kind.as_str().to_owned(),
            status_code: status.or_else(|| kind.status().map(|status| status.to_string())),
            response_parameters: row.map(|row| row.parameters.clone()).unwrap_or_default(),
            response_templates: row
                .map(|row| row.templates.clone())
                .filter(|map| !map.is_empty())
                .unwrap_or_else(usual),
            default_response: row.is_none(),
        }
    }
}

/// Checks a response when it is stored: its templates may use variables of the context, and nothing of Velocity.
pub(crate) fn check(row: &GatewayResponseRow) -> Result<(), Error> {
    if let Some(status) = &row.status {
        let good = status.len() == 3
            && status.bytes().all(|byte| byte.is_ascii_digit())
            && status >= &"100".to_owned();
        if !good {
            return Err(Error::Validation(format!(
                "1 validation error detected: Value '{status}' at 'statusCode' failed to satisfy constraint: Member \
                 must satisfy regular expression pattern: [1-5]\\d\\d"
            )));
        }
    }
    for (name, source) in &row.parameters {
        if mapping::target_header(name, "gatewayresponse.header.").is_none() {
            return Err(Error::bad(format!("Invalid gateway response parameter specified: {name}")));
        }
        mapping::Source::parse(source)
            .ok_or_else(|| Error::unsupported(&format!("the source `{source}` of a response parameter")))?;
    }
    for (media_type, template) in &row.templates {
        mapping::Template::parse(template)
            .ok_or_else(|| Error::unsupported(&format!("an expression in the template for {media_type}")))?;
    }
    Ok(())
}

/// Applies a change. Texts recorded in LocalStack's test_update_gateway_response.
pub(crate) fn apply(row: &mut GatewayResponseRow, change: &Change<'_>) -> Result<(), Error> {
    let (map, name, kind) = match change.steps()[..] {
        ["statusCode"] if change.op == Op::Replace => {
            row.status = Some(change.text()?);
            return Ok(());
        }
        ["responseParameters", name] => (&mut row.parameters, name.to_owned(), "responseParameters"),
        ["responseTemplates", name] => (&mut row.templates, name.to_owned(), "responseTemplates"),
        _ => return Err(change.unknown()),
    };
    if change.op != Op::Remove && change.value.is_none_or(str::is_empty) {
        return Err(Error::bad(format!("Invalid null or empty value in {kind}")));
    }
    if change.op != Op::Add && !map.contains_key(&name) {
        return Err(Error::NotFound("Invalid parameter name specified".to_owned()));
    }
    change.apply_text(map, &name)
}
