//! Lambda authorizers: functions that are asked who may call a method.
//!
//! The function answers with a policy, which is kept for a while under what the caller is known by, and serves every
//! method of the stage that has this authorizer. What is kept goes with the compiled stage: any change of the API
//! makes a new one.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html>

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use cloud::caller::Caller;
use cloud::cx::Cx;
use iampolicy::{Context as Conditions, Decision, Guard, Kind, Policies, Policy, Principal};
use proxyevent::v1::{self, Identity};
use regex::Regex;
use serde_json::{Map, Value, json};

use crate::authorizers::{REQUEST, expression, sources};
use crate::keys::{ApiRow, AuthorizerRow};
use crate::limits::{GRANTS_MAX, TIMEOUT_MILLIS_MAX};
use crate::responses::ResponseType;

use super::access::Asked;
use super::answer::{Ids, Refusal, request_context};
use super::compile::invoker;
use super::mapping::{Source, Values, fill_stage_variables, function_of};
use super::proxy::{self, Broken};

/// What a function throws to say that it does not know the caller.
const UNAUTHORIZED: &str = "Unauthorized";
const ACTION: &str = "execute-api:Invoke";

/// An authorizer, ready to be asked.
pub(super) struct AuthorizerPlan {
    function: Option<String>,
    invoker: Caller,
    whole_request: bool,
    sources: Vec<Source>,
    expression: Option<Regex>,
    ttl_millis: i64,
    grants: Mutex<HashMap<String, Kept>>,
}

#[derive(Clone)]
struct Kept {
    until_millis: i64,
    grant: Arc<Grant>,
}

/// What a function answered.
struct Grant {
    policy: Arc<Policy>,
    /// The principal and the context, as the members of a JSON object.
    members: String,
    usage_key: Option<String>,
}

/// A caller who was let in.
pub(super) struct Granted {
    grant: Arc<Grant>,
    latency_millis: i64,
}

impl Granted {
    /// The API key that the function named.
    pub(super) fn usage_key(&self) -> Option<&str> {
        self.grant.usage_key.as_deref()
    }

    /// `requestContext.authorizer` of the event, as JSON.
    pub(super) fn context(&self) -> String {
        format!("{{{},\"integrationLatency\":{}}}", self.grant.members, self.latency_millis)
    }
}

impl AuthorizerPlan {
    /// Compiles an authorizer; none when its row cannot be read.
    pub(super) fn of(api: &ApiRow, variables: &[(String, String)], row: &AuthorizerRow) -> Option<Self> {
        let ApiRow { id, region, account, .. } = api;
        let expression = row.validation_expression.as_deref().map(expression);
        Some(Self {
            function: function_of(&row.uri).and_then(|function| fill_stage_variables(function, variables)),
            invoker: invoker(
                api,
                &format!("arn:aws:execute-api:{region}:{account}:{id}/authorizers/{}", row.id),
            ),
            whole_request: row.kind == REQUEST,
            sources: sources(row.identity_source.as_deref())?,
            expression: expression.transpose().ok()?,
            ttl_millis: i64::from(row.ttl_seconds) * 1000,
            grants: Mutex::default(),
        })
    }

    /// Lets a caller in, or refuses.
    pub(super) async fn admit(
        &self,
        cx: &mut Cx,
        asked: &Asked<'_>,
        ids: &Ids,
        method_arn: &str,
    ) -> Result<Granted, Refusal> {
        let identity = self.identity(asked, ids).ok_or_else(unauthorized)?;
        let key = identity.join("\0");
        let granted = match self.known(&key, cx.now().millis()) {
            Some(grant) => Granted { grant, latency_millis: 0 },
            None => {
                let asked_at = cx.now().millis();
                let event = self.event(asked, ids, method_arn, &identity);
                let grant = Arc::new(self.ask(cx, asked, event).await?);
                let now = cx.now().millis();
                self.keep(key, now, &grant);
                Granted { grant, latency_millis: now - asked_at }
            }
        };
        decide(cx, asked, &granted.grant.policy, method_arn)?;
        Ok(granted)
    }

    /// What the caller is known by; none when something is missing or not as it has to be.
    fn identity(&self, asked: &Asked<'_>, ids: &Ids) -> Option<Vec<String>> {
        let context = |name: &str| request_context(name, asked.stage, Some(asked.method), asked.request, ids);
        let values = Values {
            request: asked.request,
            path_parameters: asked.parameters,
            stage_variables: &asked.stage.variables,
            context: &context,
        };
        let values =
            self.sources.iter().map(|source| source.value(&values).filter(|value| !value.is_empty()));
        let values: Vec<String> = values.collect::<Option<_>>()?;
        let fits = |token: &String| self.expression.as_ref().is_none_or(|regex| regex.is_match(token));
        (self.whole_request || values.iter().all(fits)).then_some(values)
    }

    fn known(&self, key: &str, now_millis: i64) -> Option<Arc<Grant>> {
        let grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        grants.get(key).filter(|kept| kept.until_millis > now_millis).map(|kept| kept.grant.clone())
    }

    fn keep(&self, key: String, now_millis: i64, grant: &Arc<Grant>) {
        if self.ttl_millis == 0 {
            return;
        }
        let mut grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        if grants.len() >= GRANTS_MAX {
            grants.clear();
        }
        let until_millis = now_millis.saturating_add(self.ttl_millis);
        grants.insert(key, Kept { until_millis, grant: grant.clone() });
    }

    fn event(&self, asked: &Asked<'_>, ids: &Ids, method_arn: &str, identity: &[String]) -> Bytes {
        if !self.whole_request {
            let token = identity.first().map_or("", String::as_str);
            let event = json!({"type": "TOKEN", "methodArn": method_arn, "authorizationToken": token});
            return event.to_string().into();
        }
        let context = proxy::context(asked.stage, asked.method, asked.parameters, ids, Identity::default());
        let mut event = Vec::new();
        v1::write_authorizer(&mut event, asked.request, &context, method_arn);
        event.into()
    }

    async fn ask(&self, cx: &mut Cx, asked: &Asked<'_>, event: Bytes) -> Result<Grant, Refusal> {
        let function = self.function.as_deref().ok_or_else(misconfigured)?;
        let timeout = Duration::from_millis(u64::from(TIMEOUT_MILLIS_MAX.unsigned_abs()));
        let invoked = proxy::invoke(cx, asked.stage, function, &self.invoker, timeout, event).await;
        let invoked = invoked.map_err(|broken| match broken {
            Broken::Late => Refusal::new(ResponseType::AuthorizerFailure, 500, ""),
            Broken::TooLarge | Broken::Failed => misconfigured(),
        })?;
        let answer = serde_json::from_slice(&invoked.payload).unwrap_or(Value::Null);
        if invoked.function_error.is_some() {
            return Err(match answer["errorMessage"].as_str() {
                Some(UNAUTHORIZED) => unauthorized(),
                _ => misconfigured(),
            });
        }
        grant(&answer).ok_or_else(|| {
            tracing::info!(api = %asked.stage.api_id, function, "an authorizer answered in a form that cannot be used");
            misconfigured()
        })
    }
}

fn unauthorized() -> Refusal {
    Refusal::new(ResponseType::Unauthorized, 401, UNAUTHORIZED)
}

/// The refusal when the authorizer cannot be asked or answers nonsense; AWS gives no reason to the client.
pub(super) fn misconfigured() -> Refusal {
    Refusal::new(ResponseType::AuthorizerConfigurationError, 500, "")
}

/// Reads what a function answered: a principal, a policy and perhaps a context whose values are simple.
fn grant(answer: &Value) -> Option<Grant> {
    let principal = answer["principalId"].as_str()?;
    let document = answer.get("policyDocument").filter(|document| document.is_object())?;
    let policy = Policy::parse(&document.to_string(), Kind::Inline).ok()?;
    let mut members = Map::new();
    match &answer["context"] {
        Value::Null => {}
        Value::Object(context) => {
            for (name, value) in context {
                let text = match value {
                    Value::Null => continue,
                    Value::String(text) => text.clone(),
                    Value::Bool(_) | Value::Number(_) => value.to_string(),
                    Value::Array(_) | Value::Object(_) => return None,
                };
                members.insert(name.clone(), text.into());
            }
        }
        _ => return None,
    }
    members.insert("principalId".to_owned(), principal.into());
    let object = Value::Object(members).to_string();
    let members = object.strip_prefix('{')?.strip_suffix('}')?.to_owned();
    let usage_key = answer["usageIdentifierKey"].as_str().map(str::to_owned);
    Some(Grant { policy: Arc::new(policy), members, usage_key })
}

/// The facts that conditions of an authorizer's policy can ask for.
struct Facts<'a> {
    asked: &'a Asked<'a>,
    now_millis: i64,
}

impl Conditions for Facts<'_> {
    fn values(&self, key: &str) -> Option<Vec<Cow<'_, str>>> {
        let value = match key {
            "aws:sourceip" => Cow::Borrowed(self.asked.request.source_ip),
            "aws:useragent" => Cow::Borrowed(self.asked.request.header_text("user-agent")?),
            "aws:currenttime" | "aws:epochtime" => Cow::Owned((self.now_millis / 1000).to_string()),
            _ => return None,
        };
        Some(vec![value])
    }
}

fn decide(cx: &Cx, asked: &Asked<'_>, policy: &Arc<Policy>, method_arn: &str) -> Result<(), Refusal> {
    let facts = Facts { asked, now_millis: cx.now().millis() };
    let account = asked.stage.account.as_str();
    // The caller is none of IAM's: the policy alone speaks, as that of a user without any other would.
    let principal = Principal {
        kind: iampolicy::PrincipalKind::User,
        account: account.to_owned(),
        ..Principal::anonymous()
    };
    let request = iampolicy::Request {
        principal: &principal,
        action: ACTION,
        resource: method_arn,
        resource_account: Some(account),
        context: &facts,
    };
    let identity = [policy.clone()];
    let policies = Policies {
        identity: &identity,
        boundary: None,
        session: None,
        resource: None,
        guard: Guard::ResourcePolicy,
    };
    let message = match iampolicy::decide(&request, &policies) {
        Decision::Allow => return Ok(()),
        Decision::ExplicitDeny(_) => "User is not authorized to access this resource with an explicit deny",
        Decision::ImplicitDeny(_) => "User is not authorized to access this resource",
    };
    Err(Refusal::new(ResponseType::AccessDenied, 403, message))
}
