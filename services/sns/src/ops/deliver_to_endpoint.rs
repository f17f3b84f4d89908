//! DeliverToEndpoint.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cloud::prelude::*;
use cloud::web::{Client, Limits};

use crate::delivery_policy::Retries;
use crate::error::Error;
use crate::limits::{ENDPOINT_ANSWER_BYTES_MAX, ENDPOINT_MILLIS};

/// The operation's name, for the outbox.
pub(crate) const NAME: &str = "DeliverToEndpoint";
/// Who calls endpoints.
const AGENT: &str = "Amazon Simple Notification Service Agent";

#[derive(Shape)]
pub(crate) struct Input {
    url: String,
    body: String,
    kind: String,
    message_id: String,
    topic_arn: String,
    subscription_arn: Option<String>,
    raw: bool,
    content_type: String,
    retries: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Brings a message to an endpoint over HTTP. The outbox calls it again when it fails.
///
/// Differs from AWS: a name and password in the endpoint's URL are sent at once, and not only when the endpoint asks for
/// them by `401`; digest authentication is not done.
pub(crate) struct DeliverToEndpoint;

impl Operation for DeliverToEndpoint {
    const NAME: &'static str = "DeliverToEndpoint";
    const KIND: Kind = Kind::Free;
    const INTERNAL: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let retries: Retries = serde_json::from_str(&input.retries).map_err(Failure::internal)?;
        let request = request(&input)?;
        let limits = Limits { time_millis: ENDPOINT_MILLIS, answer_bytes_max: ENDPOINT_ANSWER_BYTES_MAX };
        let answer = cx.state::<Client>().send(request, limits).await;
        let failure = match answer {
            Ok(answer) if answer.status().is_success() => return Ok(Output),
            Ok(answer) => {
                let status = answer.status().as_u16();
                let text = format!("the endpoint answered {status}");
                match status {
                    // All other answers below 500 are for good.
                    // <https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html>
                    429 | 500.. => Failure::new("EndpointFailed", 500, text),
                    _ => Failure::new("EndpointRefused", 400, text),
                }
            }
            Err(error) => Failure::new("EndpointUnreachable", 503, error.to_string()),
        };
        Err(failure.retry_in(retries.wait_millis(cx.attempt())).into())
    }
}

/// The request to the endpoint.
/// <https://docs.aws.amazon.com/sns/latest/dg/http-header.html>
fn request(input: &Input) -> Result<http::Request<Bytes>, Failure> {
    let (url, login) = without_login(&input.url);
    let mut builder = http::Request::post(url)
        .header("x-amz-sns-message-type", &input.kind)
        .header("x-amz-sns-message-id", &input.message_id)
        .header("x-amz-sns-topic-arn", &input.topic_arn)
        .header("content-type", &input.content_type)
        .header("user-agent", AGENT);
    if let Some(arn) = &input.subscription_arn {
        builder = builder.header("x-amz-sns-subscription-arn", arn);
    }
    if input.raw {
        builder = builder.header("x-amz-sns-rawdelivery", "true");
    }
    if let Some(login) = login {
        builder = builder.header("authorization", format!("Basic {}", STANDARD.encode(login)));
    }
    // What cannot be asked for cannot be asked for later, either.
    builder
        .body(Bytes::from(input.body.clone()))
        .map_err(|error| Failure::new("EndpointRefused", 400, error.to_string()))
}

/// A URL without the name and password in it, and these.
fn without_login(url: &str) -> (String, Option<&str>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), None) };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.rsplit_once('@') {
        Some((login, _)) => (format!("{scheme}://{}", &rest[login.len() + 1..]), Some(login)),
        None => (url.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_taken_out() {
        assert_eq!(without_login("http://a:b@host/x@y"), ("http://host/x@y".to_owned(), Some("a:b")));
        assert_eq!(without_login("http://host:1/x"), ("http://host:1/x".to_owned(), None));
    }
}
