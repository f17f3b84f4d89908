//! Who may call a method.

use std::borrow::Cow;

use bytes::Bytes;
use cloud::access::{authenticate_plane, decide_plane};
use cloud::caller::Caller;
use cloud::cx::Cx;
use http::request::Parts;
use proxyevent::Request;

use crate::responses::ResponseType;

use super::answer::{Ids, Refusal};
use super::authorizer::{Granted, misconfigured};
use super::compile::{Guard, MethodPlan, StagePlan};

/// The service that requests to APIs are signed for.
const SIGNING_NAME: &str = "execute-api";

/// What is asked for.
pub(super) struct Asked<'a> {
    pub(super) stage: &'a StagePlan,
    pub(super) method: &'a MethodPlan,
    pub(super) parts: &'a Parts,
    pub(super) body: &'a Bytes,
    pub(super) request: &'a Request<'a>,
    pub(super) parameters: &'a [(&'a str, Cow<'a, str>)],
}

/// Whom the request comes from, as far as the method wants to know.
#[derive(Default)]
pub(super) struct Admitted {
    /// The caller, when the method is authorised by IAM.
    pub(super) caller: Option<Caller>,
    /// What the authorizer said, when the method has one.
    pub(super) grant: Option<Granted>,
    /// The API key and its id, when the method needs one.
    pub(super) api_key: Option<(String, String)>,
}

/// Lets a request pass or refuses it.
pub(super) async fn authorize(cx: &mut Cx, asked: &Asked<'_>, ids: &Ids) -> Result<Admitted, Refusal> {
    let Asked { stage, method, request, .. } = asked;
    if stage.disabled {
        return Err(Refusal::new(ResponseType::Default4xx, 403, "Forbidden"));
    }
    let mut admitted = Admitted::default();
    let open = matches!(method.guard, Guard::Open) && stage.policy.is_none();
    if !open {
        let StagePlan { region, account, api_id, name, .. } = stage;
        let path = request.path.trim_start_matches('/');
        let arn = format!("arn:aws:execute-api:{region}:{account}:{api_id}/{name}/{}/{path}", request.method);
        let iam = matches!(method.guard, Guard::Iam);
        if iam {
            admitted.caller = Some(authenticate(cx, asked.parts, asked.body).await?);
        }
        if iam || stage.policy.is_some() {
            decide(cx, stage, admitted.caller.as_ref(), &arn).await?;
        }
        if let Guard::Custom(authorizer) = &method.guard {
            let authorizer = authorizer.as_ref().ok_or_else(misconfigured)?;
            admitted.grant = Some(authorizer.admit(cx, asked, ids, &arn).await?);
        }
    }
    if method.api_key_required {
        let key = match stage.key_of_authorizer {
            true => admitted.grant.as_ref().and_then(Granted::usage_key),
            false => request.header_text("x-api-key"),
        };
        let known = key.and_then(|key| stage.keys.get_key_value(key));
        let (value, key) =
            known.ok_or_else(|| Refusal::new(ResponseType::InvalidApiKey, 403, "Forbidden"))?;
        if let Some(throttle) = &key.throttle {
            throttle.pass(request.time_millis)?;
        }
        admitted.api_key = Some((value.clone(), key.id.clone()));
    }
    Ok(admitted)
}

/// Asks the policies of the caller and of the API.
async fn decide(cx: &Cx, stage: &StagePlan, caller: Option<&Caller>, arn: &str) -> Result<(), Refusal> {
    let anonymous = || {
        let mut caller = Caller::anonymous(stage.account.as_str(), stage.region.as_str());
        caller.origin = cx.caller().origin.clone();
        caller
    };
    let subject = caller.cloned().unwrap_or_else(anonymous);
    decide_plane(cx, &subject, "execute-api:Invoke", arn, stage.policy.as_deref(), &Vec::new())
        .await
        .map_err(|denied| Refusal::new(ResponseType::AccessDenied, 403, denied.message().to_owned()))
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
