//! The pool and the sandbox around functions.

use jail::spec::Layers;
use tokio::task::JoinSet;

use super::*;
use crate::runtime::pool::cores;

/// Which process it is, behind a gate if the event names one.
const ID: &str =
    "exports.handler = async (e) => { if (e.gate) await gate(e.gate); return global.id ??= Math.random() }";

fn counter() -> Fixture {
    Fixture::new("nodejs20.x", "index.handler", &[("index.js", &[GATE, ID].concat())])
}

#[tokio::test]
async fn a_process_is_used_again_and_concurrent_invocations_get_their_own() {
    let fixture = counter();
    let shelf = fixture.shelf();
    let first = value(&invoke(&shelf, "{}").await);
    assert_eq!(value(&invoke(&shelf, "{}").await), first);
    let both = waiting_for(&shelf, "both", 2).await;
    fixture.open("both");
    let both = both.join_all().await;
    assert_ne!(value(&both[0]), value(&both[1]));
    assert_eq!(shelf.idle(), 2);
    shelf.sweep(Duration::from_secs(3600));
    assert_eq!(shelf.idle(), 2);
    shelf.sweep(Duration::ZERO);
    assert_eq!(shelf.idle(), 0);
}

/// So many invocations that wait for `gate`, each in an environment.
async fn waiting_for(shelf: &Arc<Shelf>, gate: &str, count: u32) -> JoinSet<Outcome> {
    let mut all = JoinSet::new();
    for _ in 0..count {
        let (shelf, event) = (Arc::clone(shelf), json!({"gate": gate}).to_string());
        all.spawn(async move { invoke(&shelf, &event).await });
    }
    until_at_work(shelf, count).await;
    all
}

#[tokio::test]
async fn a_quick_function_works_in_few_environments_and_keeps_nobody_waiting_for_the_others() {
    let fixture = counter();
    let shelf = fixture.shelf();
    let few = cores() + 1;
    let burst = waiting_for(&shelf, "first", few + 1).await;
    fixture.open("first");
    assert!(burst.join_all().await.iter().all(|outcome| !outcome.failed));
    shelf.set_pace(Duration::from_micros(50));
    let slow = waiting_for(&shelf, "second", few).await;
    let ((_, before), idle) = (shelf.at_work(), shelf.idle());
    assert_eq!(idle, 1);
    assert!(!invoke(&shelf, "{}").await.failed, "it got the idle one");
    assert_eq!((shelf.at_work().1, shelf.idle()), (before + 1, 1), "after a moment in line");
    fixture.open("second");
    assert!(slow.join_all().await.iter().all(|outcome| !outcome.failed));
}

#[tokio::test]
async fn a_client_that_goes_away_leaks_nothing() {
    let fixture = counter();
    let shelf = fixture.shelf();
    let first = value(&invoke(&shelf, "{}").await);
    fixture.log();
    let waiting = invocation(r#"{"gate":"left"}"#);
    tokio::select! {
        biased;
        _ = shelf.invoke(&waiting, false, None) => unreachable!("nobody opens the gate"),
        () = until_at_work(&shelf, 1) => {}
    }
    assert_eq!(shelf.idle(), 0, "it is still busy");
    // The next invocation needs a process of its own.
    let second = value(&invoke(&shelf, "{}").await);
    assert!(second.is_number() && second != first);
    fixture.open("left");
    while shelf.idle() < 2
        || !fixture.recorder.lines.lock().unwrap().iter().filter(|l| l.starts_with("REPORT")).count().eq(&2)
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // A client that goes away while a process starts.
    let fresh = counter();
    let shelf = fresh.shelf();
    {
        let mut call = std::pin::pin!(shelf.invoke(&waiting, false, None));
        assert!(futures::poll!(&mut call).is_pending());
    }
    assert!(value(&invoke(&shelf, "{}").await).is_number());
}

#[tokio::test]
async fn a_process_that_ends_while_idle_does_not_break_the_next_invocation() {
    let code = "const { spawn } = require('child_process');
const kill = `while [ ! -e ${__dirname}/die ]; do sleep 0.01; done; kill -9 ${process.pid}`;
exports.handler = async (e) => { if (e.die) spawn('/bin/sh', ['-c', kill], { detached: true, stdio: 'ignore' }).unref(); return 1 };";
    let fixture = Fixture::new("nodejs20.x", "index.handler", &[("index.js", code)]);
    let shelf = fixture.shelf();
    assert!(!invoke(&shelf, r#"{"die":true}"#).await.failed);
    fixture.open("die");
    while !shelf.has_lost_one() {
        tokio::time::sleep(Duration::from_millis(5)).await; // A real process ends.
    }
    let outcome = invoke(&shelf, "{}").await;
    assert!(!outcome.failed, "{}", value(&outcome));
    assert_eq!(shelf.idle(), 1);
}

#[tokio::test]
async fn the_user_inside_has_a_name_and_a_home() {
    let code =
        "const os = require('os'); exports.handler = async () => [os.userInfo().username, os.homedir()]";
    let fixture = Fixture::new("nodejs20.x", "index.handler", &[("index.js", code)]);
    let answer = value(&invoke(&fixture.shelf(), "{}").await);
    assert_eq!(answer, json!(["sbx_user1051", "/home/sbx_user1051"]));
}

#[tokio::test]
async fn a_changed_function_keeps_no_process() {
    let fixture = counter();
    let shelf = fixture.shelf();
    shelf.warm().await;
    assert_eq!(shelf.idle(), 1);
    shelf.retire();
    assert_eq!(shelf.idle(), 0);
    assert!(!invoke(&shelf, "{}").await.failed, "an invocation that was on its way still runs");
    assert_eq!(shelf.idle(), 0);
}

const ATTACK: &str = r#"
const fs = require('fs');
const attempt = (f) => { try { return f() } catch (e) { return e.code || e.message } };
exports.handler = async (e) => ({
  secret: attempt(() => fs.readFileSync(e.secret, 'utf8')),
  shadow: attempt(() => fs.readFileSync('/etc/shadow', 'utf8')),
  code: attempt(() => fs.writeFileSync(process.env.LAMBDA_TASK_ROOT + '/x', '')),
  runtime: attempt(() => fs.writeFileSync(process.env.LAMBDA_RUNTIME_DIR + '/index.js', '')),
  tmp: attempt(() => { fs.writeFileSync(require('os').tmpdir() + '/x', 'mine'); return fs.readFileSync(require('os').tmpdir() + '/x', 'utf8') }),
  victim: attempt(() => process.kill(e.victim, 9)),
});"#;

#[tokio::test]
async fn functions_cannot_reach_the_host() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::write(secret.path(), "secret").unwrap();
    let mut victim = std::process::Command::new("sleep").arg("3600").spawn().unwrap();
    let event = json!({"secret": secret.path(), "victim": victim.id()}).to_string();
    let fixture = Fixture::new("nodejs20.x", "index.handler", &[("index.js", ATTACK)]);
    assert_eq!(
        value(&invoke(&fixture.shelf(), &event).await),
        json!({"secret": "ENOENT", "shadow": "ENOENT", "code": "EROFS", "runtime": "EROFS", "tmp": "mine", "victim": "ESRCH"})
    );
    // A machine without user namespaces: Landlock and seccomp alone.
    let weaker = Jail::with_layers(Layers { landlock: true, seccomp: true, ..Layers::default() });
    let fixture = Fixture::new("nodejs20.x", "index.handler", &[("index.js", ATTACK)]).jail(weaker);
    let answer = value(&invoke(&fixture.shelf(), &event).await);
    assert_eq!(
        answer,
        json!({"secret": "EACCES", "shadow": "EACCES", "code": "EACCES", "runtime": "EACCES", "tmp": "mine", "victim": "EPERM"})
    );
    assert!(fixture.path().exists());
    victim.kill().unwrap();
    victim.wait().unwrap();
}
