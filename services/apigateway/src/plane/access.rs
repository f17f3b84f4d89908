//! Who may call a method.

use bytes::Bytes;
use cloud::access::{authenticate_plane, decide_plane};
use cloud::caller::Caller;
use cloud::cx::Cx;
use http::request::Parts;
use proxyevent::Request;

use crate::responses::ResponseType;

use super::answer::Refusal;
use super::compile::{MethodPlan, StagePlan};

/// The service that requests to APIs are signed for.
const SIGNING_NAME: &str = "execute-api";

/// Lets a request pass or refuses it; the caller is known when the method is authorised by IAM.
pub(super) async fn authorize(
    cx: &Cx,
    stage: &StagePlan,
    method: &MethodPlan,
    parts: &Parts,
    body: &Bytes,
    request: &Request<'_>,
) -> Result<Option<Caller>, Refusal> {
    if stage.disabled {
        return Err(Refusal::new(ResponseType::Default4xx, 403, "Forbidden"));
    }
    let caller = match method.iam {
        true => Some(authenticate(cx, parts, body).await?),
        false => None,
    };
    if method.iam || stage.policy.is_some() {
        let StagePlan { region, account, api_id, name, .. } = stage;
        let path = request.path.trim_start_matches('/');
        let arn = format!("arn:aws:execute-api:{region}:{account}:{api_id}/{name}/{}/{path}", request.method);
        let anonymous = || {
            let mut caller = Caller::anonymous(account.as_str(), region.as_str());
            caller.origin = cx.caller().origin.clone();
            caller
        };
        let subject = caller.clone().unwrap_or_else(anonymous);
        decide_plane(cx, &subject, "execute-api:Invoke", &arn, stage.policy.as_deref(), &Vec::new())
            .await
            .map_err(|denied| Refusal::new(ResponseType::AccessDenied, 403, denied.message().to_owned()))?;
    }
    // There are no API keys, so a method that needs one is closed.
    if method.api_key_required {
        return Err(Refusal::new(ResponseType::InvalidApiKey, 403, "Forbidden"));
    }
    Ok(caller)
}

async fn authenticate(cx: &Cx, parts: &Parts, body: &Bytes) -> Result<Caller, Refusal> {
    authenticate_plane(cx, SIGNING_NAME, parts, body).await.map_err(|failure| {
        let code = failure.code();
        if code.starts_with("MissingAuthenticationToken") {
            return Refusal::new(
                ResponseType::MissingAuthenticationToken,
                403,
                "Missing Authentication Token",
            );
        }
        let kind = if code.starts_with("ExpiredToken") {
            ResponseType::ExpiredToken
        } else {
            ResponseType::InvalidSignature
        };
        Refusal::new(kind, 403, failure.message().to_owned())
    })
}
