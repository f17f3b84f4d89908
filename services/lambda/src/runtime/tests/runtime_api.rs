//! `provided.*`: a bootstrap that speaks the Runtime API.

use super::*;

/// A custom runtime in Python with nothing but the standard library.
const BOOTSTRAP: &str = r#"#!/usr/bin/python3
import http.client, json, os
api = os.environ["AWS_LAMBDA_RUNTIME_API"]
def call(method, path, body=None, headers={}):
    global connection
    connection.request(method, "/2018-06-01/runtime/" + path, body, headers)
    answer = connection.getresponse()
    return answer, answer.read()
connection = http.client.HTTPConnection(api)
if os.environ.get("FAIL_INIT"):
    print(call("POST", "init/error", json.dumps({"errorType": "Init.Bad", "errorMessage": "no"}))[0].status, flush=True)
    raise SystemExit(1)
while True:
    head, body = call("GET", "invocation/next")
    event, id = json.loads(body), head.headers["Lambda-Runtime-Aws-Request-Id"]
    wrong = call("POST", "invocation/other/response", "1")[0].status
    if event.get("fail"):
        call("POST", f"invocation/{id}/error", json.dumps({"errorType": "Bad", "errorMessage": "boom"}))
    elif event.get("chunks"):
        connection.request("POST", f"/2018-06-01/runtime/invocation/{id}/response", iter([b'["a",', b'"b"]']), encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
        connection.getresponse().read()
    elif event.get("large"):
        status, text = call("POST", f"invocation/{id}/response", "x" * 6291557)
        print(status.status, text.decode(), flush=True)
    else:
        print("handling", flush=True)
        answer = {"wrong": wrong, "arn": head.headers["Lambda-Runtime-Invoked-Function-Arn"], "trace": head.headers["Lambda-Runtime-Trace-Id"],
            "deadline": int(head.headers["Lambda-Runtime-Deadline-Ms"]), "handler": os.environ["_HANDLER"], "env": os.environ.get("AWS_EXECUTION_ENV")}
        call("POST", f"invocation/{id}/response", json.dumps(answer))
"#;

fn provided() -> Fixture {
    Fixture::new("provided.al2023", "my.handler", &[("bootstrap", BOOTSTRAP)])
}

#[tokio::test]
async fn the_runtime_api_serves_a_custom_runtime() {
    let fixture = provided();
    let shelf = fixture.shelf();
    let outcome = invoke(&shelf, "{}").await;
    assert_eq!(
        value(&outcome),
        json!({"wrong": 400, "arn": "arn:aws:lambda:us-east-1:000000000000:function:fn:live",
            "trace": "Root=1-5759e988-bd862e3fe1be46a994272793", "deadline": 1_767_226_500_000_i64,
            "handler": "my.handler", "env": null}),
        "{}",
        outcome.tail
    );
    assert!(outcome.tail.contains("\nhandling\nEND"), "{}", outcome.tail);
    let outcome = invoke(&shelf, r#"{"fail":1}"#).await;
    assert!(outcome.failed);
    assert_eq!(value(&outcome), json!({"errorType": "Bad", "errorMessage": "boom"}));
    assert_eq!(value(&invoke(&shelf, r#"{"chunks":1}"#).await), json!(["a", "b"]));
    let outcome = invoke(&shelf, r#"{"large":1}"#).await;
    assert_eq!(value(&outcome)["errorType"], "Function.ResponseSizeTooLarge");
    assert!(!invoke(&shelf, "{}").await.failed);
    assert_eq!(shelf.idle(), 1, "all in one process");
}

#[tokio::test]
async fn a_custom_runtime_that_fails_to_start_says_why() {
    let fixture = provided().change(|launch| {
        launch.variables.insert("FAIL_INIT".into(), "1".into());
    });
    let outcome = invoke(&fixture.shelf(), "{}").await;
    assert_eq!(value(&outcome), json!({"errorType": "Init.Bad", "errorMessage": "no"}));
    let fixture = Fixture::new("provided.al2023", "x", &[]);
    let error = value(&invoke(&fixture.shelf(), "{}").await);
    assert_eq!(error["errorType"], "Runtime.InvalidEntrypoint");
    assert!(
        error["errorMessage"]
            .as_str()
            .unwrap()
            .ends_with("Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"),
        "{error}"
    );
    let fixture = Fixture::new("provided.al2023", "x", &[("bootstrap", "not executable")]);
    let error = value(&invoke(&fixture.shelf(), "{}").await);
    assert!(
        error["errorMessage"]
            .as_str()
            .unwrap()
            .ends_with("Error: fork/exec /var/task/bootstrap: permission denied"),
        "{error}"
    );
    let fixture = Fixture::new("provided.al2023", "x", &[("bootstrap", "#!/bin/sh\nexit 7\n")]);
    let error = value(&invoke(&fixture.shelf(), "{}").await);
    assert!(
        error["errorMessage"].as_str().unwrap().ends_with("Error: Runtime exited with error: exit status 7"),
        "{error}"
    );
}

#[tokio::test]
async fn only_the_own_environment_may_use_the_runtime_api() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let fixture = provided();
    let shelf = fixture.shelf();
    shelf.warm().await;
    let listening = fs::read_to_string("/proc/self/net/tcp").unwrap();
    // Our own process owns the listeners; a client outside of the sandbox is turned away without an answer.
    let port = listening
        .lines()
        .skip(1)
        .filter_map(|line| {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            let inode = format!("socket:[{}]", words[9]);
            let ours = fs::read_dir("/proc/self/fd")
                .unwrap()
                .flatten()
                .any(|fd| fs::read_link(fd.path()).is_ok_and(|link| link.as_os_str() == inode.as_str()));
            (words[3] == "0A" && ours)
                .then(|| u16::from_str_radix(words[1].rsplit_once(':').unwrap().1, 16).unwrap())
        })
        .next()
        .unwrap();
    let mut client = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    client
        .write_all(b"POST /2018-06-01/runtime/init/error HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    // Closed with unread bytes: an end or a reset, but never an answer.
    let read = client.read_to_end(&mut answer).await;
    assert!(answer.is_empty(), "{read:?} {answer:?}");
    assert!(!invoke(&shelf, "{}").await.failed);
}
