//! Who signed a request.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use wire::Body;
use wire::sigv4::{self, Dialect, KeyCache, Presented};
use wire::table::Protocol;

use super::{body, guest, neighbourhood, version2};
use crate::caller::Caller;
use crate::cx::Cx;
use crate::failure::Failure;
use crate::instance::Cloud;
use crate::service::Service;

/// The longest name of a region; AWS's longest has 14 characters.
const REGION_CHARS_MAX: usize = 32;

/// Finds out who signed a request, and checks the signature.
///
/// The body comes back as the operation is to read it: without the frames of `aws-chunked`, and bound to the
/// signature, so that a stream that is not what was signed ends in an error ([`super::failure_of`]).
/// A request without credentials is anonymous; S3 has a use for those, and services that say so.
pub(crate) async fn authenticate(
    cloud: &Cloud,
    service: &'static Service,
    protocol: &Protocol,
    parts: &Parts,
    body: Body,
) -> Result<(Caller, Body), Failure> {
    let words =
        Words { dialect: dialect_of(protocol, service), query_compatible: is_query_compatible(service) };
    let request = sigv4::Request::of(parts);
    let Some(presented) = sigv4::parse(&request).map_err(|error| words.failure(&error))? else {
        if service.plane.is_some_and(|plane| plane.hears_anonymous()) {
            let config = cloud.config();
            return Ok((Caller::anonymous(config.account.as_str(), config.region.as_str()), body));
        }
        let Dialect::S3 = words.dialect else { return Err(words.failure(&sigv4::Error::Missing)) };
        let caller = authenticate_without_v4(cloud, parts).await.map_err(|no| words.refusal(no))?;
        return Ok((caller, body::bind_unsigned(&parts.headers, body)?));
    };
    let (caller, secret) =
        identify(cloud, &presented, service.signing_name, parts).await.map_err(|no| words.refusal(no))?;
    let key = cloud.states().get::<KeyCache>().get(&presented.access_key_id, &secret, &presented.scope);
    let hash = match &body {
        Body::Whole(bytes) => Some(wire::digest::sha256(bytes)),
        Body::Flow(_) => None,
    };
    let verified = presented.verify(&key, &request, hash.as_ref()).map_err(|error| words.failure(&error))?;
    Ok((caller, body::bind(verified, &parts.headers, body)?))
}

/// S3's callers without Signature Version 4: those with an older presigned URL, and anonymous ones.
async fn authenticate_without_v4(cloud: &Cloud, parts: &Parts) -> Result<Caller, Refusal> {
    let region = cloud.config().region.as_str();
    let Some(presented) = version2::parse(parts) else {
        return Ok(Caller::anonymous(cloud.config().account.as_str(), region));
    };
    let (id, token) = (&presented.access_key_id, presented.session_token.as_deref());
    let (caller, secret) = look_up(cloud, id, token, region, parts).await?;
    let bucket = cloud.registry().router().bucket_of_host(parts);
    presented.verify(&secret, parts, bucket.as_deref(), cloud.clock().now().secs())?;
    Ok(caller)
}

/// As for APIs, for a data plane whose route asks for IAM; `signing_name` is `execute-api` or `lambda`.
pub async fn authenticate_plane(
    cx: &Cx,
    signing_name: &str,
    parts: &Parts,
    body: &Bytes,
) -> Result<Caller, Failure> {
    let words = Words { dialect: Dialect::RestJson, query_compatible: false };
    let request = sigv4::Request::of(parts);
    let presented = sigv4::parse(&request).map_err(|error| words.failure(&error))?;
    let presented = presented.ok_or_else(|| words.failure(&sigv4::Error::Missing))?;
    let cloud = cx.cloud();
    let (mut caller, secret) =
        identify(cloud, &presented, signing_name, parts).await.map_err(|no| words.refusal(no))?;
    let key = cloud.states().get::<KeyCache>().get(&presented.access_key_id, &secret, &presented.scope);
    let hash = wire::digest::sha256(body);
    presented.verify(&key, &request, Some(&hash)).map_err(|error| words.failure(&error))?;
    caller.origin = cx.caller().origin.clone();
    Ok(caller)
}

/// Why there is no caller.
enum Refusal {
    Signature(sigv4::Error),
    Other(Failure),
}

impl From<sigv4::Error> for Refusal {
    fn from(error: sigv4::Error) -> Self {
        Self::Signature(error)
    }
}

impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Self {
        Self::Other(error.into())
    }
}

/// Who the credentials say it is, and the secret that proves it. Everything but the signature is checked here.
async fn identify(
    cloud: &Cloud,
    presented: &Presented,
    signing_name: &str,
    parts: &Parts,
) -> Result<(Caller, Arc<str>), Refusal> {
    let scope = &presented.scope;
    let presigned = presented.is_presigned();
    if scope.service != signing_name {
        let (got, expected) = (scope.service.clone(), signing_name.to_owned());
        return Err(sigv4::Error::WrongService { got, expected, presigned }.into());
    }
    // The region goes into ARNs, so it must be no more than a name.
    if !is_region(&scope.region) {
        let (got, expected) = (scope.region.clone(), cloud.config().region.clone());
        return Err(sigv4::Error::WrongRegion { got, expected, presigned }.into());
    }
    presented.check_time(cloud.clock().now().secs())?;
    let token = presented.session_token.as_deref();
    look_up(cloud, &presented.access_key_id, token, &scope.region, parts).await
}

/// Whose key it is, and its secret.
async fn look_up(
    cloud: &Cloud,
    access_key_id: &str,
    session_token: Option<&str>,
    region: &str,
    parts: &Parts,
) -> Result<(Caller, Arc<str>), Refusal> {
    let mut caller = Caller::anonymous("", region);
    caller.access_key_id = Some(access_key_id.into());
    if access_key_id.starts_with("ASIA") {
        let token = session_token.ok_or(sigv4::Error::InvalidToken)?;
        let checked = cloud.identities().sessions().check(access_key_id, token);
        let checked = checked.ok_or(sigv4::Error::InvalidToken)?;
        if cloud.clock().now().millis() >= checked.session.expires_at_millis {
            return Err(sigv4::Error::ExpiredToken.into());
        }
        // A session ends with its user or role, also when there is a new one of the same name.
        let grants = cloud.identities().grants(&checked.account, &checked.principal).await?;
        if !grants.is_of(&checked.principal) {
            return Err(sigv4::Error::InvalidToken.into());
        }
        caller.principal = checked.principal;
        caller.account = checked.account;
        caller.session = Some(checked.session);
        return Ok((caller, checked.secret));
    }
    let unknown = || sigv4::Error::UnknownKey { access_key_id: access_key_id.to_owned() };
    let key = cloud.identities().key(access_key_id).await?.ok_or_else(unknown)?;
    if key.is_well_known
        && let Some((account, principal)) = guest::role_behind(cloud, parts).await.map_err(Refusal::Other)?
    {
        (caller.account, caller.principal) = (account, principal);
        return Ok((caller, key.secret));
    }
    if key.is_well_known && !neighbourhood::is_near(parts) {
        let text = "The well-known keys of this cloud are for programs and pages of this machine: the request came \
                    under another name, or from a page elsewhere.";
        return Err(Refusal::Other(Failure::new("AccessDenied", 403, text)));
    }
    // Clients of well-known keys often send a token, too.
    if session_token.is_some() && !key.is_well_known {
        return Err(sigv4::Error::InvalidToken.into());
    }
    caller.principal = key.principal;
    caller.account = key.account;
    Ok((caller, key.secret))
}

fn is_region(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (2..=REGION_CHARS_MAX).contains(&text.len()) && text.bytes().all(fits)
}

/// In which words a service refuses.
struct Words {
    dialect: Dialect,
    query_compatible: bool,
}

impl Words {
    fn failure(&self, error: &sigv4::Error) -> Failure {
        let answer = error.answer(self.dialect);
        let query_code = answer.query_code;
        let failure = body::failure(answer);
        if self.query_compatible { failure.query_code(query_code) } else { failure }
    }

    fn refusal(&self, refusal: Refusal) -> Failure {
        match refusal {
            Refusal::Signature(error) => self.failure(&error),
            Refusal::Other(failure) => failure,
        }
    }
}

fn dialect_of(protocol: &Protocol, service: &Service) -> Dialect {
    match protocol {
        Protocol::Json { .. } | Protocol::Cbor { .. } | Protocol::RpcCbor { .. } => Dialect::Json,
        Protocol::RestJson => Dialect::RestJson,
        Protocol::RestXml { .. } if service.signing_name == "s3" => Dialect::S3,
        Protocol::Query { .. } | Protocol::RestXml { .. } => Dialect::Query,
    }
}

fn is_query_compatible(service: &Service) -> bool {
    let is_query = |protocol: &Protocol| matches!(protocol, Protocol::Query { .. });
    service.protocols.iter().any(Protocol::is_rpc) && service.protocols.iter().any(is_query)
}
