//! Event payloads of AWS's own libraries go through handlers and come back as they were.
//!
//! `CLOUDLET_VECTORS` names the folder; a run says plainly when it is not there.

use std::path::PathBuf;

use super::*;

/// The sample events of the Rust libraries for Lambda and of SAM.
fn events() -> Vec<(PathBuf, Value)> {
    let Some(root) = std::env::var_os("CLOUDLET_VECTORS").map(PathBuf::from) else {
        println!("CLOUDLET_VECTORS is not set: NO event went through a handler");
        return Vec::new();
    };
    let mut events = Vec::new();
    let mut folders = vec![root.join("lambda-events-rust"), root.join("lambda-events-sam")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "json") {
                // Templates of SAM with placeholders outside of texts are no events.
                let text = fs::read(&path).unwrap();
                events.extend(serde_json::from_slice(&text).ok().map(|event| (path, event)));
            }
        }
    }
    println!("{} events go through handlers", events.len());
    assert!(events.len() > 150, "the folder has fewer than it should");
    events
}

/// JSON has one kind of number, and a handler may write 1.0 as 1.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}

async fn round_trip(runtime: &str, file: &str, code: &str) {
    let events = events();
    if events.is_empty() {
        return;
    }
    let handler = format!("{}.handler", file.split('.').next().unwrap());
    let fixture = Fixture::new(runtime, &handler, &[(file, code)]);
    let shelf = fixture.shelf();
    for (path, event) in events {
        let outcome = invoke(&shelf, &event.to_string()).await;
        assert!(!outcome.failed, "{}: {}", path.display(), outcome.tail);
        assert!(same(&value(&outcome), &event), "{}", path.display());
    }
}

#[tokio::test]
async fn events_come_back_from_node() {
    round_trip("nodejs20.x", "index.js", "exports.handler = async (event) => event").await;
}

#[tokio::test]
async fn events_come_back_from_python() {
    round_trip("python3.11", "app.py", "def handler(event, context): return event").await;
}

/// The Runtime API, as custom runtimes use it; the Rust library itself runs in `tests/sdk`.
#[tokio::test]
async fn events_come_back_over_the_runtime_api() {
    let bootstrap = "#!/usr/bin/python3
import http.client, os
api = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])
while True:
    api.request('GET', '/2018-06-01/runtime/invocation/next')
    answer = api.getresponse()
    event, id = answer.read(), answer.headers['Lambda-Runtime-Aws-Request-Id']
    api.request('POST', f'/2018-06-01/runtime/invocation/{id}/response', event)
    api.getresponse().read()
";
    round_trip("provided.al2023", "bootstrap", bootstrap).await;
}
