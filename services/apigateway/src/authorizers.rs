//! The rules of authorizers.

use cloud::prelude::*;
use regex::Regex;

use crate::error::Error;
use crate::keys::AuthorizerRow;
use crate::limits::{AUTHORIZER_TTL_SECONDS_MAX, AUTHORIZER_TTL_SECONDS_USUAL};
use crate::plane::mapping::{Source, function_of};

/// The kind of authorizer that is asked with one header.
pub(crate) const TOKEN: &str = "TOKEN";
/// The kind of authorizer that is asked with the whole request.
pub(crate) const REQUEST: &str = "REQUEST";

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Authorizer {
    id: String,
    name: String,
    #[shape(name = "type")]
    kind: String,
    auth_type: Option<String>,
    authorizer_uri: String,
    identity_source: Option<String>,
    identity_validation_expression: Option<String>,
    authorizer_result_ttl_in_seconds: i32,
}

impl Authorizer {
    pub(crate) fn of(row: AuthorizerRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            kind: row.kind,
            auth_type: row.auth_type,
            authorizer_uri: row.uri,
            identity_source: row.identity_source,
            identity_validation_expression: row.validation_expression,
            authorizer_result_ttl_in_seconds: row.ttl_seconds,
        }
    }
}

/// Where the values come from that a caller is known by: names separated by commas.
pub(crate) fn sources(identity_source: Option<&str>) -> Option<Vec<Source>> {
    let names = identity_source.unwrap_or("").split(',').map(str::trim).filter(|name| !name.is_empty());
    let known = |source: &Source| !matches!(source, Source::Fixed(_) | Source::Path(_));
    names.map(|name| Source::parse(name).filter(known)).collect()
}

/// The expression that the whole token has to match.
pub(crate) fn expression(text: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!("^(?:{text})$"))
}

/// Checks an authorizer as a whole. Texts of AWS as forums quote them; those about the TTL and the expression are our
/// own.
pub(crate) fn check(row: &AuthorizerRow) -> Result<(), Error> {
    if !(0..=AUTHORIZER_TTL_SECONDS_MAX).contains(&row.ttl_seconds) {
        return Err(Error::bad(format!(
            "Invalid authorizer result TTL: it must be between 0 and {AUTHORIZER_TTL_SECONDS_MAX} seconds"
        )));
    }
    if function_of(&row.uri).is_none() {
        return Err(Error::bad(format!(
            "Invalid Authorizer URI: {}. Authorizer URI should be a valid API Gateway ARN that represents a Lambda \
             function invocation.",
            row.uri
        )));
    }
    if let Some(text) = &row.validation_expression
        && expression(text).is_err()
    {
        return Err(Error::bad(format!("Invalid identity validation expression: {text}")));
    }
    let source = row.identity_source.as_deref().unwrap_or("");
    let sources = sources(Some(source));
    match row.kind.as_str() {
        TOKEN => match sources.as_deref() {
            Some([Source::Header(_)]) => Ok(()),
            _ => Err(Error::bad(format!(
                "Invalid token source expression: {source}. The source must be a method request header, matching \
                 'method.request.header.[a-zA-Z0-9._-]+'."
            ))),
        },
        REQUEST => match sources {
            Some(sources) if sources.is_empty() && row.ttl_seconds > 0 => {
                Err(Error::bad("Identity source must be set if authorizer caching is enabled"))
            }
            Some(_) => Ok(()),
            None => Err(Error::bad(format!("Invalid identity source expression: {source}"))),
        },
        _ => Err(Error::unsupported("an authorizer of type COGNITO_USER_POOLS")),
    }
}

/// The time for which an answer of the function is kept.
pub(crate) fn ttl(asked: Option<i32>) -> i32 {
    asked.unwrap_or(AUTHORIZER_TTL_SECONDS_USUAL)
}

/// The error for a name that is taken.
pub(crate) fn taken(name: &str) -> Error {
    Error::bad(format!("Authorizer name must be unique. Authorizer {name} already exists in this RestApi."))
}
