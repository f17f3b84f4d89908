//! Processes that boot ahead of need.

use std::process::Command;

use super::*;

/// The tests of the managed runtimes once more, each start with a process that has waited.
#[test]
fn everything_is_the_same_in_processes_that_have_waited() {
    if std::env::var_os(AHEAD).is_some() {
        return; // This is the second run.
    }
    let output = Command::new(std::env::current_exe().unwrap())
        // The others are about processes that are never booted ahead, or do so by themselves.
        .args(
            ["node", "python", "processes", "lambda_semantics"]
                .map(|part| format!("runtime::tests::{part}::")),
        )
        .args(["--test-threads", "2"])
        .env(AHEAD, "1")
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{out}{}", String::from_utf8_lossy(&output.stderr));
    assert!(out.contains("test runtime::tests::processes::functions_cannot_reach_the_host ... ok"), "{out}");
}

async fn until_waiting(host: &Host, count: usize) {
    while host.ahead.waiting() < count {
        tokio::time::sleep(Duration::from_millis(5)).await; // Real time, for a real process.
    }
}

const SECRETS: &str = r#"
const fs = require('fs');
const attempt = (f) => { try { return f() } catch (e) { return e.code } };
exports.handler = async (event) => {
  if (event.keep) { global.kept = event.keep; fs.writeFileSync('/tmp/kept', event.keep); }
  return {
    start: fs.readFileSync('/proc/self/environ', 'utf8'),
    init: attempt(() => fs.readFileSync('/proc/1/environ', 'utf8')),
    processes: fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).length,
    own: process.env.SECRET, kept: global.kept, tmp: attempt(() => fs.readFileSync('/tmp/kept', 'utf8')),
    code: fs.readdirSync('/var/task'), opt: fs.readdirSync('/opt'), sdk: fs.readdirSync('/node_modules'),
    mounts: fs.readFileSync('/proc/self/mounts', 'utf8').split('\n').filter((line) => / \/(var|opt)/.test(line)).map((line) => line.split(' ').slice(1, 3).join(' ')),
  };
};"#;

#[tokio::test]
async fn nothing_of_one_function_is_seen_by_another() {
    let secret = |text: &'static str, name| {
        Fixture::new("nodejs20.x", "index.handler", &[("index.js", SECRETS), (name, "")])
            .change(|launch| drop(launch.variables.insert("SECRET".into(), text.into())))
    };
    let (one, two) = (secret("first", "one"), secret("second", "two"));
    let host = one.host(Ahead::tested(true));
    let first = value(&invoke(&one.shelf_on(&host), r#"{"keep":"mine"}"#).await);
    assert_eq!(
        (&first["own"], &first["kept"], &first["tmp"]),
        (&json!("first"), &json!("mine"), &json!("mine"))
    );
    let second = value(&invoke(&two.shelf_on(&host), "{}").await);
    assert_eq!(second["own"], "second");
    assert_eq!(second["code"], json!(["index.js", "two"]));
    assert_eq!((&second["opt"], &second["sdk"]), (&json!([]), &json!([])));
    assert_eq!((&second["kept"], &second["tmp"]), (&Value::Null, &json!("ENOENT")));
    assert_eq!(second["processes"], 2, "process 1 of the sandbox and itself");
    let text = second.to_string();
    assert!(!text.contains("first") && !text.contains("one"), "{text}");
    // What it was started with is the same for all functions: no name, no key, no variable of its own.
    let start = second["start"].as_str().unwrap();
    for own in ["SECRET", "COLOUR", "AWS_ACCESS_KEY_ID", "AWS_LAMBDA_FUNCTION_NAME"] {
        assert!(!start.contains(own), "{start}");
    }
    assert!(start.contains("LD_LIBRARY_PATH"), "{start}");
    assert_eq!(first["start"], second["start"]);
}

#[tokio::test]
async fn processes_are_booted_after_use_and_given_up_without() {
    let fixture = Fixture::new("nodejs20.x", "index.handler", &[("index.js", SECRETS)]);
    let host = fixture.host(Ahead::default());
    let (one, two) = (fixture.shelf_on(&host), fixture.shelf_on(&host));
    let started = value(&invoke(&one, "{}").await)["start"].clone();
    assert!(started.as_str().unwrap().contains("SECRET") || started.as_str().unwrap().contains("COLOUR"));
    until_waiting(&host, 1).await;
    let waited = value(&invoke(&two, "{}").await)["start"].clone();
    assert!(!waited.as_str().unwrap().contains("COLOUR"), "the second start took the process that waited");
    until_waiting(&host, 1).await;
    host.ahead.sweep();
    assert_eq!(host.ahead.waiting(), 1);
    host.ahead.forget_all();
    assert_eq!(host.ahead.waiting(), 0);
}

#[tokio::test]
async fn a_function_that_needs_its_own_start_gets_it() {
    let code = "exports.handler = async () => [Error.stackTraceLimit, require('fs').readFileSync('/proc/self/environ', 'utf8').includes('NODE_OPTIONS')]";
    let fixture = Fixture::new("nodejs20.x", "index.handler", &[("index.js", code)]).change(|launch| {
        drop(launch.variables.insert("NODE_OPTIONS".into(), "--stack-trace-limit=77".into()));
    });
    let host = fixture.host(Ahead::tested(true));
    assert_eq!(value(&invoke(&fixture.shelf_on(&host), "{}").await), json!([77, true]));
    // A machine without namespaces cannot give files to a process that runs.
    let weaker =
        Jail::with_layers(jail::spec::Layers { landlock: true, seccomp: true, ..Default::default() });
    let fixture =
        Fixture::new("nodejs20.x", "index.handler", &[("index.js", "exports.handler = async () => 1")])
            .jail(weaker);
    let host = fixture.host(Ahead::default());
    assert_eq!(value(&invoke(&fixture.shelf_on(&host), "{}").await), json!(1));
    assert_eq!(host.ahead.kinds(), 0);
}

/// What a process has gone through while it waited: a function may have a module of that name, and a time zone.
#[tokio::test]
async fn nothing_of_a_rehearsal_is_left() {
    let python = "import time\ndef handler(event, context): return [__file__, time.localtime(0).tm_gmtoff]";
    let node = "exports.handler = async () => [__filename, -60 * new Date(0).getTimezoneOffset()]";
    for (runtime, file, code) in
        [("python3.11", "rehearsal.py", python), ("nodejs20.x", "rehearsal.js", node)]
    {
        for (zone, offset) in [(None, 0), (Some("XYZ-1"), 3600)] {
            let fixture = Fixture::new(runtime, "rehearsal.handler", &[(file, code)]).change(|launch| {
                launch.variables.extend(zone.map(|zone| ("TZ".to_string(), zone.to_string())));
            });
            let host = fixture.host(Ahead::tested(true));
            let seen = value(&invoke(&fixture.shelf_on(&host), "{}").await);
            assert!(seen[0].as_str().unwrap().ends_with(file), "{runtime}: {seen}");
            assert!(!seen[0].as_str().unwrap().contains("runtime"), "{runtime}: {seen}");
            assert_eq!(seen[1], offset, "{runtime}, {zone:?}");
        }
    }
}

#[tokio::test]
async fn limits_are_those_of_the_function() {
    let code = r#"
exports.handler = async (event) => {
  const fs = require('fs');
  const limits = fs.readFileSync('/proc/self/limits', 'utf8').split('\n').find((line) => line.startsWith('Max data size'));
  const tmp = fs.statfsSync('/tmp');
  return { data: limits.split(/ {2,}/).slice(1, 3), tmp: tmp.bsize * tmp.blocks };
};"#;
    let fixture = Fixture::new("nodejs20.x", "index.handler", &[("index.js", code)])
        .change(|launch| launch.tmp_mb = 1024);
    let host = fixture.host(Ahead::tested(true));
    let seen = value(&invoke(&fixture.shelf_on(&host), "{}").await);
    assert_eq!(seen["tmp"], 1_u64 << 30);
    if !host.jail.limits_trees() {
        let bytes = ((2 * 256 + 64) << 20).to_string();
        assert_eq!(seen["data"], json!([bytes, bytes]));
    }
}

#[tokio::test]
async fn chance_differs_between_processes_that_have_waited() {
    let python = "import random, uuid, os\ndef handler(e, c): return [random.random(), str(uuid.uuid4()), os.urandom(8).hex(), hash('a')]";
    let node = "exports.handler = async () => [Math.random(), require('crypto').randomUUID()]";
    for (runtime, file, code) in [("python3.11", "index.py", python), ("nodejs20.x", "index.js", node)] {
        let fixture = Fixture::new(runtime, "index.handler", &[(file, code)]);
        let host = fixture.host(Ahead::tested(true));
        let one = value(&invoke(&fixture.shelf_on(&host), "{}").await);
        let two = value(&invoke(&fixture.shelf_on(&host), "{}").await);
        for (index, one) in one.as_array().unwrap().iter().enumerate() {
            assert_ne!(*one, two[index]);
        }
    }
}

/// boto3 is loaded while the process waits, unless the function brings a module that boto3 would load.
#[tokio::test]
async fn the_sdk_of_python_is_there_and_the_functions_own_modules_come_first() {
    let sdk = tempfile::tempdir().unwrap();
    fs::set_permissions(sdk.path(), PermissionsExt::from_mode(0o755)).unwrap();
    fs::write(sdk.path().join("boto3.py"), "import shared, logging\nvalue = shared.value").unwrap();
    fs::write(sdk.path().join("shared.py"), "import time\nvalue, at = 'sdk', time.monotonic()").unwrap();
    let code = "import time\nstart = time.monotonic()\nimport boto3, shared, logging\n
def handler(e, c):
    logging.getLogger().setLevel('INFO'); logging.info('seen')
    return [boto3.value, getattr(shared, 'at', start) < start, boto3.__file__]";
    let fixture = |files: &[(&str, &str)]| {
        Fixture::new("python3.11", "index.handler", files)
            .change(|launch| launch.sdk = Some(sdk.path().to_path_buf()))
    };
    let plain = fixture(&[("index.py", code)]);
    let host = plain.host(Ahead::tested(true));
    let outcome = invoke(&plain.shelf_on(&host), "{}").await;
    assert_eq!(value(&outcome), json!(["sdk", true, "/var/lang/lib/python/site-packages/boto3.py"]));
    assert!(outcome.tail.contains("[INFO]\t") && outcome.tail.contains("\tseen\n"), "{}", outcome.tail);
    let own = fixture(&[("index.py", code), ("shared.py", "value = 'own'")]);
    let outcome = invoke(&own.shelf_on(&host), "{}").await;
    assert_eq!(value(&outcome), json!(["own", false, "/var/lang/lib/python/site-packages/boto3.py"]));
}
