//! A stand-in for Lambda: functions whose names say what they do.

use bytes::Bytes;
use cloud::operation::{Entry, entry};
use cloud::prelude::*;
use cloud::service::Service;
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};
use testkit::lambda::{self, Answer, Call, Functions, Invoke};
use wire::eventstream;

pub(crate) static LAMBDA: Service = lambda::service::<Named>();

struct Named;

impl Functions for Named {
    const OPERATIONS: &'static [Entry] = &[entry::<Invoke<Self>>(), entry::<InvokeWithResponseStream>()];

    fn policy(call: &Call) -> Option<String> {
        policy(&call.function)
    }

    async fn invoke(cx: &mut Cx, call: Call) -> Result<Answer, Failure> {
        assert_eq!(call.invocation_type, "RequestResponse");
        let (name, event) = (call.name(), &call.event);
        let length = event.to_string().len();
        if length > 6 * 1024 * 1024 {
            return Err(Failure::new("RequestEntityTooLargeException", 413, "Request must be smaller"));
        }
        Ok(Answer::of(&match name {
            "echo" => json!({"statusCode": 200, "body": event.to_string()}),
            "source" => json!({"statusCode": 200, "body": cx.caller().origin.source_arn.as_deref()}),
            "custom" => serde_json::from_str(event["body"].as_str().expect("a body")).expect("JSON"),
            "crash" => return Ok(Answer::error(&json!({"errorMessage": "boom", "errorType": "Error"}))),
            "authorizer" => match authorizer(cx, event) {
                Ok(answer) => answer,
                Err(error) => return Ok(Answer::error(&json!({"errorMessage": error}))),
            },
            "slow" => std::future::pending().await,
            other => {
                return Err(Failure::new("ResourceNotFoundException", 404, format!("no function {other}")));
            }
        }))
    }
}

#[derive(Shape)]
pub(crate) struct StreamInput {
    #[shape(label)]
    function_name: String,
    #[shape(payload)]
    payload: Option<Bytes>,
}

#[derive(Shape)]
pub(crate) struct StreamOutput {
    #[shape(payload)]
    event_stream: Option<Stream>,
}

/// What lets the function `gate` go on.
#[derive(Default)]
pub(crate) struct Gate(pub(crate) tokio::sync::Notify);

/// Lets API Gateway invoke everything but `forbidden`, for the dev stage alone.
fn policy(function: &str) -> Option<String> {
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction", "Resource": function,
        "Condition": {"ArnLike": {"AWS:SourceArn": [
            "arn:aws:execute-api:us-east-1:000000000000:*/dev/*",
            "arn:aws:execute-api:us-east-1:000000000000:*/authorizers/*",
        ]}},
    }]});
    (!function.ends_with(":forbidden")).then(|| policy.to_string())
}

struct InvokeWithResponseStream;

impl Operation for InvokeWithResponseStream {
    const NAME: &'static str = "InvokeWithResponseStream";
    const KIND: Kind = Kind::Free;
    const HTTP: Option<Http> =
        Some(Http::new("POST", "/2021-11-15/functions/{FunctionName}/response-streaming-invocations", 200));
    const ACTION: Option<&'static str> = Some("InvokeFunction");
    type Input = StreamInput;
    type Output = StreamOutput;
    type Error = Failure;

    fn resource(_cx: &Cx, input: &StreamInput) -> Result<Resource, Failure> {
        let arn: Arn = input.function_name.parse().map_err(Failure::internal)?;
        Ok(arn.into())
    }

    async fn resource_policy(_cx: &mut Cx, input: &StreamInput) -> Result<Option<String>, Failure> {
        Ok(policy(&input.function_name))
    }

    async fn run(cx: &mut Cx, input: StreamInput) -> Result<StreamOutput, Failure> {
        let event: Value =
            serde_json::from_slice(&input.payload.unwrap_or_default()).expect("an event is JSON");
        let chunk = |bytes: &[u8]| eventstream::event("PayloadChunk", None, bytes);
        let end = || eventstream::event("InvokeComplete", None, b"{}");
        let failed = || eventstream::event("InvokeComplete", None, br#"{"ErrorCode":"Unhandled"}"#);
        let head = chunk(
            &[br#"{"statusCode":201,"headers":{"X-A":"b"},"cookies":["c=1","d=2"]}"#, &[0; 8][..], b"one "]
                .concat(),
        );
        let (pieces, pending) = match input.function_name.rsplit(':').next().unwrap_or_default() {
            "gate" => {
                let gate = cx.state::<Gate>();
                let rest = stream::once(async move {
                    gate.0.notified().await;
                    // Two events in one piece, and one in two.
                    Ok(Bytes::from([chunk(b"two "), chunk(event["path"].to_string().as_bytes())].concat()))
                });
                let end = end();
                let last = stream::iter([Ok(end.slice(..7)), Ok(end.slice(7..))]);
                let pieces = stream::iter([Ok(head)]).chain(rest).chain(last);
                return Ok(StreamOutput { event_stream: Some(Stream::new(pieces, None)) });
            }
            "whole" => (vec![chunk(br#"{"statusCode":200,"body":"x"}"#), end()], false),
            "endless" => (vec![chunk(&[b' '; 9000]), chunk(&[b' '; 9000]), head, end()], false),
            "no-head" => (vec![chunk(&[b"{}x", &[0; 8][..]].concat()), end()], false),
            "fails" => (vec![failed()], false),
            "breaks" => (vec![head, failed()], false),
            "stuck" => (vec![head], true),
            "silent" => (vec![], true),
            other => panic!("no function {other}"),
        };
        let pieces = stream::iter(pieces.into_iter().map(Ok));
        let event_stream = match pending {
            true => Stream::new(pieces.chain(stream::pending()), None),
            false => Stream::new(pieces, None),
        };
        Ok(StreamOutput { event_stream: Some(event_stream) })
    }
}

/// An authorizer: the token says what to answer. Its context shows the call and its event.
fn authorizer(cx: &Cx, event: &Value) -> Result<Value, &'static str> {
    let token = event["authorizationToken"].as_str().or_else(|| event["headers"]["x-token"].as_str());
    let arn = event["methodArn"].as_str().expect("an ARN");
    let stage = arn.splitn(3, '/').take(2).collect::<Vec<_>>().join("/");
    let (effect, resource) = match token.expect("a token") {
        "allow" | "nested" | "nobody" => ("Allow", format!("{stage}/*")),
        "here" => ("Allow", arn.to_owned()),
        "deny" => ("Deny", "*".to_owned()),
        "unknown" => return Err("Unauthorized"),
        _ => return Err("boom"),
    };
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource},
    ]});
    let context =
        json!({"call": cx.request_id(), "event": event.to_string(), "number": 1, "flag": true, "none": null});
    Ok(match token {
        Some("nested") => {
            json!({"principalId": "me", "policyDocument": policy, "context": {"list": ["a"]}})
        }
        Some("nobody") => json!({"policyDocument": policy}),
        _ => json!({
            "principalId": "me", "policyDocument": policy, "context": context,
            "usageIdentifierKey": "the-key-of-the-authorizer",
        }),
    })
}
