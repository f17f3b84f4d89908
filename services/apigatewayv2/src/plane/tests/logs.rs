//! Access logs, with a stand-in for CloudWatch Logs.

use std::sync::Mutex;

use cloud::operation::entry;
use cloud::service::Words;
use wire::table::Protocol;

use super::*;

pub(super) static LOGS: Service = Service {
    name: "logs",
    title: "Logs",
    signing_name: "logs",
    protocols: &[Protocol::Json { version: "1.1", target: "Logs_20140328" }],
    operations: &[entry::<CreateLogStream>(), entry::<PutLogEvents>()],
    resources: &[],
    jobs: &[],
    plane: None,
    words: Words::JSON,
};

/// What was written: group, stream and message.
#[derive(Default)]
struct Written(Mutex<Vec<[String; 3]>>);

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct StreamInput {
    log_group_name: String,
    log_stream_name: String,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct EventsInput {
    log_group_name: String,
    log_stream_name: String,
    log_events: Vec<Event>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct Event {
    timestamp: i64,
    message: String,
}

#[derive(Shape)]
struct Nothing;

struct CreateLogStream;
struct PutLogEvents;

fn arn(cx: &Cx, group: &str) -> Resource {
    Arn::new("logs", cx.region(), cx.account(), format_args!("log-group:{group}")).into()
}

impl Operation for CreateLogStream {
    const NAME: &'static str = "CreateLogStream";
    const KIND: Kind = Kind::Free;
    type Input = StreamInput;
    type Output = Nothing;
    type Error = Failure;

    fn resource(cx: &Cx, input: &StreamInput) -> Result<Resource, Failure> {
        Ok(arn(cx, &input.log_group_name))
    }

    async fn run(_cx: &mut Cx, input: StreamInput) -> Result<Nothing, Failure> {
        assert!(input.log_stream_name.ends_with("/dev"), "{}", input.log_stream_name);
        Ok(Nothing)
    }
}

impl Operation for PutLogEvents {
    const NAME: &'static str = "PutLogEvents";
    const KIND: Kind = Kind::Free;
    type Input = EventsInput;
    type Output = Nothing;
    type Error = Failure;

    fn resource(cx: &Cx, input: &EventsInput) -> Result<Resource, Failure> {
        Ok(arn(cx, &input.log_group_name))
    }

    async fn run(cx: &mut Cx, input: EventsInput) -> Result<Nothing, Failure> {
        let written = cx.state::<Written>();
        let mut written = written.0.lock().expect("a lock");
        for event in input.log_events {
            assert!(event.timestamp > 0);
            written.push([input.log_group_name.clone(), input.log_stream_name.clone(), event.message]);
        }
        Ok(Nothing)
    }
}

#[tokio::test]
async fn each_request_leaves_a_line() {
    let api = Fixture::new(json!({}), &[("GET /pets/{id}", "plain")]).await;
    let format = "$context.httpMethod $context.routeKey $context.path $context.status $context.responseLength \
                  $context.requestId $context.error.message";
    let settings =
        json!({"destinationArn": "arn:aws:logs:us-east-1:000000000000:log-group:/x:*", "format": format});
    let input = json!({"stageName": "dev", "autoDeploy": true, "accessLogSettings": settings});
    assert_eq!(api.call("CreateStage", input).await["accessLogSettings"], settings);
    let (good, body) = api.send(api.request("GET", "/dev/pets/7")).await;
    let (bad, _) = api.send(api.request("GET", "/dev/nope")).await;
    let written = api.world.cx().state::<Written>();
    api.world.until("both lines", async || written.0.lock().expect("a lock").len() >= 2).await;
    let lines = written.0.lock().expect("a lock").clone();
    let id =
        |response: &Response<()>| response.headers()["apigw-requestid"].to_str().expect("a text").to_owned();
    let expected = [
        format!("GET GET /pets/{{id}} /dev/pets/7 200 {} {} -", body.len(), id(&good)),
        format!("GET - /dev/nope 404 23 {} Not Found", id(&bad)),
    ];
    assert_eq!(lines.iter().map(|line| line[2].clone()).collect::<Vec<_>>(), expected);
    assert_eq!((lines[0][0].as_str(), lines[0][1].clone()), ("/x", format!("{}/dev", api.id)));
    api.call("DeleteAccessLogSettings", json!({"stageName": "dev"})).await;
    assert_eq!(api.call("GetStage", json!({"stageName": "dev"})).await.get("accessLogSettings"), None);
    for bad in [
        json!({"destinationArn": "arn:aws:firehose:us-east-1:0:deliverystream/x", "format": "$context.path"}),
        json!({"destinationArn": "x", "format": "$context.path"}),
        json!({"destinationArn": "arn:aws:logs:us-east-1:0:log-group:x", "format": "$input"}),
        json!({"format": "$context.path"}),
    ] {
        let input = json!({"apiId": api.id, "stageName": "dev", "accessLogSettings": bad});
        assert_eq!(api.world.error("apigatewayv2", "UpdateStage", input).await.0, "BadRequestException");
    }
}
