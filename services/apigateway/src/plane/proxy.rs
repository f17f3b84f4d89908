//! Lambda proxy integrations.

use std::borrow::Cow;

use bytes::Bytes;
use cloud::caller::Caller;
use cloud::client::lambda;
use cloud::cx::Cx;
use proxyevent::v1::{self, Api, Context, Identity};
use proxyevent::{Request, media, response};

use crate::responses::ResponseType;

use super::Answered;
use super::answer::{Answer, Ids, Refusal, header};
use super::compile::{LambdaPlan, MethodPlan, StagePlan};

/// The principal that functions are invoked by, as their policies name it.
const PRINCIPAL: &str = "apigateway.amazonaws.com";

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
    pub(super) async fn run(&self, cx: &mut Cx, ids: &Ids, caller: Option<&Caller>) -> Answered {
        let function = self.lambda.function.as_deref().ok_or_else(|| Refusal::internal(500))?;
        let payload = self.event(ids, caller);
        let StagePlan { account, region, .. } = self.stage;
        let invoker =
            Caller::service(PRINCIPAL, account.as_str(), region.as_str(), Some(&self.lambda.source_arn));
        let millis = i64::try_from(self.lambda.timeout.as_millis()).unwrap_or(i64::MAX);
        let deadline = cx.sleep_until(cx.now().plus_millis(millis));
        let invoked = tokio::select! {
            biased;
            invoked = lambda::invoke(cx, invoker, function, payload) => invoked,
            () = deadline => {
                return Err(Refusal::new(ResponseType::IntegrationTimeout, 504, "Endpoint request timed out"));
            }
        };
        let invoked = match invoked {
            Ok(invoked) => invoked,
            Err(failure) => {
                tracing::warn!(api = %self.stage.api_id, function, %failure, "a function could not be invoked");
                return Err(Refusal::internal(500));
            }
        };
        if let Some(error) = invoked.function_error {
            tracing::info!(api = %self.stage.api_id, function, error, "a function failed behind an API");
            return Err(Refusal::internal(502));
        }
        self.map(&invoked.payload)
    }

    fn map(&self, payload: &Bytes) -> Answered {
        let accept = self.request.header_text("accept").map(media::first_accepted);
        let decode = self.is_binary(accept);
        let reply = response::rest(payload, decode).map_err(|malformed| {
            tracing::info!(api = %self.stage.api_id, %malformed, "a function answered in a form that cannot be used");
            Refusal::internal(502)
        })?;
        let headers = reply.headers.iter().filter_map(|(name, value)| header(name, value)).collect();
        Ok(Answer { status: reply.status, headers, body: Bytes::from(reply.body.into_owned()), traced: true })
    }

    fn is_binary(&self, media_type: Option<&str>) -> bool {
        media::is_binary(media_type, self.stage.binary_media_types.iter().map(String::as_str))
    }

    fn event(&self, ids: &Ids, caller: Option<&Caller>) -> Bytes {
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
            api_key: None,
        };
        let context = Context {
            api: Api::Rest,
            account_id: &self.stage.account,
            api_id: &self.stage.api_id,
            stage: &self.stage.name,
            deployment_id: &self.stage.deployment_id,
            resource_id: &self.method.resource_id,
            resource_path: &self.method.resource_path,
            operation_name: self.method.operation_name.as_deref(),
            request_id: &ids.request,
            extended_request_id: &ids.extended,
            stage_variables: &self.stage.variables,
            path_parameters: self.parameters,
            identity,
            authorizer: None,
            binary: self.is_binary(self.request.header_text("content-type")),
        };
        let mut event = Vec::new();
        v1::write(&mut event, self.request, &context);
        event.into()
    }
}
