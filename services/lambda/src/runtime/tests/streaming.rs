//! Streamed answers of both lanes. What the Node.js runtime does: aws-lambda-ric 4.0.2 (npm), `StreamingInvokeProcessor`
//! and `createResponseStream`.

use super::*;
use crate::runtime::stream::{self, Piece};

/// The pieces of an invocation: content type if it streams, the bytes, the outcome.
async fn pieces(shelf: &Arc<Shelf>, payload: &str) -> (Option<String>, Vec<u8>, Outcome) {
    let mut reader = stream::invoke(Arc::clone(shelf), invocation(payload), true, None, None);
    let (mut kind, mut bytes) = (None, Vec::new());
    loop {
        match reader.recv().await.expect("an end comes") {
            Piece::Start(content_type) => kind = Some(content_type),
            Piece::Chunk(chunk) => bytes.extend_from_slice(&chunk),
            Piece::End(outcome) => return (kind, bytes, outcome),
        }
    }
}

fn streamer(code: &str) -> Fixture {
    let code =
        format!("exports.handler = awslambda.streamifyResponse(async (event, out, context) => {{ {code} }})");
    Fixture::new("nodejs20.x", "index.handler", &[("index.js", &code)])
}

#[tokio::test]
async fn node_streams() {
    let fixture = streamer(
        "out.setContentType('text/plain'); out.write('one '); await new Promise((r) => setImmediate(r));
         try { out.setContentType('x') } catch (e) { out.write(e.name + ' ') } out.write({ a: 1 }); out.end(Buffer.from([33])); return 5",
    );
    let shelf = fixture.shelf();
    let (kind, bytes, outcome) = pieces(&shelf, "{}").await;
    assert!(!outcome.failed, "{}", outcome.tail);
    assert_eq!(kind.as_deref(), Some("text/plain"));
    assert_eq!(String::from_utf8_lossy(&bytes), "one Runtime.InvalidStreamingOperation {\"a\":1}!");
    assert!(outcome.tail.contains("\tWARN\tStreaming handlers ignore return values.\n"), "{}", outcome.tail);
    assert!(outcome.payload.is_empty());
    let outcome = invoke(&shelf, "{}").await;
    assert_eq!(outcome.payload, bytes, "as a whole for a caller that does not stream");
    assert_eq!(shelf.idle(), 1);
}

#[tokio::test]
async fn node_puts_the_head_of_a_response_in_front() {
    let fixture = streamer(
        "out = awslambda.HttpResponseStream.from(out, { statusCode: 201, headers: { a: 'b' } }); out.write('x'); out.end()",
    );
    let (kind, bytes, _) = pieces(&fixture.shelf(), "{}").await;
    assert_eq!(kind.as_deref(), Some(stream::HTTP_INTEGRATION));
    assert_eq!(bytes, b"{\"statusCode\":201,\"headers\":{\"a\":\"b\"}}\0\0\0\0\0\0\0\0x");
}

#[tokio::test]
async fn a_handler_that_does_not_stream_answers_at_the_end() {
    let fixture =
        Fixture::new("nodejs20.x", "index.handler", &[("index.js", "exports.handler = async () => [1]")]);
    let (kind, bytes, outcome) = pieces(&fixture.shelf(), "{}").await;
    assert_eq!((kind, bytes.len(), &outcome.payload[..]), (None, 0, &b"[1]"[..]));
}

#[tokio::test]
async fn streams_break_off_with_the_error_of_the_function() {
    let fixture = streamer("out.write('half'); if (event.exit) process.exit(7); throw new TypeError('boom')");
    let shelf = fixture.shelf();
    let (_, bytes, outcome) = pieces(&shelf, "{}").await;
    assert_eq!((bytes, outcome.failed), (b"half".to_vec(), true));
    assert_eq!(value(&outcome)["errorType"], "TypeError");
    let (_, bytes, outcome) = pieces(&shelf, r#"{"exit":1}"#).await;
    assert_eq!((bytes, &value(&outcome)["errorType"]), (b"half".to_vec(), &json!("Runtime.ExitError")));
    let fixture = streamer("out.write('half')");
    let (_, _, outcome) = pieces(&fixture.shelf(), "{}").await;
    assert_eq!(
        value(&outcome)["errorType"],
        "Runtime.ExitError",
        "never ended, and nothing left to wait for"
    );
    let fixture = streamer(&format!("out.write('half'); {ENDLESS}")).change(|launch| launch.timeout = SHORT);
    let shelf = fixture.shelf();
    let mut reader = stream::invoke(Arc::clone(&shelf), invocation("{}"), true, None, None);
    assert!(matches!(reader.recv().await, Some(Piece::Start(_))));
    assert!(matches!(reader.recv().await, Some(Piece::Chunk(chunk)) if chunk == "half"));
    let end = tokio::spawn(async move { reader.recv().await });
    let Some(Piece::End(outcome)) = when_time_is_up(end).await else { panic!("an end comes") };
    assert_eq!(value(&outcome)["errorType"], "Sandbox.Timedout");
    let code = "exports.handler = awslambda.streamifyResponse((event, out) => { out.end('x') })";
    let fixture = Fixture::new("nodejs20.x", "index.handler", &[("index.js", code)]);
    let (_, _, outcome) = pieces(&fixture.shelf(), "{}").await;
    assert_eq!(value(&outcome)["errorMessage"], "Streaming does not support non-async handlers.");
}

#[tokio::test]
async fn a_slow_reader_slows_the_function_and_a_lost_one_does_not_stop_it() {
    let fixture = streamer(
        "for (let i = 0; i < 200; i++) out.write('x'.repeat(65536)); out.end(); console.log('wrote all')",
    );
    let shelf = fixture.shelf();
    let (_, bytes, outcome) = pieces(&shelf, "{}").await;
    assert_eq!((bytes.len(), outcome.failed), (200 * 65536, false));
    let mut reader = stream::invoke(Arc::clone(&shelf), invocation("{}"), true, None, None);
    assert!(matches!(reader.recv().await, Some(Piece::Start(_))));
    drop(reader);
    while shelf.idle() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(fixture.log().iter().filter(|line| line.contains("wrote all")).count(), 2);
    let outcome = invoke(&shelf, "{}").await;
    assert_eq!(
        value(&outcome)["errorType"],
        "Function.ResponseSizeTooLarge",
        "13 MB are too much as a whole"
    );
}

/// A custom runtime that streams as the guide for them says.
const BOOTSTRAP: &str = r#"#!/usr/bin/python3
import base64, http.client, json, os, socket
host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
while True:
    connection = http.client.HTTPConnection(host, int(port))
    connection.request("GET", "/2018-06-01/runtime/invocation/next")
    head = connection.getresponse()
    event, id = json.loads(head.read()), head.headers["Lambda-Runtime-Aws-Request-Id"]
    out = socket.create_connection((host, int(port)))
    mode = event.get("mode", "streaming")
    out.sendall((f"POST /2018-06-01/runtime/invocation/{event.get('id', id)}/response HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        f"Content-Type: text/event-stream\r\nLambda-Runtime-Function-Response-Mode: {mode}\r\n"
        "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n").encode())
    for piece in event["pieces"]:
        out.sendall(b"%x\r\n%s\r\n" % (len(piece), piece.encode()))
    if event.get("cut"):
        out.shutdown(socket.SHUT_WR)
        out.recv(1)
        continue
    out.sendall(b"0\r\n")
    if event.get("fail"):
        body = base64.b64encode(json.dumps({"errorType": "Late", "errorMessage": "boom"}).encode()).decode()
        out.sendall(f"Lambda-Runtime-Function-Error-Type: Late\r\nLambda-Runtime-Function-Error-Body: {body}\r\n".encode())
    out.sendall(b"\r\n")
    print(out.recv(4096).decode().replace("\r\n", "|"), flush=True)
    if event.get("id"):
        connection.request("POST", f"/2018-06-01/runtime/invocation/{id}/response", '"other"')
        connection.getresponse().read()
"#;

#[tokio::test]
async fn custom_runtimes_stream() {
    let fixture = Fixture::new("provided.al2023", "h", &[("bootstrap", BOOTSTRAP)]);
    let shelf = fixture.shelf();
    let (kind, bytes, outcome) = pieces(&shelf, r#"{"pieces":["one ","two"]}"#).await;
    assert_eq!(
        (kind.as_deref(), &bytes[..]),
        (Some("text/event-stream"), &b"one two"[..]),
        "{}",
        outcome.tail
    );
    assert!(!outcome.failed);
    let outcome = invoke(&shelf, r#"{"pieces":["one ","two"]}"#).await;
    assert_eq!(outcome.payload, "one two");
    let (_, bytes, outcome) = pieces(&shelf, r#"{"pieces":["half"],"fail":1}"#).await;
    assert_eq!((&bytes[..], outcome.failed), (&b"half"[..], true));
    assert_eq!(value(&outcome), json!({"errorType": "Late", "errorMessage": "boom"}));
    let (_, bytes, outcome) = pieces(&shelf, r#"{"pieces":["half"],"cut":1}"#).await;
    assert_eq!(
        (&bytes[..], &value(&outcome)["errorType"]),
        (&b"half"[..], &json!("Runtime.TruncatedResponse"))
    );
    let outcome = invoke(&shelf, r#"{"pieces":["x"],"id":"other"}"#).await;
    assert_eq!(value(&outcome), json!("other"));
    let outcome = invoke(&shelf, r#"{"pieces":["x"],"mode":"buffered"}"#).await;
    assert_eq!(value(&outcome)["errorType"], "Runtime.InvalidResponseModeHeader");
    while fixture.log().iter().all(|line| !line.contains("InvalidFunctionResponseMode")) {
        invoke(&shelf, r#"{"pieces":["x"]}"#).await;
    }
    assert_eq!(shelf.idle(), 1, "all in one process");
}
