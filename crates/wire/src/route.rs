//! Which operation a request is for.
//!
//! In this order, and without guessing: `X-Amz-Target`, `Smithy-Protocol` with the path, the host's name, the credential
//! scope's service, `Action` with `Version`. A request that says nothing of all this is S3's, because S3 alone is meant
//! to be called with a bare URL.

mod host;
mod rest;
mod s3;

use std::collections::HashMap;

use bytes::Bytes;
use http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::Notation;
use crate::error::ErrorBody;
use crate::query::Form;
use crate::table::{Protocol, ServiceRoutes};
use host::Host;

/// The operation that a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Index into the services that the router was built from.
    pub service: usize,
    /// Index into the service's operations.
    pub operation: usize,
    /// The protocol that the request speaks.
    pub protocol: &'static Protocol,
    /// Decoded path labels; the bucket of a virtual-host S3 request is among them.
    pub labels: Vec<(String, String)>,
    /// Whether the input's payload is a stream, so that the body must not be read whole.
    pub streaming: bool,
}

/// Why no operation was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteError {
    /// A form post: ask again with the body.
    NeedsBody,
    /// Nothing in the request names a service that we have.
    Unknown {
        /// What it names, for messages; empty when it names nothing.
        name: String,
    },
    /// Several services would take the request.
    Ambiguous {
        /// Their names.
        services: Vec<&'static str>,
    },
    /// The service is known, the operation is not.
    UnknownOperation {
        /// Index of the service.
        service: usize,
        /// The protocol that the request speaks.
        protocol: &'static Protocol,
        /// What the request asks for, for messages.
        operation: String,
    },
    /// The resource is known, but not with this method (S3).
    MethodNotAllowed {
        /// Index of the service.
        service: usize,
        /// The protocol that the request speaks.
        protocol: &'static Protocol,
        /// The method.
        method: String,
    },
    /// The service is known, but a label or parameter cannot be read.
    Malformed {
        /// Index of the service.
        service: usize,
        /// The protocol that the request speaks.
        protocol: &'static Protocol,
    },
}

impl RouteError {
    /// The service that was found, if one was.
    pub fn service(&self) -> Option<usize> {
        match self {
            Self::UnknownOperation { service, .. }
            | Self::MethodNotAllowed { service, .. }
            | Self::Malformed { service, .. } => Some(*service),
            Self::NeedsBody | Self::Unknown { .. } | Self::Ambiguous { .. } => None,
        }
    }

    /// The error in AWS's words, and the protocol to write it in.
    pub fn answer(&self) -> (&'static Protocol, ErrorBody) {
        match self {
            Self::NeedsBody => {
                (&Protocol::RestJson, ErrorBody::caller("MissingAction", 400, "the request has no body"))
            }
            Self::Unknown { name } if name.is_empty() => (
                &Protocol::RestJson,
                ErrorBody::caller("UnknownService", 404, "nothing in the request names a service"),
            ),
            Self::Unknown { name } => (
                &Protocol::RestJson,
                ErrorBody::caller("UnknownService", 404, format!("there is no service `{name}` here")),
            ),
            Self::Ambiguous { services } => (
                &Protocol::RestJson,
                ErrorBody::caller(
                    "UnknownService",
                    400,
                    format!(
                        "the request fits several services (`{}`): name one by host name or sign for it",
                        services.join("`, `")
                    ),
                ),
            ),
            Self::UnknownOperation { protocol, operation, .. } => {
                (protocol, unknown_operation(protocol, operation))
            }
            Self::MethodNotAllowed { protocol, method, .. } => {
                let text = "The specified method is not allowed against this resource.";
                let mut error = ErrorBody::caller("MethodNotAllowed", 405, text);
                error.details = vec![("Method".into(), method.clone())];
                (protocol, error)
            }
            Self::Malformed { protocol, .. } => {
                let code = if is_s3(protocol) { "InvalidURI" } else { "MalformedQueryString" };
                (protocol, ErrorBody::caller(code, 400, "Couldn't parse the specified URI."))
            }
        }
    }
}

fn is_s3(protocol: &Protocol) -> bool {
    matches!(protocol, Protocol::RestXml { wrapped_errors: false, .. })
}

fn unknown_operation(protocol: &Protocol, operation: &str) -> ErrorBody {
    match protocol {
        Protocol::Json { .. } | Protocol::Cbor { .. } => {
            ErrorBody::caller("UnknownOperationException", 400, "")
        }
        Protocol::Query { .. } if operation.is_empty() => ErrorBody::caller(
            "MissingAction",
            400,
            "The request is missing an action or a required parameter.",
        ),
        Protocol::Query { .. } => ErrorBody::caller(
            "InvalidAction",
            400,
            format!("The action {operation} is not valid for this web service."),
        ),
        Protocol::RestJson | Protocol::RpcCbor { .. } => {
            ErrorBody::caller("UnknownOperationException", 404, "")
        }
        Protocol::RestXml { .. } => {
            let text = "A header you provided implies functionality that is not implemented";
            let mut error = ErrorBody::caller("NotImplemented", 501, text);
            error.details = vec![("Resource".into(), operation.to_owned())];
            error
        }
    }
}

/// The header that says that a request is of one of Smithy's RPC protocols.
pub(crate) const RPC_HEADER: &str = "smithy-protocol";
/// What stands in it.
pub(crate) const RPC_CBOR: &str = "rpc-v2-cbor";

/// Finds operations.
#[derive(Debug)]
pub struct Router {
    services: Vec<Entry>,
    by_target: HashMap<&'static str, usize>,
    by_rpc_name: HashMap<&'static str, (usize, &'static Protocol)>,
}

/// A service with its tables.
#[derive(Debug)]
struct Entry {
    name: &'static str,
    signing_name: &'static str,
    protocols: &'static [Protocol],
    operations: HashMap<&'static str, usize>,
    streaming: Vec<bool>,
    rest: Vec<rest::Route>,
}

impl Entry {
    fn new(routes: ServiceRoutes) -> Self {
        let operations: HashMap<_, _> =
            routes.operations.iter().enumerate().map(|(i, operation)| (operation.name, i)).collect();
        assert_eq!(operations.len(), routes.operations.len(), "`{}` lists an operation twice", routes.name);
        Self {
            name: routes.name,
            signing_name: routes.signing_name,
            protocols: routes.protocols,
            operations,
            streaming: routes.operations.iter().map(rest::is_streaming).collect(),
            rest: rest::routes(&routes),
        }
    }

    fn protocol(&self, is_it: impl Fn(&Protocol) -> bool) -> Option<&'static Protocol> {
        self.protocols.iter().find(|protocol| is_it(protocol))
    }

    fn rest_protocol(&self) -> Option<&'static Protocol> {
        self.protocol(|p| matches!(p, Protocol::RestJson | Protocol::RestXml { .. }))
    }

    fn query_protocol(&self) -> Option<&'static Protocol> {
        self.protocol(|p| matches!(p, Protocol::Query { .. }))
    }

    fn query_version(&self) -> Option<&'static str> {
        self.query_protocol().and_then(|p| match p {
            Protocol::Query { version, .. } => Some(*version),
            _ => None,
        })
    }
}

impl Router {
    /// A router over `services`. Panics on tables that contradict themselves: they are static, so a test finds it.
    pub fn new(services: Vec<ServiceRoutes>) -> Self {
        let services: Vec<Entry> = services.into_iter().map(Entry::new).collect();
        let (mut by_target, mut by_rpc_name) = (HashMap::new(), HashMap::new());
        for (i, service) in services.iter().enumerate() {
            for protocol in service.protocols {
                if let Protocol::Json { target, .. } = protocol {
                    let other = by_target.insert(*target, i);
                    assert!(other.is_none_or(|o| o == i), "two services have the target `{target}`");
                }
                if let Protocol::RpcCbor { service: name } = protocol {
                    let other = by_rpc_name.insert(*name, (i, protocol));
                    assert!(other.is_none(), "two services are called `{name}`");
                }
            }
            for other in &services[..i] {
                if other.signing_name == service.signing_name {
                    rest::assert_apart(&other.rest, &service.rest);
                }
            }
        }
        Self { services, by_target, by_rpc_name }
    }

    /// The operation that a request is for; `body` is wanted only after [`RouteError::NeedsBody`].
    ///
    /// # Errors
    /// When nothing fits, or the body is needed to know.
    pub fn find(&self, parts: &Parts, body: Option<&Bytes>) -> Result<Found, RouteError> {
        if let Some(target) = parts.headers.get("x-amz-target") {
            return self.by_target(target.to_str().unwrap_or_default(), parts);
        }
        if parts.headers.get(RPC_HEADER).is_some_and(|value| value == RPC_CBOR) {
            return self.by_rpc_path(parts.uri.path());
        }
        let host = self.host(parts);
        let candidates = self.candidates(parts, &host)?;
        if self.may_be_query(&candidates, parts) {
            let is_form = is_form(parts);
            if is_form && body.is_none() {
                return Err(RouteError::NeedsBody);
            }
            let body = if is_form { body.map_or(&[][..], |b| b) } else { &[] };
            let form = Form::parse(parts.uri.query().unwrap_or(""), body).unwrap_or_default();
            if form.get("Action").is_some() || self.only_query(&candidates) {
                return self.by_action(&candidates, &form);
            }
        }
        self.by_path(candidates, parts, &host)
    }

    /// The bucket that the host's name holds, in S3's virtual-host style.
    pub fn bucket_of_host(&self, parts: &Parts) -> Option<String> {
        match self.host(parts) {
            Host::Bucket(bucket) => Some(bucket),
            Host::Service(_) | Host::Foreign(_) | Host::Other => None,
        }
    }

    fn host(&self, parts: &Parts) -> Host {
        let header = parts.headers.get(http::header::HOST).and_then(|h| h.to_str().ok());
        let text = header.or(parts.uri.authority().map(|a| a.as_str())).unwrap_or("");
        let signed_for_s3 = scope_service(parts).as_deref() == Some(s3::NAME);
        host::parse(
            text,
            |name| self.services.iter().any(|s| s.name == name || s.signing_name == name),
            signed_for_s3,
        )
    }

    /// The services that the host or the credential scope name; all, when neither names one.
    fn candidates(&self, parts: &Parts, host: &Host) -> Result<Vec<usize>, RouteError> {
        let named = match host {
            Host::Service(name) => Some(name.clone()),
            Host::Bucket(_) => Some(s3::NAME.to_owned()),
            Host::Other => scope_service(parts),
            // Never the service that an unsigned request to nobody happens to fit.
            Host::Foreign(name) => Some(scope_service(parts).unwrap_or_else(|| name.clone())),
        };
        let Some(name) = named else { return Ok((0..self.services.len()).collect()) };
        let found: Vec<usize> = (0..self.services.len())
            .filter(|i| self.services[*i].name == name || self.services[*i].signing_name == name)
            .collect();
        if found.is_empty() { Err(RouteError::Unknown { name }) } else { Ok(found) }
    }

    fn by_target(&self, target: &str, parts: &Parts) -> Result<Found, RouteError> {
        let (prefix, operation) = target.rsplit_once('.').unwrap_or(("", target));
        let Some(service) = self.by_target.get(prefix).copied() else {
            return Err(RouteError::Unknown { name: target.to_owned() });
        };
        let entry = &self.services[service];
        let kind = parts.headers.get(http::header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
        let wanted = kind.trim().strip_prefix("application/x-amz-json-").unwrap_or("");
        let wants_cbor = kind.trim().starts_with(Notation::AmzCbor.media_type());
        let fits = |p: &Protocol, exact: bool| match p {
            Protocol::Json { version, target } => {
                *target == prefix && (!exact || wanted.starts_with(version))
            }
            Protocol::Cbor { target } => *target == prefix && exact && wants_cbor,
            _ => false,
        };
        // A client may speak 1.1 to a service of 1.0 (they differ in nothing that counts): it gets the service's own.
        let protocol = entry.protocol(|p| fits(p, true)).or_else(|| entry.protocol(|p| fits(p, false)));
        let protocol = protocol.expect("a target is in the table because of its protocol");
        self.named(service, protocol, operation)
    }

    fn by_rpc_path(&self, path: &str) -> Result<Found, RouteError> {
        let names = path.strip_prefix("/service/").and_then(|names| names.split_once("/operation/"));
        let (service, operation) = names.unwrap_or((path, ""));
        match self.by_rpc_name.get(service) {
            Some((service, protocol)) => self.named(*service, protocol, operation),
            None => Err(RouteError::Unknown { name: service.to_owned() }),
        }
    }

    fn named(
        &self,
        service: usize,
        protocol: &'static Protocol,
        operation: &str,
    ) -> Result<Found, RouteError> {
        match self.services[service].operations.get(operation) {
            Some(index) => {
                Ok(Found { service, operation: *index, protocol, labels: Vec::new(), streaming: false })
            }
            None => Err(RouteError::UnknownOperation { service, protocol, operation: operation.to_owned() }),
        }
    }

    fn may_be_query(&self, candidates: &[usize], parts: &Parts) -> bool {
        let has_action =
            parts.uri.query().is_some_and(|q| q.split('&').any(|pair| pair.starts_with("Action=")));
        let any_query = candidates.iter().any(|i| self.services[*i].query_protocol().is_some());
        any_query && (has_action || is_form(parts) || self.only_query(candidates))
    }

    /// Whether no candidate has a REST protocol, so that a request without target must be a form.
    fn only_query(&self, candidates: &[usize]) -> bool {
        candidates.iter().all(|i| self.services[*i].rest_protocol().is_none())
    }

    fn by_action(&self, candidates: &[usize], form: &Form) -> Result<Found, RouteError> {
        let action = form.get("Action").unwrap_or("");
        let version = form.get("Version");
        let speaks = |i: &usize| self.services[*i].query_protocol().is_some();
        let mut fitting: Vec<usize> = candidates.iter().copied().filter(speaks).collect();
        if fitting.len() > 1 {
            // Version dates are a service's own, so they tell services apart where nothing else does.
            fitting.retain(|i| version.is_none_or(|v| self.services[*i].query_version() == Some(v)));
        }
        if fitting.len() > 1 {
            fitting.retain(|i| self.services[*i].operations.contains_key(action));
        }
        match fitting[..] {
            [service] => {
                let protocol = self.services[service].query_protocol().expect("only such are fitting");
                self.named(service, protocol, action)
            }
            [] => Err(RouteError::Unknown { name: action.to_owned() }),
            _ => Err(RouteError::Ambiguous {
                services: fitting.iter().map(|i| self.services[*i].name).collect(),
            }),
        }
    }

    fn by_path(&self, mut candidates: Vec<usize>, parts: &Parts, host: &Host) -> Result<Found, RouteError> {
        candidates.retain(|i| self.services[*i].rest_protocol().is_some());
        if candidates.len() == self.services.iter().filter(|s| s.rest_protocol().is_some()).count()
            && candidates.len() > 1
            && matches!(host, Host::Other)
            && scope_service(parts).is_none()
        {
            // Nothing names a service: only S3 is meant to be called like this.
            candidates.retain(|i| self.services[*i].name == s3::NAME);
        }
        let Some(first) = candidates.first().copied() else {
            return Err(RouteError::Unknown { name: String::new() });
        };
        let (path, bucket) = match host {
            Host::Bucket(bucket) => (s3::path_in_bucket(bucket, parts.uri.path()), true),
            _ => (parts.uri.path().to_owned(), false),
        };
        let query = rest::Query::parse(parts.uri.query().unwrap_or(""));
        let mut best: Option<(rest::Match<'_>, usize)> = None;
        for service in candidates {
            if let Some(found) = rest::find(&self.services[service].rest, parts, &path, &query)
                && best.as_ref().is_none_or(|(b, _)| found.rank > b.rank)
            {
                best = Some((found, service));
            }
        }
        let Some((found, service)) = best else {
            return Err(self.no_route(first, parts, &path));
        };
        let entry = &self.services[service];
        let protocol = entry.rest_protocol().expect("only such are candidates");
        if is_s3(protocol)
            && let Some(unknown) = s3::unknown_subresource(&query, found.route)
        {
            return Err(RouteError::UnknownOperation { service, protocol, operation: unknown });
        }
        let labels = decode_labels(found.labels).ok_or(RouteError::Malformed { service, protocol })?;
        debug_assert!(!bucket || labels.iter().any(|(name, _)| name == "Bucket"));
        let operation = found.route.operation;
        Ok(Found { service, operation, protocol, labels, streaming: entry.streaming[operation] })
    }

    fn no_route(&self, service: usize, parts: &Parts, path: &str) -> RouteError {
        let protocol = self.services[service].rest_protocol().expect("only such are candidates");
        let method = parts.method.to_string();
        if is_s3(protocol) && rest::path_exists(&self.services[service].rest, path) {
            return RouteError::MethodNotAllowed { service, protocol, method };
        }
        RouteError::UnknownOperation { service, protocol, operation: format!("{method} {path}") }
    }
}

fn decode_labels(labels: Vec<(&'static str, String)>) -> Option<Vec<(String, String)>> {
    labels
        .into_iter()
        .map(|(name, raw)| {
            let text = percent_decode_str(&raw).decode_utf8().ok()?.into_owned(); // no UTF-8: the caller refuses
            Some((name.to_owned(), text))
        })
        .collect()
}

fn is_form(parts: &Parts) -> bool {
    let kind = parts.headers.get(http::header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    parts.method == http::Method::POST
        && kind.trim().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
}

/// The service of the credential scope, wherever the signature stands. Not yet believed: it only says where the
/// request wants to go, and access compares it with where it went.
fn scope_service(parts: &Parts) -> Option<String> {
    let header = parts.headers.get(http::header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let credential = match header {
        Some(text) => text.split_once("Credential=")?.1.split([',', ' ']).next()?.to_owned(),
        None => {
            let query = parts.uri.query()?;
            let pair = query.split('&').find_map(|pair| pair.strip_prefix("X-Amz-Credential="))?;
            percent_decode_str(pair).decode_utf8().ok()?.into_owned() // no UTF-8: as if absent
        }
    };
    let service = credential.split('/').nth(3)?;
    (!service.is_empty()).then(|| service.to_owned())
}

#[cfg(test)]
mod tests;
