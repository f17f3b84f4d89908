//! External and internal extensions, wrappers, telemetry: with real processes. Expected events and texts: AWS Lambda docs,
//! "Using the Lambda Extensions API", "Modifying the runtime environment", "Lambda Telemetry API".

use super::*;

/// An external extension in Python: `MODE` says what it does.
const AGENT: &str = r##"#!/usr/bin/python3
import http.client, json, os, sys, threading, time
from http.server import BaseHTTPRequestHandler, HTTPServer
mode = os.environ.get("MODE", "")
def say(*words): print(*words, flush=True)
if mode == "crash early": sys.exit(4)
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
def call(method, path, body=None, headers={}):
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer, answer.read().decode()
name = os.path.basename(sys.argv[0])
head, body = call("POST", "/2020-01-01/extension/register", json.dumps({"events": ["INVOKE", "SHUTDOWN"]}),
    {"Lambda-Extension-Name": name, "Lambda-Extension-Accept-Feature": "accountId"})
say("registered", head.status, body, "_HANDLER" in os.environ, os.environ.get("COLOUR"))
me = {"Lambda-Extension-Identifier": head.headers["Lambda-Extension-Identifier"]}
if mode == "init error":
    say(call("POST", "/2020-01-01/extension/init/error", "{}", {**me, "Lambda-Extension-Function-Error-Type": "Agent.Broken"})[0].status)
    sys.exit(1)
if mode.startswith("telemetry"):
    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            for event in json.loads(self.rfile.read(int(self.headers["Content-Length"]))):
                open("/tmp/seen", "a").write(json.dumps([event["type"], event["record"]]) + "\n")
            self.send_response(200)
            self.end_headers()
        def log_message(self, *_): pass
    server = HTTPServer(("sandbox.localdomain", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    body = {"schemaVersion": "2022-12-13", "types": ["platform", "function", "extension"], "buffering": {"timeoutMs": 25},
        "destination": {"protocol": "HTTP", "URI": f"http://sandbox.localdomain:{server.server_port}"}}
    path = "/2022-07-01/telemetry"
    if mode == "telemetry logs":
        path, body["schemaVersion"] = "/2020-08-15/logs", "2020-08-15"
    if mode == "telemetry tcp":
        import socket
        door = socket.create_server(("sandbox.localdomain", 0))
        def listen():
            for line in door.accept()[0].makefile(): say("line", line.strip())
        threading.Thread(target=listen, daemon=True).start()
        # What it prints is no event of these.
        body["types"], body["destination"] = ["platform"], {"protocol": "TCP", "port": door.getsockname()[1]}
    say("subscribed", call("PUT", path, json.dumps(body), me)[1])
    say("refused", call("PUT", path, json.dumps({**body, "types": []}), me)[1])
while True:
    event = json.loads(call("GET", "/2020-01-01/extension/event/next", None, me)[1])
    if event["eventType"] == "SHUTDOWN":
        if mode.startswith("telemetry") and mode != "telemetry tcp":
            for line in open("/tmp/seen"): say("seen", line.strip())
        say("SHUTDOWN", event["shutdownReason"], event["deadlineMs"])
        sys.exit(0)
    say("INVOKE", json.dumps(event, sort_keys=True))
    if mode == "crash": os.kill(os.getpid(), 9)
    if mode == "exit": sys.exit(0)
    if mode == "slow":
        while not os.path.exists("/opt/done"): time.sleep(0.005)
        say("slow work done")
    if mode == "hang": time.sleep(3600)
"##;

fn with_agent(mode: &str, code: &str) -> Fixture {
    let mode = mode.to_string();
    Fixture::new("nodejs20.x", "index.handler", &[("index.js", code)])
        .layer(&[("extensions/agent", AGENT)])
        .change(|launch| {
            launch.variables.insert("MODE".into(), mode);
        })
}

/// Waits until a line comes that has this text, and gives all lines until then.
async fn until(fixture: &Fixture, text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    // The shutdown phase is short.
    in_slow_motion(|| {
        lines.extend(fixture.log());
        lines.iter().any(|line| line.contains(text)).then_some(())
    })
    .await;
    lines
}

#[tokio::test]
async fn what_an_extension_is_told() {
    let fixture = with_agent("", "exports.handler = async () => { console.log('handled') }");
    let shelf = fixture.shelf();
    invoke(&shelf, "{}").await;
    shelf.retire();
    let log = until(&fixture, "SHUTDOWN spindown").await;
    assert_eq!(
        log[0],
        "registered 200 {\"functionName\":\"fn\",\"functionVersion\":\"$LATEST\",\"handler\":\"index.handler\",\"accountId\":\"000000000000\"} False blue\n"
    );
    assert_eq!(log[1], "EXTENSION\tName: agent\tState: Ready\tEvents: [INVOKE,SHUTDOWN]\n");
    assert!(log[2].starts_with("START RequestId: "), "{log:?}");
    let told = log.iter().find(|line| line.starts_with("INVOKE ")).unwrap();
    assert_eq!(
        told.trim_end(),
        "INVOKE {\"deadlineMs\": 1767226500000, \"eventType\": \"INVOKE\", \"invokedFunctionArn\": \"arn:aws:lambda:us-east-1:000000000000:function:fn:live\", \
         \"requestId\": \"11111111-2222-3333-4444-555555555555\", \"tracing\": {\"type\": \"X-Amzn-Trace-Id\", \"value\": \"Root=1-5759e988-bd862e3fe1be46a994272793\"}}"
    );
    assert!(log.contains(&"SHUTDOWN spindown 1767225602000\n".to_string()), "{log:?}");
}

#[tokio::test]
async fn an_environment_is_free_when_its_extensions_are_done() {
    let fixture = with_agent("slow", "exports.handler = async () => process.pid");
    let shelf = fixture.shelf();
    let first = invoke(&shelf, "{}").await;
    assert_eq!(shelf.idle(), 0, "the answer does not wait, the environment does");
    fs::write(fixture.path().join("layers/done"), "").unwrap();
    until(&fixture, "slow work done").await;
    in_slow_motion(|| (shelf.idle() > 0).then_some(())).await;
    assert_eq!(value(&invoke(&shelf, "{}").await), value(&first), "the same process");
    let fixture = with_agent("hang", "exports.handler = async () => process.pid")
        .change(|launch| launch.timeout = SHORT);
    let shelf = fixture.shelf();
    assert!(!invoke(&shelf, "{}").await.failed);
    while shelf.capacity().environments > 0 {
        pass(TICK).await; // Until its time is up, and two seconds of shutdown.
    }
    assert_eq!(shelf.idle(), 0);
}

#[tokio::test]
async fn extensions_that_fail_fail_the_function() {
    // It is only ever ended by its extension, however long that takes on a busy machine.
    let code = "exports.handler = () => new Promise(() => setInterval(() => {}, 1000))";
    for (mode, kind, text) in [
        ("crash early", "Extension.Crash", "exit status 4"),
        ("init error", "Extension.InitError", "exit status 1"),
        ("crash", "Extension.Crash", "signal: killed"),
        ("exit", "Extension.Crash", "exit code 0"),
    ] {
        let fixture = with_agent(mode, code);
        let outcome = invoke(&fixture.shelf(), "{}").await;
        let message = format!("RequestId: 11111111-2222-3333-4444-555555555555 Error: {text}");
        assert_eq!(
            value(&outcome),
            json!({"errorType": kind, "errorMessage": message}),
            "{mode}\n{}",
            outcome.tail
        );
        assert!(outcome.tail.contains(&format!("{message}\n{kind}\n")), "{}", outcome.tail);
        if mode == "init error" {
            let log = fixture.log();
            let line = "EXTENSION\tName: agent\tState: Exited\tEvents: [INVOKE,SHUTDOWN]\tError Type: Agent.Broken\n";
            assert!(log.contains(&line.to_string()), "{log:?}");
        }
    }
    let fixture = Fixture::new("nodejs20.x", "index.handler", &[("index.js", code)])
        .layer(&[("extensions/agent", "not executable")]);
    let error = value(&invoke(&fixture.shelf(), "{}").await);
    assert_eq!(error["errorType"], "Extension.LaunchError");
    let message = error["errorMessage"].as_str().unwrap();
    assert!(message.ends_with("Error: fork/exec /opt/extensions/agent: permission denied"), "{message}");
}

#[tokio::test]
async fn telemetry_tells_what_happens() {
    let fixture = with_agent("telemetry", "exports.handler = async () => { console.log('handled') }");
    let shelf = fixture.shelf();
    invoke(&shelf, "{}").await;
    shelf.retire();
    let log = until(&fixture, "SHUTDOWN spindown").await;
    assert!(log.contains(&"subscribed OK\n".to_string()), "{log:?}");
    let refused = log.iter().find(|line| line.starts_with("refused ")).unwrap();
    assert!(refused.contains("\"errorType\":\"ValidationError\""), "{refused}");
    let seen: Vec<Value> =
        log.iter().filter_map(|line| serde_json::from_str(line.strip_prefix("seen ")?).ok()).collect();
    let record = |kind: &str| {
        let found =
            seen.iter().find(|event| event[0] == kind).unwrap_or_else(|| panic!("{kind} in {seen:?}"));
        found[1].clone()
    };
    let start = json!({"initializationType": "on-demand", "phase": "init", "runtimeVersion": "nodejs20.x", "functionName": "fn", "functionVersion": "$LATEST"});
    assert_eq!(record("platform.initStart"), start);
    assert_eq!(record("platform.initRuntimeDone")["status"], "success");
    assert!(record("platform.initReport")["metrics"]["durationMs"].is_number());
    assert_eq!(
        record("platform.extension"),
        json!({"name": "agent", "state": "Ready", "events": ["INVOKE", "SHUTDOWN"]})
    );
    let id = "11111111-2222-3333-4444-555555555555";
    let tracing = json!({"type": "X-Amzn-Trace-Id", "value": "Root=1-5759e988-bd862e3fe1be46a994272793"});
    assert_eq!(record("platform.start"), json!({"requestId": id, "version": "$LATEST", "tracing": tracing}));
    let done = record("platform.runtimeDone");
    assert_eq!((&done["status"], &done["metrics"]["producedBytes"]), (&json!("success"), &json!(4)));
    let report = record("platform.report");
    assert_eq!((&report["status"], &report["metrics"]["memorySizeMB"]), (&json!("success"), &json!(256)));
    assert!(report["metrics"]["initDurationMs"].is_number());
    assert!(record("function").as_str().unwrap().ends_with("\tINFO\thandled"));
    assert!(record("extension").as_str().unwrap().starts_with("registered 200"));
    assert!(seen.iter().all(|event| event[0] != "platform.end"), "that is a record of the Logs API");
}

#[tokio::test]
async fn the_older_logs_api_is_served_too() {
    let fixture = with_agent("telemetry logs", "exports.handler = async () => { console.log('handled') }");
    let shelf = fixture.shelf();
    invoke(&shelf, "{}").await;
    shelf.retire();
    let log = until(&fixture, "SHUTDOWN spindown").await;
    let seen: Vec<Value> =
        log.iter().filter_map(|line| serde_json::from_str(line.strip_prefix("seen ")?).ok()).collect();
    let kinds: Vec<&str> = seen.iter().map(|event| event[0].as_str().unwrap()).collect();
    for kind in [
        "platform.logsSubscription",
        "platform.extension",
        "platform.start",
        "platform.end",
        "platform.report",
        "function",
    ] {
        assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
    }
    for kind in ["platform.initStart", "platform.runtimeDone", "platform.initReport"] {
        assert!(!kinds.contains(&kind), "{kind} in {kinds:?}");
    }
}

#[tokio::test]
async fn extensions_work_in_networks_of_the_functions_own() {
    for network in [Network::Platform, Network::None] {
        let own = |mode: &str| {
            with_agent(mode, "exports.handler = async () => { console.log('handled'); return process.env.AWS_LAMBDA_RUNTIME_API }")
                .change(|launch| launch.network = network)
        };
        let fixture = own("telemetry");
        let shelf = fixture.shelf();
        assert_eq!(value(&invoke(&shelf, "{}").await), json!("127.0.0.1:9001"));
        invoke(&shelf, "{}").await;
        shelf.retire();
        let log = until(&fixture, "SHUTDOWN spindown").await;
        assert_eq!(log.iter().filter(|line| line.starts_with("INVOKE ")).count(), 2, "{log:?}");
        let seen =
            |kind: &str| log.iter().filter(|line| line.starts_with(&format!("seen [\"{kind}\""))).count();
        assert_eq!((seen("platform.start"), seen("platform.report"), seen("function")), (2, 2, 2), "{log:?}");
        let fixture = own("telemetry tcp");
        let shelf = fixture.shelf();
        // What an extension prints between invocations is read with the next one.
        while !fixture
            .log()
            .iter()
            .any(|line| line.starts_with("line ") && line.contains("\"platform.report\""))
        {
            invoke(&shelf, "{}").await;
        }
    }
}

#[tokio::test]
async fn wrappers_start_the_runtime() {
    let wrapper = "#!/bin/bash\nexport FROM_WRAPPER=\"$#\"\nargs=(\"$@\")\nexec \"${args[@]}\"\n";
    let fixture = |runtime: &str, file: &str, code: &str| {
        Fixture::new(runtime, "index.handler", &[(file, code)]).layer(&[("wrap", wrapper)]).change(|launch| {
            launch.variables.insert("AWS_LAMBDA_EXEC_WRAPPER".into(), "/opt/wrap".into());
        })
    };
    let node = fixture("nodejs20.x", "index.js", "exports.handler = async () => process.env.FROM_WRAPPER");
    assert_eq!(value(&invoke(&node.shelf(), "{}").await), json!("3"));
    let code = "import os\ndef handler(e, c): return os.environ['FROM_WRAPPER']";
    for network in [Network::Host, Network::Platform, Network::None] {
        let python = fixture("python3.11", "index.py", code).change(|launch| launch.network = network);
        assert_eq!(value(&invoke(&python.shelf(), "{}").await), json!("4"), "{network:?}");
    }
    let missing = Fixture::new("nodejs20.x", "index.handler", &[("index.js", "")]).change(|launch| {
        launch.variables.insert("AWS_LAMBDA_EXEC_WRAPPER".into(), "/opt/none".into());
    });
    let outcome = invoke(&missing.shelf(), "{}").await;
    assert_eq!(value(&outcome)["errorType"], "Runtime.ExitError");
    assert!(outcome.tail.contains("exit status 127"), "{}", outcome.tail);
    assert!(missing.log().contains(&"/opt/none: does not exist\n".to_string()));
}

/// As the Lambda Web Adapter does it: the wrapper starts a server instead of the runtime, and an extension asks for the
/// invocations.
#[tokio::test]
async fn something_else_may_be_the_runtime() {
    let adapter = r#"#!/usr/bin/python3
import http.client, json, os
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
def call(method, path, body=None, headers={}):
    api.request(method, path, body, headers)
    answer = api.getresponse()
    return answer, answer.read().decode()
head, _ = call("POST", "/2020-01-01/extension/register", json.dumps({"events": []}), {"Lambda-Extension-Name": "adapter"})
import threading
def wait(id):
    own = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    own.request("GET", "/2020-01-01/extension/event/next", None, {"Lambda-Extension-Identifier": id})
    own.getresponse().read()
threading.Thread(target=wait, args=(head.headers["Lambda-Extension-Identifier"],), daemon=True).start()
while True:
    head, event = call("GET", "/2018-06-01/runtime/invocation/next")
    id = head.headers["Lambda-Runtime-Aws-Request-Id"]
    call("POST", f"/2018-06-01/runtime/invocation/{id}/response", json.dumps({"adapted": json.loads(event)}))
"#;
    let fixture =
        Fixture::new("nodejs20.x", "run.sh", &[("run.sh", "#!/bin/sh\necho server\nexec sleep 3600\n")])
            .layer(&[
                ("extensions/adapter", adapter),
                ("bootstrap", "#!/bin/sh\nexec \"/var/task/$_HANDLER\"\n"),
            ])
            .change(|launch| {
                launch.variables.insert("AWS_LAMBDA_EXEC_WRAPPER".into(), "/opt/bootstrap".into());
            });
    let shelf = fixture.shelf();
    let outcome = invoke(&shelf, r#"{"a":1}"#).await;
    assert_eq!(value(&outcome), json!({"adapted": {"a": 1}}), "{}", outcome.tail);
    assert_eq!(value(&invoke(&shelf, "2").await), json!({"adapted": 2}));
    assert_eq!(shelf.idle(), 1);
}

#[tokio::test]
async fn runtimes_with_extensions_are_asked_to_end() {
    let node = "process.on('SIGTERM', () => { console.log('asked'); process.exit(0) }); exports.handler = async () => {}";
    let fixture = with_agent("", node);
    let shelf = fixture.shelf();
    invoke(&shelf, "{}").await;
    shelf.retire();
    let log = until(&fixture, "SHUTDOWN spindown").await;
    assert!(log.iter().any(|line| line.ends_with("\tINFO\tasked\n")), "{log:?}");
    let python = "import signal, sys\ndef asked(*_):\n    print('asked', flush=True)\n    sys.exit(0)\nsignal.signal(signal.SIGTERM, asked)\ndef handler(e, c): pass";
    let fixture = Fixture::new("python3.11", "app.handler", &[("app.py", python)])
        .layer(&[("extensions/agent", AGENT)]);
    let shelf = fixture.shelf();
    invoke(&shelf, "{}").await;
    shelf.retire();
    let log = until(&fixture, "SHUTDOWN spindown").await;
    assert!(log.contains(&"asked\n".to_string()), "{log:?}");
}

#[tokio::test]
async fn a_timeout_is_the_reason_of_the_shutdown() {
    let fixture = with_agent("", &format!("exports.handler = async () => {{ {ENDLESS} }}"))
        .change(|launch| launch.timeout = SHORT);
    let shelf = fixture.shelf();
    let running = begin(&shelf, "{}");
    until_at_work(&shelf, 1).await;
    let outcome = when_time_is_up(running).await;
    assert_eq!(value(&outcome)["errorType"], "Sandbox.Timedout");
    until(&fixture, "SHUTDOWN timeout").await;
    let fixture = with_agent("", "exports.handler = async () => process.exit(1)");
    let outcome = invoke(&fixture.shelf(), "{}").await;
    assert_eq!(value(&outcome)["errorType"], "Runtime.ExitError");
    until(&fixture, "SHUTDOWN failure").await;
}

/// A custom runtime whose process registers itself.
#[tokio::test]
async fn internal_extensions_register_from_the_runtime() {
    let bootstrap = r#"#!/usr/bin/python3
import http.client, json, os, threading
def client(): return http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
def call(api, method, path, body=None, headers={}):
    api.request(method, path, body, headers)
    answer = api.getresponse()
    return answer, answer.read().decode()
api = client()
head, _ = call(api, "POST", "/2020-01-01/extension/register", '{"events":["INVOKE"]}', {"Lambda-Extension-Name": "inner"})
me = {"Lambda-Extension-Identifier": head.headers["Lambda-Extension-Identifier"]}
def listen():
    own = client()
    while True:
        event = json.loads(call(own, "GET", "/2020-01-01/extension/event/next", None, me)[1])
        print("inner", event["eventType"], flush=True)
threading.Thread(target=listen, daemon=True).start()
while True:
    head, event = call(api, "GET", "/2018-06-01/runtime/invocation/next")
    id = head.headers["Lambda-Runtime-Aws-Request-Id"]
    late = call(api, "POST", "/2020-01-01/extension/register", '{}', {"Lambda-Extension-Name": "late"})[1]
    call(api, "POST", f"/2018-06-01/runtime/invocation/{id}/response", late)
"#;
    let fixture = Fixture::new("provided.al2023", "h", &[("bootstrap", bootstrap)]);
    let shelf = fixture.shelf();
    let answer = value(&invoke(&shelf, "{}").await);
    assert_eq!(answer["errorType"], "Extension.RegistrationClosed");
    let log = until(&fixture, "inner INVOKE").await;
    assert!(log.contains(&"EXTENSION\tName: inner\tState: Ready\tEvents: [INVOKE]\n".to_string()), "{log:?}");
}
