//! Access logs, with a stand-in for CloudWatch Logs.

use std::sync::Mutex;
use std::time::Duration;

use cloud::operation::entry;
use cloud::prelude::*;
use cloud::service::{Service, Words};
use futures::StreamExt as _;
use wire::table::Protocol;

use super::*;

static LOGS: Service = Service {
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

/// The lines of the log, once there are this many.
async fn lines(world: &World, count: usize) -> Vec<[String; 3]> {
    let written = world.cx().state::<Written>();
    world.until("the lines", async || written.0.lock().expect("a lock").len() >= count).await;
    written.0.lock().expect("a lock").clone()
}

#[tokio::test]
async fn the_line_of_a_stream_is_written_at_its_end() {
    let world = World::new(&[&APIGATEWAY, &lambda::LAMBDA, &LOGS]).await;
    let api = streaming::streaming(&world, "gate", json!({})).await;
    let destination = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/api-gateway/x";
    let format = "$context.status $context.responseLength $context.responseLatency \
                  $context.integration.responseTransferMode";
    let patch = json!([
        {"op": "replace", "path": "/accessLogSettings/destinationArn", "value": destination},
        {"op": "replace", "path": "/accessLogSettings/format", "value": format},
    ]);
    api.call("UpdateStage", json!({"stageName": "dev", "patchOperations": patch})).await;
    let (_, body) = streaming::begin(&world, &api).await;
    world.advance(Duration::from_millis(250)).await;
    assert!(world.cx().state::<Written>().0.lock().expect("a lock").is_empty());
    world.cx().state::<lambda::Gate>().0.notify_one();
    let size = body.collect(100).await.expect("a body").len();
    assert_eq!(lines(&world, 1).await[0][2], format!("201 {size} 250 STREAMED"));
    // Nobody reads on: what was passed on counts.
    let (_, body) = streaming::begin(&world, &api).await;
    let mut pieces = body.take().expect("a flow");
    assert_eq!(pieces.next().await.expect("a piece").expect("bytes"), "one ");
    drop(pieces);
    assert_eq!(lines(&world, 2).await[1][2], "201 4 0 STREAMED");
}

#[tokio::test]
async fn each_request_leaves_a_line() {
    let world = World::new(&[&APIGATEWAY, &lambda::LAMBDA, &LOGS]).await;
    let api = proxy(&world, "echo", json!({})).await;
    let format = "$context.identity.sourceIp \"$context.httpMethod $context.resourcePath\" $context.status \
                  $context.responseLength $context.requestId $context.error.message $context.nothing";
    let destination = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/api-gateway/x";
    let patch = json!([
        {"op": "replace", "path": "/accessLogSettings/destinationArn", "value": destination},
        {"op": "replace", "path": "/accessLogSettings/format", "value": format},
    ]);
    let stage = api.call("UpdateStage", json!({"stageName": "dev", "patchOperations": patch})).await;
    assert_eq!(stage["accessLogSettings"], json!({"destinationArn": destination, "format": format}));
    let good = get(&world, &api.id, "/dev/a").await;
    let bad = get(&world, &api.id, "/dev").await;
    let lines = lines(&world, 2).await;
    let id = |seen: &Seen| seen.header("x-amzn-requestid").expect("an id").to_owned();
    let expected = [
        format!("192.0.2.7 \"GET /{{proxy+}}\" 200 {} {} - -", good.body.len(), id(&good)),
        format!("192.0.2.7 \"GET -\" 403 {} {} Missing Authentication Token -", bad.body.len(), id(&bad)),
    ];
    assert_eq!(lines.iter().map(|line| line[2].clone()).collect::<Vec<_>>(), expected);
    assert_eq!(
        (lines[0][0].as_str(), lines[0][1].clone()),
        ("/aws/api-gateway/x", format!("{}/dev", api.id))
    );
    // Without settings there is no log.
    let patch = json!([{"op": "remove", "path": "/accessLogSettings"}]);
    let stage = api.call("UpdateStage", json!({"stageName": "dev", "patchOperations": patch})).await;
    assert_eq!(stage.get("accessLogSettings"), None);
}
