//! Time limits, memory, payloads, ends of processes.

use super::*;
use crate::runtime::environment::Environment;

const NODE: &str = "nodejs20.x";

#[tokio::test]
async fn the_time_limit_ends_the_invocation_and_the_process() {
    let code =
        format!("let n = 0; exports.handler = async (e) => {{ n++; if (e.wait) {ENDLESS}; return n }}");
    let fixture =
        Fixture::new(NODE, "index.handler", &[("index.js", &code)]).change(|launch| launch.timeout = SHORT);
    let shelf = fixture.shelf();
    assert_eq!(value(&invoke(&shelf, "{}").await), json!(1));
    fixture.log();
    let outcome = when_time_is_up(begin(&shelf, r#"{"wait":true}"#)).await;
    assert!(outcome.failed);
    assert_eq!(
        value(&outcome),
        json!({"errorType": "Sandbox.Timedout",
            "errorMessage": "RequestId: 11111111-2222-3333-4444-555555555555 Error: Task timed out after 60.00 seconds"})
    );
    let log = fixture.log();
    assert_eq!(
        log[1],
        "2026-01-01T00:00:00.000Z 11111111-2222-3333-4444-555555555555 Task timed out after 60.00 seconds\n\n"
    );
    assert!(log[3].contains("\tDuration: 60000.00 ms\tBilled Duration: 60000 ms\t"), "{}", log[3]);
    assert!(log[3].ends_with("\tStatus: timeout\n"), "{}", log[3]);
    assert_eq!(value(&invoke(&shelf, "{}").await), json!(1), "a new process");
}

const GATED: &str = "const { existsSync } = require('fs');
const pause = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
while (!existsSync(`${__dirname}/loads`)) pause();
exports.handler = async () => { while (!existsSync(`${__dirname}/answers`)) pause(); return 'in time' };";

#[tokio::test]
async fn what_the_cloud_is_late_by_is_not_the_functions_time() {
    let fixture = Fixture::new(NODE, "index.handler", &[("index.js", GATED), ("loads", "")])
        .change(|launch| launch.timeout = LIMIT / 3);
    let shelf = fixture.shelf();
    let running = begin(&shelf, "{}");
    until_at_work(&shelf, 1).await;
    pass(LIMIT).await;
    fixture.open("answers");
    assert_eq!(value(&running.await.unwrap()), json!("in time"));
}

/// The init phase of ten seconds is repeated under the time limit of the function, and provisioned environments have more
/// of it (`limits.rs`).
#[tokio::test]
async fn an_init_phase_may_take_what_it_is_given() {
    let fixture = Fixture::new(NODE, "index.handler", &[("index.js", GATED)]);
    let (launch, host) = (fixture.launch(), fixture.host(Ahead::tested(false)));
    let limit = Duration::from_secs(600);
    let start = tokio::spawn(Environment::start(Arc::new(launch), host, limit));
    for _ in 0..300 {
        pass(Duration::from_millis(100)).await;
    }
    assert!(!start.is_finished());
    fixture.open("loads");
    start.await.unwrap().expect("it had time").end();
}

#[tokio::test]
async fn an_exit_is_an_error_and_the_next_invocation_gets_a_new_process() {
    let code = "exports.handler = async (e) => { if (e.exit !== undefined) process.exit(e.exit); return process.pid }";
    let fixture = Fixture::new(NODE, "index.handler", &[("index.js", code)]);
    let shelf = fixture.shelf();
    let error = value(&invoke(&shelf, r#"{"exit":1}"#).await);
    assert_eq!(
        error,
        json!({"errorType": "Runtime.ExitError",
            "errorMessage": "RequestId: 11111111-2222-3333-4444-555555555555 Error: Runtime exited with error: exit status 1"})
    );
    let log = fixture.log();
    assert!(log.contains(&"RequestId: 11111111-2222-3333-4444-555555555555 Error: Runtime exited with error: exit status 1\nRuntime.ExitError\n".to_string()), "{log:?}");
    let error = value(&invoke(&shelf, r#"{"exit":0}"#).await);
    assert!(
        error["errorMessage"].as_str().unwrap().ends_with("Error: Runtime exited without providing a reason"),
        "{error}"
    );
    assert!(value(&invoke(&shelf, "{}").await).is_number());
    let (error, _) = failure(NODE, "index.js", "exports.handler = async () => { process.kill(process.pid, 'SIGKILL'); await new Promise((r) => setTimeout(r, 5000)) }").await;
    assert!(
        error["errorMessage"].as_str().unwrap().ends_with("Runtime exited with error: signal: killed"),
        "{error}"
    );
    let (error, _) = failure("python3.11", "app.py", "import sys\ndef handler(e, c): sys.exit(3)").await;
    assert!(
        error["errorMessage"].as_str().unwrap().ends_with("Runtime exited with error: exit status 3"),
        "{error}"
    );
    let (error, _) = failure(NODE, "index.js", "process.exit(4)").await;
    assert!(
        error["errorMessage"].as_str().unwrap().ends_with("Runtime exited with error: exit status 4"),
        "{error}"
    );
}

#[tokio::test]
async fn too_much_memory_ends_the_process() {
    // More than it may have, and less than what the process itself is refused before anybody looks.
    let code =
        format!("exports.handler = async () => {{ global.all = Buffer.alloc(128 << 20, 1); {ENDLESS} }}");
    let fixture =
        Fixture::new(NODE, "index.handler", &[("index.js", &code)]).change(|launch| launch.memory_mb = 128);
    let outcome = invoke(&fixture.shelf(), "{}").await;
    assert_eq!(
        value(&outcome),
        json!({"errorType": "Runtime.OutOfMemory",
            "errorMessage": "RequestId: 11111111-2222-3333-4444-555555555555 Error: Runtime exited with error: signal: killed"})
    );
    assert!(outcome.tail.contains("Max Memory Used: 128 MB\t"), "{}", outcome.tail);
}

#[tokio::test]
async fn memory_of_all_processes_counts() {
    let child = "const held = Buffer.alloc(48 << 20, 1); setInterval(() => held, 1000)";
    let code = format!(
        "const {{ spawn }} = require('child_process'); exports.handler = async () => {{ for (let i = 0; i < 4; i++) spawn(process.execPath, ['-e', {child:?}]); {ENDLESS} }}"
    );
    let fixture =
        Fixture::new(NODE, "index.handler", &[("index.js", &code)]).change(|launch| launch.memory_mb = 128);
    let outcome = invoke(&fixture.shelf(), "{}").await;
    assert_eq!(value(&outcome)["errorType"], "Runtime.OutOfMemory");
    assert!(outcome.tail.contains("Max Memory Used: 128 MB\t"), "{}", outcome.tail);
}

#[tokio::test]
async fn answers_of_more_than_six_megabytes_are_errors() {
    let code = "exports.handler = async (e) => 'x'.repeat(e.size)";
    let fixture = Fixture::new(NODE, "index.handler", &[("index.js", code)]);
    let shelf = fixture.shelf();
    let outcome = invoke(&shelf, r#"{"size":6000000}"#).await;
    assert_eq!(outcome.payload.len(), 6_000_002);
    let outcome = invoke(&shelf, r#"{"size":6291555}"#).await;
    assert_eq!(value(&outcome)["errorType"], "Function.ResponseSizeTooLarge");
    assert_eq!(value(&invoke(&shelf, r#"{"size":1}"#).await), json!("x"), "the process lives on");
    assert_eq!(shelf.idle(), 1);
    let large = format!("\"{}\"", "ü".repeat(3_000_000));
    let code = "exports.handler = async (e) => e.length";
    let fixture = Fixture::new(NODE, "index.handler", &[("index.js", code)]);
    assert_eq!(value(&invoke(&fixture.shelf(), &large).await), json!(3_000_000));
}

#[tokio::test]
async fn a_flood_of_output_does_not_block_the_function() {
    let code = "import sys\ndef handler(e, c):\n    for i in range(20000): sys.stdout.write('x' * 99 + '\\n')\n    return 'done'";
    let fixture = Fixture::new("python3.11", "app.handler", &[("app.py", code)]);
    let outcome = invoke(&fixture.shelf(), "{}").await;
    assert_eq!(value(&outcome), json!("done"));
    assert_eq!(fixture.log().len(), 20_003);
    assert_eq!(outcome.tail.len(), 4096);
}

/// AWS Lambda docs, "Configuring JSON and plain text log formats" and "Log-level filtering": the fields of both kinds.
#[tokio::test]
async fn logs_may_be_json() {
    use crate::logging::{Level, Logging};
    let json_lines = |fixture: &Fixture| -> Vec<Value> {
        let lines = fixture.log();
        lines.iter().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{lines:?}"))).collect()
    };
    let logging = Logging { json: true, application: Level::Info, system: Level::Info };
    let code = "exports.handler = async (e) => { console.debug('no'); console.info({ a: 1 }); console.warn('n=%d', 2); console.error('why', new TypeError('boom')); if (e.fail) throw new RangeError('end') }";
    let fixture =
        Fixture::new(NODE, "index.handler", &[("index.js", code)]).change(|launch| launch.logging = logging);
    let shelf = fixture.shelf();
    assert!(!invoke(&shelf, "{}").await.failed);
    let lines = json_lines(&fixture);
    let id = "11111111-2222-3333-4444-555555555555";
    assert_eq!(lines[0]["type"], "platform.initStart");
    assert_eq!((&lines[1]["type"], &lines[1]["record"]["requestId"]), (&json!("platform.start"), &json!(id)));
    assert_eq!(
        (&lines[2]["level"], &lines[2]["message"], &lines[2]["requestId"]),
        (&json!("INFO"), &json!({"a": 1}), &json!(id))
    );
    assert_eq!((&lines[3]["level"], &lines[3]["message"]), (&json!("WARN"), &json!("n=2")));
    assert_eq!((&lines[4]["errorType"], &lines[4]["errorMessage"]), (&json!("TypeError"), &json!("boom")));
    assert!(lines[4]["stackTrace"][0].as_str().unwrap().starts_with("TypeError: boom"));
    assert_eq!(
        (&lines[5]["type"], &lines[5]["record"]["status"]),
        (&json!("platform.report"), &json!("success"))
    );
    assert_eq!(lines.len(), 6, "{lines:?}");
    invoke(&shelf, r#"{"fail":1}"#).await;
    let lines = json_lines(&fixture);
    let last: Vec<&Value> = lines.iter().rev().take(3).map(|line| &line["type"]).collect();
    assert_eq!(last, [&json!("platform.report"), &json!("platform.runtimeDone"), &Value::Null]);
    assert_eq!(lines[lines.len() - 3]["errorType"], "RangeError");
    let code = "import logging\nlog = logging.getLogger()\ndef handler(e, c):\n    log.debug('no')\n    log.warning('a %s', 'b', extra={'order': 7})\n    try: 1/0\n    except ZeroDivisionError: log.exception('caught')\n    raise KeyError('end')";
    let fixture = Fixture::new("python3.11", "app.handler", &[("app.py", code)])
        .change(|launch| launch.logging = logging);
    invoke(&fixture.shelf(), "{}").await;
    let lines = json_lines(&fixture);
    let warned = &lines[2];
    assert_eq!(
        (&warned["level"], &warned["message"], &warned["order"]),
        (&json!("WARNING"), &json!("a b"), &json!(7))
    );
    assert_eq!((&warned["logger"], &warned["requestId"]), (&json!("root"), &json!(id)));
    assert_eq!(
        (&lines[3]["errorType"], &lines[3]["message"]),
        (&json!("ZeroDivisionError"), &json!("caught"))
    );
    assert_eq!((&lines[4]["level"], &lines[4]["errorType"]), (&json!("ERROR"), &json!("KeyError")));
}
