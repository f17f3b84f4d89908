//! Access: who calls (authentication) and whether they may (authorisation).

use bytes::Bytes;
use http::request::Parts;
use wire::Body;
use wire::table::Protocol;

use crate::caller::Caller;
use crate::instance::Cloud;
use crate::cx::Cx;
use crate::failure::Failure;
use crate::operation::{Conditions, Resource};
use crate::service::Service;

/// Whether there is anything to decide: the platform itself may do everything.
pub(crate) fn must_decide(cx: &Cx) -> bool {
    !cx.call.internal
}

/// Decides whether the caller may do the operation that `cx` is in.
pub(crate) async fn decide_operation(
    cx: &mut Cx,
    resource: &Resource,
    policy: Option<&str>,
    conditions: &Conditions,
) -> Result<(), Failure> {
    let prefix = cx.call.service.map_or("", |service| service.signing_name);
    let action = format!("{prefix}:{}", cx.call.action);
    decide_action(cx, &action, resource, policy, conditions).await
}

/// Decides whether the caller may do `action` on `resource`.
pub(crate) async fn decide_action(
    _cx: &mut Cx,
    _action: &str,
    _resource: &Resource,
    _policy: Option<&str>,
    _conditions: &Conditions,
) -> Result<(), Failure> {
    Ok(())
}

/// Finds out who signed a request, and checks the signature.
pub(crate) async fn authenticate(
    cloud: &Cloud,
    _service: &'static Service,
    _protocol: &Protocol,
    _parts: &Parts,
    body: Body,
) -> Result<(Caller, Body), Failure> {
    Ok((Caller::root(cloud.config().account.as_str(), cloud.config().region.as_str()), body))
}

/// As for APIs, for a data plane whose route asks for IAM.
pub async fn authenticate_plane(
    _cx: &Cx,
    _signing_name: &str,
    _parts: &Parts,
    _body: &Bytes,
) -> Result<Caller, Failure> {
    Err(Failure::new("AccessDeniedException", 403, "Forbidden"))
}
