//! Who may call a route.

use bytes::Bytes;
use cloud::access::{authenticate_plane, decide_plane};
use cloud::caller::Caller;
use cloud::cx::Cx;
use http::request::Parts;
use proxyevent::Request;

use super::answer::Refusal;
use super::compile::{RoutePlan, StagePlan};

/// The service that requests to APIs are signed for.
const SIGNING_NAME: &str = "execute-api";

/// Lets a request pass or refuses it; the caller is known when IAM decides.
pub(super) async fn authorize(
    cx: &Cx,
    stage: &StagePlan,
    route: &RoutePlan,
    parts: &Parts,
    body: &Bytes,
    request: &Request<'_>,
) -> Result<Option<Caller>, Refusal> {
    if !route.iam {
        return Ok(None);
    }
    let caller = authenticate_plane(cx, SIGNING_NAME, parts, body).await.map_err(|_| Refusal::forbidden())?;
    let StagePlan { region, account, api_id, name, .. } = stage;
    let path = request.path.trim_start_matches('/');
    let arn = format!("arn:aws:execute-api:{region}:{account}:{api_id}/{name}/{}/{path}", request.method);
    decide_plane(cx, &caller, "execute-api:Invoke", &arn, None, &Vec::new())
        .await
        .map_err(|_| Refusal::forbidden())?;
    Ok(Some(caller))
}
