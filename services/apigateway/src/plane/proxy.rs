//! Lambda proxy integrations.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use cloud::Failure;
use cloud::caller::Caller;
use cloud::client::lambda;
use cloud::cx::Cx;
use proxyevent::response::{self, Reply};
use proxyevent::v1::{self, Api, Context, Identity};
use proxyevent::{Request, media};
use shape::Stream;

use crate::responses::ResponseType;

use super::Answered;
use super::access::Admitted;
use super::answer::{Answer, Ids, Refusal, header};
use super::authorizer::Granted;
use super::compile::{LambdaPlan, MethodPlan, StagePlan};
use super::streamed;

/// Why a function gave no answer.
pub(super) enum Broken {
    /// The time ran out.
    Late,
    /// The event is larger than what a function takes.
    TooLarge,
    /// It may not be invoked, or is not there.
    Failed,
}

impl Broken {
    pub(super) fn refusal(self) -> Refusal {
        match self {
            Broken::Late => Refusal::new(ResponseType::IntegrationTimeout, 504, "Endpoint request timed out"),
            Broken::TooLarge => Refusal::new(ResponseType::RequestTooLarge, 413, "Request Too Long"),
            Broken::Failed => Refusal::internal(500),
        }
    }

    /// Why `function` could not be invoked.
    pub(super) fn of(failure: &Failure, stage: &StagePlan, function: &str) -> Self {
        if failure.status() == 413 {
            return Broken::TooLarge;
        }
        tracing::warn!(api = %stage.api_id, function, %failure, "a function could not be invoked");
        Broken::Failed
    }
}

/// Invokes a function for an API, which its policy has to allow.
pub(super) async fn invoke(
    cx: &mut Cx,
    stage: &StagePlan,
    function: &str,
    invoker: &Caller,
    timeout: Duration,
    payload: Bytes,
) -> Result<lambda::Invoked, Broken> {
    let millis = i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX);
    let deadline = cx.sleep_until(cx.now().plus_millis(millis));
    tokio::select! {
        biased;
        invoked = lambda::invoke(cx, invoker.clone(), function, payload) => {
            invoked.map_err(|failure| Broken::of(&failure, stage, function))
        }
        () = deadline => Err(Broken::Late),
    }
}

/// The answer that a function described, with this body.
pub(super) fn answer(reply: &Reply<'_>, body: Stream) -> Answer {
    let headers = reply.headers.iter().filter_map(|(name, value)| header(name, value)).collect();
    Answer { status: reply.status, headers, body, traced: true }
}

/// What the API adds to an event; the body is taken for text.
pub(super) fn context<'a>(
    stage: &'a StagePlan,
    method: &'a MethodPlan,
    parameters: &'a [(&'a str, Cow<'a, str>)],
    ids: &'a Ids,
    identity: Identity<'a>,
) -> Context<'a> {
    Context {
        api: Api::Rest,
        account_id: &stage.account,
        api_id: &stage.api_id,
        stage: &stage.name,
        deployment_id: &stage.deployment_id,
        resource_id: &method.resource_id,
        resource_path: &method.resource_path,
        operation_name: method.operation_name.as_deref(),
        request_id: &ids.request,
        extended_request_id: &ids.extended,
        stage_variables: &stage.variables,
        path_parameters: parameters,
        identity,
        authorizer: None,
        binary: false,
    }
}

/// One request to a function.
pub(super) struct Call<'a> {
    pub(super) stage: &'a StagePlan,
    pub(super) method: &'a MethodPlan,
    pub(super) lambda: &'a LambdaPlan,
    pub(super) request: &'a Request<'a>,
    pub(super) parameters: &'a [(&'a str, Cow<'a, str>)],
}

impl Call<'_> {
    /// Invokes the function and maps what it returned. A function that may not be invoked, or is not there, is the
    /// API's fault (500); one that fails or answers in another form is the function's (502).
    pub(super) async fn run(&self, cx: &mut Cx, ids: &Ids, admitted: &Admitted) -> Answered {
        let function = self.lambda.function.as_deref().ok_or_else(|| Refusal::internal(500))?;
        let payload = self.event(ids, admitted);
        let LambdaPlan { invoker, timeout, idle, .. } = self.lambda;
        if let Some(idle) = *idle {
            return streamed::run(cx, self, function, payload, idle).await;
        }
        let invoked = invoke(cx, self.stage, function, invoker, *timeout, payload).await;
        let invoked = invoked.map_err(Broken::refusal)?;
        if let Some(error) = invoked.function_error {
            tracing::info!(api = %self.stage.api_id, function, error, "a function failed behind an API");
            return Err(Refusal::internal(502));
        }
        self.map(&invoked.payload)
    }

    fn map(&self, payload: &Bytes) -> Answered {
        let accept = self.request.header_text("accept").map(media::first_accepted);
        let decode = self.is_binary(accept);
        let mut reply = response::rest(payload, decode).map_err(|malformed| {
            tracing::info!(api = %self.stage.api_id, %malformed, "a function answered in a form that cannot be used");
            Refusal::internal(502)
        })?;
        let body = Bytes::from(std::mem::take(&mut reply.body).into_owned());
        Ok(answer(&reply, Stream::once(body)))
    }

    fn is_binary(&self, media_type: Option<&str>) -> bool {
        media::is_binary(media_type, self.stage.binary_media_types.iter().map(String::as_str))
    }

    fn event(&self, ids: &Ids, admitted: &Admitted) -> Bytes {
        let caller = admitted.caller.as_ref();
        let authorizer = admitted.grant.as_ref().map(Granted::context);
        let (user_id, user_arn) = match caller {
            Some(caller) => (Some(caller.user_id()), Some(caller.arn())),
            None => (None, None),
        };
        let identity = Identity {
            access_key: caller.and_then(|caller| caller.access_key_id.as_deref()),
            account_id: caller.map(|caller| &*caller.account),
            caller: user_id.as_deref(),
            user: user_id.as_deref(),
            user_arn: user_arn.as_deref(),
            api_key: admitted.api_key.as_ref().map(|(value, id)| (value.as_str(), id.as_str())),
        };
        let context = Context {
            authorizer: authorizer.as_deref(),
            binary: self.is_binary(self.request.header_text("content-type")),
            ..context(self.stage, self.method, self.parameters, ids, identity)
        };
        let mut event = Vec::new();
        v1::write(&mut event, self.request, &context);
        event.into()
    }
}
