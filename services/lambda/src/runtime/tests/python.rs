//! The Python runtime. Expected shapes: AWS Lambda docs, "Lambda function errors in Python" and "Log and monitor Python
//! Lambda functions".

use super::*;

const PYTHON: &str = "python3.11";

async fn python(code: &str, event: Value) -> Value {
    answer(PYTHON, "app.py", code, event).await
}

#[tokio::test]
async fn handlers_answer() {
    assert_eq!(
        python("def handler(event, context): return {'sum': event['a'] + 1, 'ü': 'é'}", json!({"a": 1}))
            .await,
        json!({"sum": 2, "ü": "é"})
    );
    assert_eq!(python("def handler(event, context): pass", json!({})).await, Value::Null);
    assert_eq!(
        python(
            "from decimal import Decimal\ndef handler(e, c): return [Decimal('3'), Decimal('1.5')]",
            json!({})
        )
        .await,
        json!([3, 1.5])
    );
    let fixture = Fixture::new(
        PYTHON,
        "src/pkg/app.run",
        &[("src/pkg/app.py", "import json\ndef run(e, c): return __name__")],
    );
    assert_eq!(value(&invoke(&fixture.shelf(), "{}").await), json!("src.pkg.app"));
}

#[tokio::test]
async fn the_context_and_environment_are_complete() {
    let code = r#"
import os, sys, time
def handler(event, context):
    left = context.get_remaining_time_in_millis()
    return {"id": context.aws_request_id, "name": context.function_name, "version": context.function_version,
        "arn": context.invoked_function_arn, "memory": context.memory_limit_in_mb, "group": context.log_group_name,
        "identity": context.identity.cognito_identity_id, "client": context.client_context,
        "left": 600000 < left <= 900000, "env": os.environ["AWS_EXECUTION_ENV"], "own": os.environ["COLOUR"],
        "home": os.environ.get("HOME"), "first": sys.path[0], "host": any("dist-packages" in p for p in sys.path),
        "tz": time.timezone, "cwd": os.getcwd(), "trace": os.environ["_X_AMZN_TRACE_ID"][:5]}
"#;
    assert_eq!(
        python(code, json!({})).await,
        json!({
            "id": "11111111-2222-3333-4444-555555555555", "name": "fn", "version": "$LATEST",
            "arn": "arn:aws:lambda:us-east-1:000000000000:function:fn:live", "memory": "256",
            "group": "/aws/lambda/fn", "identity": null, "client": null, "left": true,
            "env": "AWS_Lambda_python3.11", "own": "blue", "home": null, "first": "/var/task", "host": false, "tz": 0,
            "cwd": "/var/task", "trace": "Root=",
        })
    );
}

#[tokio::test]
async fn errors_carry_type_message_and_stack() {
    let (error, log) =
        failure(PYTHON, "app.py", "def handler(event, context):\n    raise ValueError('boom')\n").await;
    assert_eq!(
        error,
        json!({
            "errorMessage": "boom", "errorType": "ValueError", "requestId": "11111111-2222-3333-4444-555555555555",
            "stackTrace": ["  File \"/var/task/app.py\", line 2, in handler\n    raise ValueError('boom')\n"],
        })
    );
    assert!(log.contains("[ERROR] ValueError: boom\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 2, in handler\n"), "{log}");
    let (error, _) = failure(PYTHON, "app.py", "def handler(event, context): return {1, 2}").await;
    assert_eq!(error["errorType"], "Runtime.MarshalError");
    assert_eq!(
        error["errorMessage"],
        "Unable to marshal response: Object of type set is not JSON serializable"
    );
}

#[tokio::test]
async fn code_that_cannot_be_loaded_says_why() {
    let (error, log) = failure(PYTHON, "app.py", "import nothing_here").await;
    assert_eq!(
        error,
        json!({"errorMessage": "Unable to import module 'app': No module named 'nothing_here'",
            "errorType": "Runtime.ImportModuleError", "requestId": "", "stackTrace": []})
    );
    assert!(
        log.contains(
            "[ERROR] Runtime.ImportModuleError: Unable to import module 'app': No module named 'nothing_here'"
        ),
        "{log}"
    );
    let (error, _) = failure(PYTHON, "app.py", "def handler(:\n").await;
    assert_eq!(error["errorType"], "Runtime.UserCodeSyntaxError");
    assert!(
        error["errorMessage"]
            .as_str()
            .unwrap()
            .starts_with("Syntax error in module 'app': invalid syntax (app.py, line 1)"),
        "{error}"
    );
    let (error, _) = failure(PYTHON, "app.py", "x = 1").await;
    assert_eq!(error["errorMessage"], "Handler 'handler' missing on module 'app'");
    assert_eq!(error["errorType"], "Runtime.HandlerNotFound");
    let fixture = Fixture::new(PYTHON, "app", &[("app.py", "")]);
    let error = value(&invoke(&fixture.shelf(), "{}").await);
    assert_eq!(error["errorMessage"], "Bad handler 'app': not enough values to unpack (expected 2, got 1)");
    let (error, _) = failure(PYTHON, "app.py", "raise KeyError('at import')").await;
    assert_eq!(error["errorType"], "KeyError");
}

#[tokio::test]
async fn prints_and_logging_are_events() {
    let code = r#"
import logging, sys
logger = logging.getLogger()
logger.setLevel(logging.INFO)
def handler(event, context):
    print("printed", event["n"])
    print("to stderr", file=sys.stderr)
    logger.info("told %d", 5)
    logging.getLogger("lib").debug("hidden")
"#;
    let fixture = Fixture::new(PYTHON, "app.handler", &[("app.py", code)]);
    invoke(&fixture.shelf(), r#"{"n": 1}"#).await;
    let log = fixture.log();
    assert_eq!(log[1..3], ["printed 1\n", "to stderr\n"]);
    assert!(
        log[3].starts_with("[INFO]\t2")
            && log[3].ends_with("Z\t11111111-2222-3333-4444-555555555555\ttold 5\n"),
        "{log:?}"
    );
    assert_eq!(log.len(), 6, "{log:?}");
}

/// What a function printed was kept until its invocation ended: in 15 minutes more than any host has memory.
#[tokio::test]
async fn endless_output_is_delivered_meanwhile_and_does_not_stop_the_clock() {
    let code = "import os\ndef handler(e, c):\n    while True: os.write(1, b'x' * 65535 + b'\\n')\n";
    let fixture =
        Fixture::new(PYTHON, "app.handler", &[("app.py", code)]).change(|launch| launch.timeout = SHORT);
    let running = begin(&fixture.shelf(), "{}");
    let batches = || fixture.recorder.batches.load(Ordering::Relaxed);
    while batches() <= 2 && !running.is_finished() {
        tokio::task::yield_now().await;
    }
    assert!(!running.is_finished(), "it was delivered before the end");
    let outcome = when_time_is_up(running).await;
    assert!(outcome.failed);
    assert!(outcome.tail.contains("Task timed out after 60.00 seconds"), "{}", outcome.tail);
    assert_eq!(outcome.tail.len(), log::TAIL_BYTES);
}

/// setenv(3) keeps every value: each invocation left a hundred bytes for ever.
#[tokio::test]
async fn traces_do_not_pile_up() {
    let code = r#"
import ctypes, os, subprocess
getenv = ctypes.CDLL(None).getenv
getenv.restype = ctypes.c_void_p
def handler(event, context):
    if event.get("own"):
        os.environ["_X_AMZN_TRACE_ID"] = "own"
    if not event.get("asks"):
        return None
    child = subprocess.run(["/bin/sh", "-c", "echo $_X_AMZN_TRACE_ID"], stdout=subprocess.PIPE).stdout
    return [os.environ["_X_AMZN_TRACE_ID"], child.decode().strip(), getenv(b"_X_AMZN_TRACE_ID")]
"#;
    let fixture = Fixture::new("python3.11", "index.handler", &[("index.py", code)]);
    let shelf = fixture.shelf();
    let invoke = async |trace: &str, event: &str| {
        let invocation = Invocation { trace: trace.into(), ..invocation(event) };
        value(&shelf.invoke(&invocation, true, None).await)
    };
    for number in 0..1000 {
        invoke(&format!("Root=1-{number:08}"), "{}").await;
    }
    let asked = invoke("Root=one", r#"{"asks": true}"#).await;
    assert_eq!((&asked[0], &asked[1]), (&json!("Root=one"), &json!("Root=one")));
    invoke("Root=two", r#"{"own": true}"#).await;
    assert_eq!(invoke("", r#"{"own": true, "asks": true}"#).await[1], json!("own"));
    let again = invoke("Root=three", r#"{"asks": true}"#).await;
    assert_eq!((&again[0], &again[1]), (&json!("Root=three"), &json!("Root=three")));
    assert_eq!(again[2], asked[2], "in the same memory");
    let long = "x".repeat(5000);
    assert_eq!(invoke(&long, r#"{"asks": true}"#).await[1], json!(long));
}
