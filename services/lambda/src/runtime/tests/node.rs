//! The Node.js runtime. Expected shapes of errors and log lines: AWS Lambda docs, "Lambda function errors in Node.js",
//! "Log and monitor Node.js Lambda functions".

use super::*;

const NODE: &str = "nodejs20.x";

async fn node(code: &str, event: Value) -> Value {
    answer(NODE, "index.js", code, event).await
}

#[tokio::test]
async fn async_handlers_answer() {
    assert_eq!(
        node("exports.handler = async (e) => ({ sum: e.a + e.b })", json!({"a": 1, "b": 2})).await,
        json!({"sum": 3})
    );
    assert_eq!(node("exports.handler = async () => {}", json!({})).await, Value::Null);
    assert_eq!(
        node("exports.handler = (e) => Promise.resolve(e)", json!({"ü": "日本"})).await,
        json!({"ü": "日本"})
    );
}

#[tokio::test]
async fn callback_handlers_answer_when_the_event_loop_is_empty() {
    let code = "let done = false; exports.handler = (e, c, cb) => { cb(null, 'early'); setTimeout(() => { console.log('late') }, 30) }";
    let fixture = Fixture::new(NODE, "index.handler", &[("index.js", code)]);
    let outcome = invoke(&fixture.shelf(), "{}").await;
    assert_eq!(value(&outcome), json!("early"));
    assert!(outcome.tail.contains("\tINFO\tlate\n"), "{}", outcome.tail);
    let code = "exports.handler = (e, c, cb) => { c.callbackWaitsForEmptyEventLoop = false; setInterval(() => {}, 1000); cb(null, 1) }";
    assert_eq!(node(code, json!({})).await, json!(1));
    assert_eq!(
        node("exports.handler = () => 5", json!({})).await,
        Value::Null,
        "a value that is no promise is not an answer"
    );
    assert_eq!(node("exports.handler = (e, c) => c.succeed('old')", json!({})).await, json!("old"));
    assert_eq!(node("exports.handler = () => new Promise(() => {})", json!({})).await, Value::Null);
}

/// aws-lambda-ric 4.0.2 (npm), `errorOnDeprecatedCallback`, `BufferedInvokeProcessor` and `resolveHandler`.
#[tokio::test]
async fn there_are_no_callbacks_since_node_24() {
    let modern = |file: &'static str, code: &'static str| answer("nodejs24.x", file, code, json!({"a": 1}));
    assert_eq!(
        modern("index.js", "exports.handler = (e) => e.a + 1").await,
        json!(2),
        "a value is an answer"
    );
    assert_eq!(
        modern("index.mjs", "export default { handler: async () => 'default' }").await,
        json!("default")
    );
    let code = "exports.handler = async (e, c) => [typeof c.done, typeof c.succeed, typeof c.fail, 'callbackWaitsForEmptyEventLoop' in c, typeof c.getRemainingTimeInMillis]";
    assert_eq!(
        modern("index.js", code).await,
        json!(["undefined", "undefined", "undefined", false, "function"])
    );
    let (error, _) =
        failure("nodejs24.x", "index.js", "exports.handler = (e, c, callback) => callback(null, 1)").await;
    assert_eq!(error["errorType"], "Runtime.CallbackHandlerDeprecated");
    assert!(
        error["errorMessage"]
            .as_str()
            .unwrap()
            .starts_with("ERROR: AWS Lambda has removed support for callback")
    );
    let (error, _) = failure("nodejs24.x", "index.js", "exports.handler = () => new Promise(() => {})").await;
    assert_eq!(error["errorType"], "Runtime.ExitError");
    let (error, _) =
        failure("nodejs24.x", "index.js", "exports.handler = () => { throw new Error('at once') }").await;
    assert_eq!(error["errorMessage"], "at once");
}

#[tokio::test]
async fn modules_of_both_kinds_load() {
    let esm = "import fs from 'node:fs'; const x = await Promise.resolve(2); export const handler = async () => x + typeof fs.readFileSync.length.toFixed";
    assert_eq!(answer(NODE, "index.mjs", esm, json!({})).await, json!("2function"));
    assert_eq!(
        answer(NODE, "index.cjs", "exports.handler = async () => __filename", json!({})).await,
        json!("/var/task/index.cjs")
    );
    let fixture = Fixture::new(
        NODE,
        "src/app.api.get",
        &[
            ("package.json", r#"{"type":"module"}"#),
            ("src/app.js", "import { n } from './n.js'; export const api = { get: async () => n }"),
            ("src/n.js", "export const n = 7"),
        ],
    );
    assert_eq!(value(&invoke(&fixture.shelf(), "{}").await), json!(7));
}

/// setenv(3) keeps every value: a million invocations filled a hundred megabytes with old traces.
#[tokio::test]
async fn the_trace_is_a_variable_that_takes_no_memory() {
    let code = r#"
const { execSync } = require('child_process');
const { env } = process;
exports.handler = async () => {
  const seen = [env._X_AMZN_TRACE_ID, '_X_AMZN_TRACE_ID' in process.env, execSync('echo $_X_AMZN_TRACE_ID').toString().trim()];
  const kept = require('fs').readFileSync('/proc/self/environ', 'utf8').includes('TRACE_ID');
  process.env._X_AMZN_TRACE_ID = 'own';
  return [...seen, env._X_AMZN_TRACE_ID, kept];
};"#;
    let fixture = Fixture::new(NODE, "index.handler", &[("index.js", code)]);
    let shelf = fixture.shelf();
    for trace in ["Root=1-5759e988-bd862e3fe1be46a994272793", "Root=1-5759e988-000000000000000000000002"] {
        let mut traced = invocation("{}");
        traced.trace = trace.into();
        let outcome = shelf.invoke(&traced, false, None).await;
        assert_eq!(value(&outcome), json!([trace, true, trace, "own", false]));
    }
}

#[tokio::test]
async fn the_context_is_complete() {
    let code = r#"
exports.handler = async (event, context) => {
  const { getRemainingTimeInMillis, callbackWaitsForEmptyEventLoop, succeed, fail, done, ...plain } = context;
  const left = context.getRemainingTimeInMillis();
  return { plain, left: left > 600000 && left <= 900000, waits: callbackWaitsForEmptyEventLoop,
    trace: process.env._X_AMZN_TRACE_ID, env: process.env.AWS_EXECUTION_ENV, own: process.env.COLOUR,
    key: process.env.AWS_ACCESS_KEY_ID, home: process.env.HOME, cwd: process.cwd(), tz: new Date().getTimezoneOffset() };
};"#;
    assert_eq!(
        node(code, json!({})).await,
        json!({
            "plain": {
                "functionVersion": "$LATEST", "functionName": "fn", "memoryLimitInMB": "256",
                "logGroupName": "/aws/lambda/fn",
                "logStreamName": format!("2026/01/01/[$LATEST]{}", "0".repeat(32)),
                "invokedFunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:fn:live",
                "awsRequestId": "11111111-2222-3333-4444-555555555555",
            },
            "left": true, "waits": true, "trace": "Root=1-5759e988-bd862e3fe1be46a994272793",
            "env": "AWS_Lambda_nodejs20.x", "own": "blue", "key": "ASIATEST", "cwd": "/var/task", "tz": 0,
        })
    );
    let fixture = Fixture::new(
        NODE,
        "index.handler",
        &[("index.js", "exports.handler = async (e, c) => [c.clientContext, c.identity]")],
    );
    let mut with_context = invocation("{}");
    with_context.client_context = r#"{"custom":{"a":"ü"}}"#.into();
    with_context.identity = r#"{"cognitoIdentityId":"x"}"#.into();
    let outcome = fixture.shelf().invoke(&with_context, false, None).await;
    assert_eq!(value(&outcome), json!([{"custom": {"a": "ü"}}, {"cognitoIdentityId": "x"}]));
}

#[tokio::test]
async fn errors_carry_type_message_and_trace() {
    let (error, log) = failure(NODE, "index.js", "class Bad extends Error { constructor(m) { super(m); this.name = 'Bad'; this.code = 7 } }\nexports.handler = async () => { throw new Bad('boom') }").await;
    assert_eq!(error["errorType"], "Bad");
    assert_eq!(error["errorMessage"], "boom");
    assert_eq!(error["trace"][0], "Bad: boom");
    assert!(
        error["trace"][1].as_str().unwrap().contains("at exports.handler (/var/task/index.js:2:"),
        "{error}"
    );
    let keys: Vec<&String> = error.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["errorType", "errorMessage", "trace"]);
    assert!(
        log.contains("\t11111111-2222-3333-4444-555555555555\tERROR\tInvoke Error \t{\"errorType\":\"Bad\",\"errorMessage\":\"boom\",\"code\":7,"),
        "{log}"
    );
    let (error, _) = failure(NODE, "index.js", "exports.handler = (e, c, cb) => cb('just text')").await;
    assert_eq!(error, json!({"errorType": "string", "errorMessage": "just text", "trace": []}));
    let (error, _) =
        failure(NODE, "index.js", "exports.handler = (e, c, cb) => { throw new TypeError('sync') }").await;
    assert_eq!(error["errorType"], "TypeError");
    let (error, _) =
        failure(NODE, "index.js", "exports.handler = async () => { const a = {}; a.a = a; return a }").await;
    assert_eq!(error["errorMessage"], "Unable to stringify response body");
}

#[tokio::test]
async fn code_that_cannot_be_loaded_says_why() {
    let (error, log) = failure(NODE, "index.js", "require('nothing-here')").await;
    assert_eq!(error["errorType"], "Runtime.ImportModuleError");
    let message = error["errorMessage"].as_str().unwrap();
    assert!(message.starts_with("Error: Cannot find module 'nothing-here'\nRequire stack:\n- /var/task/index.js\n- /var/runtime/index"), "{message}");
    assert!(
        log.contains("\tundefined\tERROR\tUncaught Exception \t{\"errorType\":\"Runtime.ImportModuleError\""),
        "{log}"
    );
    assert!(log.contains("START RequestId: 1111"), "{log}");
    let (error, _) = failure(NODE, "index.js", "exports.handler = (").await;
    assert_eq!(error["errorType"], "Runtime.UserCodeSyntaxError");
    assert!(error["errorMessage"].as_str().unwrap().starts_with("SyntaxError: "), "{error}");
    let (error, _) = failure(NODE, "index.js", "exports.other = 1").await;
    assert_eq!(error["errorType"], "Runtime.HandlerNotFound");
    assert_eq!(error["errorMessage"], "index.handler is undefined or not exported");
    let (error, _) = failure(NODE, "index.js", "exports.handler = 5").await;
    assert_eq!(error["errorMessage"], "index.handler is not a function");
    let (error, _) = failure(NODE, "other.mjs", "throw new RangeError('at import')").await;
    assert_eq!((&error["errorType"], &error["errorMessage"]), (&json!("RangeError"), &json!("at import")));
    let fixture = Fixture::new(NODE, "missing.handler", &[("index.js", "")]);
    let error = value(&invoke(&fixture.shelf(), "{}").await);
    assert_eq!(error["errorType"], "Runtime.ImportModuleError");
    assert!(
        error["errorMessage"].as_str().unwrap().starts_with("Error: Cannot find module 'missing'"),
        "{error}"
    );
}

#[tokio::test]
async fn forgotten_rejections_and_exceptions_end_the_process() {
    let (error, log) = failure(NODE, "index.js", "exports.handler = async () => { Promise.reject(new Error('lost')); await new Promise((r) => setTimeout(r, 1000)) }").await;
    assert_eq!(error["errorType"], "Runtime.UnhandledPromiseRejection");
    assert_eq!(error["errorMessage"], "Error: lost");
    assert_eq!(error["trace"][0], "Runtime.UnhandledPromiseRejection: Error: lost");
    assert!(log.contains("\tERROR\tUnhandled Promise Rejection \t{\"errorType\":\"Runtime.UnhandledPromiseRejection\",\"errorMessage\":\"Error: lost\",\"reason\":{\"errorType\":\"Error\""), "{log}");
    let (error, _) = failure(
        NODE,
        "index.js",
        "exports.handler = (e, c, cb) => setTimeout(() => { throw new Error('later') }, 1)",
    )
    .await;
    assert_eq!((&error["errorType"], &error["errorMessage"]), (&json!("Error"), &json!("later")));
}

#[tokio::test]
async fn the_console_writes_lines_of_lambda() {
    let code = r#"
console.log('at start');
exports.handler = async () => {
  console.info('a %s', 'b', { c: 1 }); console.warn('two\nlines'); console.error(new Error('x').message); console.debug(1);
  process.stdout.write('raw\n'); process.stderr.write('half');
};"#;
    let fixture = Fixture::new(NODE, "index.handler", &[("index.js", code)]);
    invoke(&fixture.shelf(), "{}").await;
    let log = fixture.log();
    let shown: Vec<&str> =
        log.iter().map(|line| line.split_once("Z\t").map_or(line.as_str(), |(_, rest)| rest)).collect();
    let id = "11111111-2222-3333-4444-555555555555";
    assert_eq!(shown[0], "undefined\tINFO\tat start\n");
    assert_eq!(shown[1], format!("START RequestId: {id} Version: $LATEST\n"));
    assert_eq!(shown[2], format!("{id}\tINFO\ta b {{ c: 1 }}\n"));
    assert_eq!(shown[3], format!("{id}\tWARN\ttwo\nlines\n"));
    assert_eq!(shown[4], format!("{id}\tERROR\tx\n"));
    assert_eq!(shown[5], format!("{id}\tDEBUG\t1\n"));
    assert_eq!(shown[6], "raw\n");
    assert_eq!(shown[7], "half");
    assert_eq!(shown[8], format!("END RequestId: {id}\n"));
    assert!(shown[9].starts_with(&format!("REPORT RequestId: {id}\tDuration: ")), "{}", shown[9]);
    assert!(shown[9].contains("\tInit Duration: "), "{}", shown[9]);
    assert_eq!(shown.len(), 10);
    let timed = &log[2];
    assert!(timed.len() > 24 && &timed[23..25] == "Z\t" && &timed[4..5] == "-", "{timed}");
}

#[tokio::test]
async fn time_stands_still_between_invocations() {
    let code = r#"
let ticks = 0;
setInterval(() => ticks++, 1).unref();
exports.handler = async (wanted) => {
  const before = ticks;
  while (ticks < wanted) await new Promise((r) => setTimeout(r, 5));
  return [before, ticks];
};"#;
    let fixture = Fixture::new(NODE, "index.handler", &[("index.js", code)]);
    let shelf = fixture.shelf();
    let (_, first) = ticks(&invoke(&shelf, "1").await);
    // Meanwhile the time of another one goes on.
    assert!(ticks(&invoke(&fixture.shelf(), "100").await).1 >= 100);
    let (before, after) = ticks(&invoke(&shelf, &(first + 5).to_string()).await);
    assert!(before <= first + 3, "{first}, then {before}");
    assert!(after >= first + 5, "it goes on with the next invocation");
}

fn ticks(outcome: &Outcome) -> (i64, i64) {
    serde_json::from_value(value(outcome)).unwrap()
}

/// Version 24 reserves half a gigabyte at its start, and did not start with the least memory that a function may have.
#[tokio::test]
async fn every_version_starts_with_the_least_memory() {
    for runtime in ["nodejs20.x", "nodejs22.x", "nodejs24.x"] {
        let code = "exports.handler = async () => Buffer.alloc(8 << 20, 1).length";
        for ahead in [false, true] {
            let fixture = Fixture::new(runtime, "index.handler", &[("index.js", code)])
                .change(|launch| launch.memory_mb = 128);
            let outcome = invoke(&fixture.shelf_on(&fixture.host(Ahead::tested(ahead))), "{}").await;
            assert_eq!(value(&outcome), json!(8 << 20), "{runtime}, ahead {ahead}: {}", outcome.tail);
        }
    }
}

/// A context with accessors left 300 bytes of each invocation among the objects that live long, and these kept others
/// alive: 16 MB for young objects where 1 MB does, in fresh memory all the time.
#[tokio::test]
async fn an_invocation_leaves_nothing_behind() {
    let code = "const v8 = require('v8'); exports.handler = async () => v8.getHeapSpaceStatistics()
        .filter((space) => !space.space_name.startsWith('new')).reduce((sum, space) => sum + space.space_used_size, 0);";
    let fixture = Fixture::new(NODE, "index.handler", &[("index.js", code)]);
    let shelf = fixture.shelf();
    let mut used = Vec::new();
    for rounds in [1000, 3000] {
        for _ in 1..rounds {
            invoke(&shelf, "{}").await;
        }
        used.push(value(&invoke(&shelf, "{}").await).as_i64().unwrap());
    }
    assert!(used[1] - used[0] < 300_000, "{used:?} bytes in use by old objects");
}
