//! Measures warm invocations inside the host: `cargo run --release -p lambda --example warm [rounds]`.
//!
//! For each way of talking to a function's process it prints how long an invocation takes at the door, how much processor
//! time of the host and of the function it takes, and how many run in a second when four callers ask all the time. The
//! handler answers its event. `WARM_RIC` names a folder with `node_modules/aws-lambda-ric`, which is measured as well.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cloud::caller::Caller;
use cloud::cx::Cx;
use cloud::identity::record::Role;
use cloud::{Cloud, Config, IamMode};
use serde_json::json;
use store::layer::table;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const ACCOUNT: &str = "000000000000";
const REGION: &str = "us-east-1";
const ROLE: &str = "arn:aws:iam::000000000000:role/bench";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// Callers that ask all the time, for the throughput.
const CALLERS: usize = 8;
/// What is thrown away before measuring.
const WARM_UP: usize = 500;

/// One function to measure.
struct Lane {
    name: &'static str,
    runtime: &'static str,
    files: Vec<(String, Vec<u8>)>,
    target: &'static str,
}

fn lanes() -> std::io::Result<Vec<Lane>> {
    let file = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
    let lane = |name, runtime, files, target| Lane { name, runtime, files, target };
    let start =
        |what: &str| file("bootstrap", &format!("#!/bin/sh\nexec /usr/bin/env node /var/task/{what}\n"));
    let node = file("index.js", "exports.handler = async (event) => event");
    let python = file("index.py", "def handler(event, context): return event");
    let client = file("lane-b.js", include_str!("lane-b.js"));
    let mut lanes = vec![
        lane("node", "nodejs20.x", vec![node.clone()], "p50 <= 12 us, cpu <= 14 us, >= 80000/s"),
        lane("python", "python3.11", vec![python], ""),
        lane("runtime-api", "provided.al2023", vec![start("lane-b.js"), client], "p50 <= 30 us"),
    ];
    if let Some(folder) = std::env::var_os("WARM_RIC") {
        let modules = PathBuf::from(folder).join("node_modules");
        let names = ["aws-lambda-ric/bin/index.mjs", "aws-lambda-ric/index.mjs"]; // Of version 3 and 4.
        let name = names.iter().find(|name| modules.join(name).is_file()).unwrap_or(&names[0]);
        let mut files = vec![start(&format!("node_modules/{name} index.handler")), node];
        collect(&modules, "node_modules", &mut files)?;
        lanes.push(lane("aws-lambda-ric", "provided.al2023", files, "p50 <= 110 us"));
    }
    Ok(lanes)
}

/// All files below a folder but the sources of what was built from them.
fn collect(folder: &Path, name: &str, files: &mut Vec<(String, Vec<u8>)>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        let path = entry.path();
        if path.is_dir() && !name.ends_with("/deps") {
            collect(&path, &name, files)?;
        } else if path.is_file() {
            files.push((name, std::fs::read(path)?));
        }
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rounds: usize = std::env::args().nth(1).map_or(Ok(20_000), |text| text.parse())?;
    let scratch = tempfile::tempdir()?;
    let config = Config {
        account: ACCOUNT.into(),
        region: REGION.into(),
        data: None,
        scratch: scratch.path().to_path_buf(),
        iam: IamMode::Enforce,
        loopback: true,
        sandbox: cloud::Sandbox::default(),
    };
    let cloud = Cloud::open(config, &[&lambda::LAMBDA]).await?;
    make_role(&cloud).await?;
    for lane in lanes()? {
        create(&cloud, &lane).await?;
        // As tasks, like the requests of the server: the main future of the runtime runs on a thread of its own.
        tokio::spawn(measure(cloud.clone(), lane.name, WARM_UP)).await??;
        let before = (cpu_of_host(), cpu_of_functions());
        let mut times = tokio::spawn(measure(cloud.clone(), lane.name, rounds)).await??;
        let each = |cpu: Duration| cpu.as_secs_f64() * 1e6 / rounds as f64;
        let (host, function) = (each(cpu_of_host() - before.0), each(cpu_of_functions() - before.1));
        print(&lane, &mut times, host, function);
        let started = Instant::now();
        let share = rounds / CALLERS;
        let callers = (0..CALLERS).map(|_| tokio::spawn(measure(cloud.clone(), lane.name, share)));
        for caller in callers.collect::<Vec<_>>() {
            caller.await??;
        }
        let rate = (share * CALLERS) as f64 / started.elapsed().as_secs_f64();
        row(&format!("{}: invocations with {CALLERS} callers", lane.name), &format!("{rate:.0} /s"), "");
    }
    cloud.stop().await;
    Ok(())
}

async fn measure(
    cloud: Arc<Cloud>,
    name: &'static str,
    rounds: usize,
) -> Result<Vec<Duration>, cloud::Failure> {
    let arn = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}");
    let mut times = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let started = Instant::now();
        invoke(&cloud, &arn).await?;
        times.push(started.elapsed());
    }
    Ok(times)
}

/// The processor time of this process.
fn cpu_of_host() -> Duration {
    cpu_of("self")
}

/// The processor time of all that it has started.
fn cpu_of_functions() -> Duration {
    let mut waiting = children("self");
    let mut sum = Duration::ZERO;
    while let Some(pid) = waiting.pop() {
        sum += cpu_of(&pid);
        waiting.extend(children(&pid));
    }
    sum
}

fn tasks(pid: &str) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten().map(|task| task.path())
}

fn cpu_of(pid: &str) -> Duration {
    let nanos = |task: PathBuf| -> Option<u64> {
        let text = std::fs::read_to_string(task.join("schedstat")).ok()?;
        text.split(' ').next()?.parse().ok()
    };
    Duration::from_nanos(tasks(pid).filter_map(nanos).sum())
}

fn children(pid: &str) -> Vec<String> {
    let listed = tasks(pid).filter_map(|task| std::fs::read_to_string(task.join("children")).ok());
    listed.flat_map(|text| text.split_whitespace().map(str::to_string).collect::<Vec<_>>()).collect()
}

async fn make_role(cloud: &Arc<Cloud>) -> Result<(), store::Error> {
    let role = Role {
        account: ACCOUNT.into(),
        name: "bench".into(),
        path: "/".into(),
        id: "AROABENCH".into(),
        created_at_millis: 0,
        trust: TRUST.into(),
        description: None,
        max_session_seconds: 3600,
        tags: Default::default(),
        boundary: None,
        inline: Default::default(),
        attached: Vec::new(),
    };
    let mut tx = store::begin(cloud.store()).await?;
    table::put(&mut tx, &role).await?;
    cloud.identities().note_change(&mut tx);
    tx.commit().await.map(|_committed| ())
}

async fn create(cloud: &Arc<Cloud>, lane: &Lane) -> Result<(), Box<dyn std::error::Error>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in &lane.files {
        zip.start_file(name.as_str(), SimpleFileOptions::default().unix_permissions(0o755))?;
        zip.write_all(bytes)?;
    }
    let zip = STANDARD.encode(zip.finish()?.into_inner());
    let input = json!({"FunctionName": lane.name, "Runtime": lane.runtime, "Role": ROLE, "Timeout": 30,
        "Handler": "index.handler", "Code": {"ZipFile": zip}});
    let root = Caller::root(ACCOUNT, REGION);
    Cx::outer(cloud, root.clone()).call_json(root, "lambda", "CreateFunction", &input).await?;
    Ok(())
}

async fn invoke(cloud: &Arc<Cloud>, arn: &str) -> Result<(), cloud::Failure> {
    let root = Caller::root(cloud.account().clone(), cloud.region().clone());
    let mut cx = Cx::outer(cloud, root.clone());
    let event = bytes::Bytes::from_static(b"{\"a\":1}");
    let invoked = cloud::client::lambda::invoke(&mut cx, root, arn, event).await?;
    assert!(invoked.function_error.is_none(), "{:?}", invoked.payload);
    Ok(())
}

fn print(lane: &Lane, times: &mut [Duration], host: f64, function: f64) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
    let name = lane.name;
    let value = format!("{:.1} / {:.1} / {:.1} us", at(0.0), at(0.5), at(0.99));
    row(&format!("{name}: warm invocation in-host (min / p50 / p99)"), &value, lane.target);
    let value = format!("{:.1} = {host:.1} + {function:.1} us", host + function);
    row(&format!("{name}: processor time (host + function)"), &value, "");
}

/// One line of the table, in the columns of `bench/run`.
fn row(name: &str, value: &str, target: &str) {
    println!("{name:<58}{value:>26}   {target}");
}
