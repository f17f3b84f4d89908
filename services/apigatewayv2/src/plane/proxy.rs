//! Lambda proxy integrations.

use std::borrow::Cow;

use bytes::Bytes;
use cloud::caller::Caller;
use cloud::client::lambda;
use cloud::cx::Cx;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use proxyevent::Request;
use proxyevent::response::{self, Reply};
use proxyevent::v1::{self, Api, Context, Identity};
use proxyevent::v2::{self, Authorizer, HttpApi};

use super::answer::{Answer, Refusal};
use super::compile::{Format, RoutePlan, StagePlan};

/// Headers that the gateway adds to an answer, with those for pages of other origins.
const OWN_HEADERS: usize = 3;

/// One request to a function.
pub(super) struct Call<'a> {
    pub(super) stage: &'a StagePlan,
    pub(super) route: &'a RoutePlan,
    pub(super) request: &'a Request<'a>,
    pub(super) request_id: &'a str,
    pub(super) parameters: &'a [(&'a str, Cow<'a, str>)],
}

impl Call<'_> {
    /// Invokes the function and maps what it returned.
    pub(super) async fn run(&self, cx: &mut Cx, caller: Option<&Caller>) -> Result<Answer, Refusal> {
        let function = self.route.function.as_deref().ok_or_else(Refusal::internal)?;
        let payload = self.event(caller);
        let invoker = self.route.invoker.clone();
        let millis = i64::try_from(self.route.timeout.as_millis()).unwrap_or(i64::MAX);
        let deadline = cx.sleep_until(cx.now().plus_millis(millis));
        let invoked = tokio::select! {
            biased;
            invoked = lambda::invoke(cx, invoker, function, payload) => invoked,
            () = deadline => return Err(Refusal::new(503, "Service Unavailable")),
        };
        let invoked = invoked.map_err(|failure| {
            if failure.status() == 413 {
                // What a gateway takes can be too much for a function.
                return Refusal::new(413, "Request Entity Too Large");
            }
            tracing::warn!(api = %self.stage.api_id, function, %failure, "a function could not be invoked");
            Refusal::internal()
        })?;
        if let Some(error) = invoked.function_error {
            tracing::info!(api = %self.stage.api_id, function, error, "a function failed behind an API");
            return Err(Refusal::internal());
        }
        self.map(&invoked.payload)
    }

    fn map(&self, payload: &Bytes) -> Result<Answer, Refusal> {
        let reply = match self.route.payload_format {
            Format::One => response::http_v1(payload),
            Format::Two => response::http_v2(payload),
        };
        let Reply { status, headers, body } = reply.map_err(|malformed| {
            tracing::info!(api = %self.stage.api_id, %malformed, "a function answered in a form that cannot be used");
            Refusal::internal()
        })?;
        let mut map = HeaderMap::with_capacity(headers.len() + OWN_HEADERS);
        for (name, value) in &headers {
            let pair = HeaderName::from_bytes(name.as_bytes())
                .ok()
                .zip(HeaderValue::from_bytes(value.as_bytes()).ok());
            if let Some((name, value)) = pair {
                map.append(name, value);
            }
        }
        Ok(Answer { status, headers: map, body: Bytes::from(body.into_owned()) })
    }

    fn event(&self, caller: Option<&Caller>) -> Bytes {
        let mut event = Vec::new();
        match self.route.payload_format {
            Format::One => self.write_one(caller, &mut event),
            Format::Two => self.write_two(caller, &mut event),
        }
        event.into()
    }

    fn write_one(&self, caller: Option<&Caller>, event: &mut Vec<u8>) {
        let (user_id, user_arn) = (caller.map(Caller::user_id), caller.map(Caller::arn));
        let identity = Identity {
            access_key: caller.and_then(|caller| caller.access_key_id.as_deref()),
            account_id: caller.map(|caller| &*caller.account),
            caller: user_id.as_deref(),
            user: user_id.as_deref(),
            user_arn: user_arn.as_deref(),
            api_key: None,
        };
        let context = Context {
            api: Api::Http,
            account_id: &self.stage.account,
            api_id: &self.stage.api_id,
            stage: &self.stage.name,
            deployment_id: "",
            resource_id: &self.route.key,
            resource_path: &self.route.path,
            operation_name: None,
            request_id: self.request_id,
            extended_request_id: self.request_id,
            stage_variables: &self.stage.variables,
            path_parameters: self.parameters,
            identity,
            authorizer: None,
            binary: v2::is_binary(self.request),
        };
        v1::write(event, self.request, &context);
    }

    fn write_two(&self, caller: Option<&Caller>, event: &mut Vec<u8>) {
        let (user_id, user_arn) = (caller.map(Caller::user_id), caller.map(Caller::arn));
        let authorizer = caller.map(|caller| Authorizer::Iam {
            access_key: caller.access_key_id.as_deref().unwrap_or_default(),
            account_id: &caller.account,
            caller_id: user_id.as_deref().unwrap_or_default(),
            user_arn: user_arn.as_deref().unwrap_or_default(),
            user_id: user_id.as_deref().unwrap_or_default(),
        });
        let api = HttpApi {
            account_id: &self.stage.account,
            api_id: &self.stage.api_id,
            stage: &self.stage.name,
            route_key: &self.route.key,
            request_id: self.request_id,
            stage_variables: &self.stage.variables,
            path_parameters: self.parameters,
            authorizer,
        };
        v2::write_http_api(event, self.request, &api);
    }
}
