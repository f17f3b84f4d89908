use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::subscribe::{Api, Buffering, Destination};
use super::way::Way;
use super::*;

fn parse(api: Api, body: Value) -> Result<Subscription, String> {
    Subscription::parse(api, body.to_string().as_bytes())
}

fn http(port: u16) -> Value {
    json!({"schemaVersion": "2022-12-13", "types": ["platform", "function"],
        "destination": {"protocol": "HTTP", "URI": format!("http://sandbox.localdomain:{port}/in")}})
}

/// Limits and defaults: AWS Lambda docs, "Lambda Telemetry API reference".
#[test]
fn subscriptions_are_checked() {
    let good = parse(Api::Telemetry, http(8080)).unwrap();
    assert_eq!(good.buffering, Buffering { items: 1000, bytes: 262_144, timeout_millis: 1000 });
    assert_eq!(
        good.destination,
        Destination::Http {
            port: 8080,
            host: "sandbox.localdomain:8080".into(),
            path: "/in".into(),
            put: false
        }
    );
    let with = |name: &str, value: Value| {
        let mut body = http(8080);
        body[name] = value;
        parse(Api::Telemetry, body)
    };
    assert!(with("schemaVersion", json!("2020-08-15")).is_err());
    assert!(with("types", json!([])).is_err());
    assert!(with("types", json!(["other"])).is_err());
    assert!(with("buffering", json!({"timeoutMs": 24})).is_err());
    assert!(with("buffering", json!({"maxItems": 999})).is_err());
    assert!(with("buffering", json!({"maxBytes": 1_048_577})).is_err());
    assert_eq!(
        with("buffering", json!({"timeoutMs": 25, "maxItems": 10_000})).unwrap().buffering.items,
        10_000
    );
    for uri in [
        "http://example.com:8080",
        "https://sandbox.localdomain:8080",
        "http://sandbox.localdomain:9001",
        "x",
    ] {
        assert!(with("destination", json!({"protocol": "HTTP", "URI": uri})).is_err(), "{uri}");
    }
    assert!(with("destination", json!({"protocol": "UDP"})).is_err());
    assert_eq!(
        with("destination", json!({"protocol": "TCP", "port": 4243})).unwrap().destination,
        Destination::Tcp { port: 4243 }
    );
    let logs = json!({"types": ["function"], "destination": {"protocol": "HTTP", "URI": "http://sandbox:1", "method": "PUT"}});
    assert_eq!(parse(Api::Logs, logs).unwrap().schema, Schema::Logs { with_done: false });
}

fn event(kind: &'static str, category: Category, record: Value) -> Event {
    Event { time_millis: 1_767_225_600_000, category, kind, record }
}

#[test]
fn the_logs_api_has_its_own_records() {
    let report = event(
        "platform.report",
        Category::Platform,
        json!({"requestId": "id", "metrics": {"a": 1}, "status": "success"}),
    );
    let shown = |event: &Event, with_done| {
        event.shown(Schema::Logs { with_done }).map(|shown| shown["record"].clone())
    };
    assert_eq!(shown(&report, false), Some(json!({"requestId": "id", "metrics": {"a": 1}})));
    let done = event(
        "platform.runtimeDone",
        Category::Platform,
        json!({"requestId": "id", "status": "success", "metrics": {}}),
    );
    assert_eq!(shown(&done, false), None);
    assert_eq!(shown(&done, true), Some(json!({"requestId": "id", "status": "success"})));
    assert_eq!(done.shown(Schema::Telemetry).unwrap()["time"], "2026-01-01T00:00:00.000Z");
    let line = |text, json| Event::line(Category::Function, 0, text, json).record;
    assert_eq!(line("text\n", true), json!("text"));
    assert_eq!(
        (line("{\"a\":1}\n", true), line("{\"a\":1}\n", false)),
        (json!({"a": 1}), json!("{\"a\":1}"))
    );
}

/// A subscriber in this very process, which stands for the environment.
async fn receive(listener: &TcpListener) -> Value {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut text = Vec::new();
    loop {
        let mut bytes = [0; 4096];
        let read = stream.read(&mut bytes).await.unwrap();
        text.extend_from_slice(&bytes[..read]);
        let whole = String::from_utf8(text.clone()).unwrap();
        if let Some((head, body)) = whole.split_once("\r\n\r\n") {
            assert!(head.starts_with("POST /in HTTP/1.1\r\nHost: sandbox.localdomain:"), "{head}");
            if let Ok(events) = serde_json::from_str(body) {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
                return events;
            }
        }
    }
}

#[tokio::test]
async fn events_are_delivered_in_batches() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let telemetry = Arc::new(Telemetry::default());
    telemetry.emit(event("platform.initStart", Category::Platform, json!({"phase": "init"})));
    let subscription = parse(Api::Telemetry, http(port)).unwrap();
    telemetry.subscribe("agent", subscription, Way::Loopback { init: std::process::id() }, 0);
    telemetry.emit(event("extension", Category::Extension, json!("not wanted")));
    telemetry.emit(event("function", Category::Function, json!("line")));
    let flush = tokio::spawn({
        let telemetry = Arc::clone(&telemetry);
        async move { telemetry.flush().await }
    });
    let events = receive(&listener).await;
    flush.await.unwrap();
    let kinds: Vec<_> =
        events.as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["platform.initStart", "platform.telemetrySubscription", "function"]);
    assert_eq!(
        events[1]["record"],
        json!({"name": "agent", "state": "Subscribed", "types": ["platform", "function"]})
    );
    // Without a flush the time decides; here the clock of the test runs ahead.
    tokio::time::pause();
    telemetry.emit(event("function", Category::Function, json!("later")));
    tokio::time::advance(Duration::from_millis(1001)).await;
    tokio::time::resume();
    assert_eq!(receive(&listener).await[0]["record"], "later");
}

#[tokio::test]
async fn a_slow_subscriber_loses_events_and_is_told() {
    let telemetry = Telemetry::default();
    // Nobody listens at the port, and the deliverer gets no turn before the channel is full.
    let subscription = parse(Api::Telemetry, http(1)).unwrap();
    telemetry.subscribe("agent", subscription, Way::Loopback { init: std::process::id() }, 0);
    for _ in 0..WAITING_MAX + 10 {
        telemetry.emit(event("function", Category::Function, json!("x")));
    }
    let dropped = telemetry.state().subscribers[0].dropped;
    assert_eq!(dropped.0, 11, "and the one of the subscription before");
    assert!(dropped.1 > 0);
}
