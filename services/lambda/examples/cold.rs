//! Measures cold starts: `cargo run --release -p lambda --example cold -- NAME=RUNTIME:FOLDER ...` (`bench/cold` makes the
//! folders).
//!
//! Each folder is a function's code; its handler is `index.handler`, which answers the event `{"figures": true}` with
//! `{"cpu": ms, "private": KB}`, the CPU time of its own loading and the private memory of its process, and any other at
//! once. A function is started anew for each round, with a
//! process of its own and then with one that was booted ahead. The time is that of the caller at the door, from Invoke to
//! the answer. Without folders only the sandbox itself is measured: `CLOUDLET_BENCH_GB` is how large the host is then.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cloud::caller::Caller;
use cloud::cx::Cx;
use cloud::identity::record::Role;
use cloud::{Cloud, Config, IamMode};
use jail::cgroup::GroupLimits;
use jail::host::{Jail, Mode, system_binds};
use jail::spec::{Files, Layers, Limits, Network, Spec};
use serde_json::{Value, json};
use store::layer::table;

const ACCOUNT: &str = "000000000000";
const REGION: &str = "us-east-1";
const ROLE: &str = "arn:aws:iam::000000000000:role/bench";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
/// How long the pool has to fill up between two starts.
const PAUSE: Duration = Duration::from_millis(500);

/// How long after its first start a function has its image.
const IMAGE_PAUSE: Duration = Duration::from_secs(10);

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Result<()> {
    let rounds: usize = std::env::var("BENCH_ROUNDS").map_or(Ok(8), |text| text.parse())?;
    let cases: Vec<String> = std::env::args().skip(1).collect();
    if cases.is_empty() {
        return sandbox();
    }
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
    for case in cases {
        let (name, rest) = case.split_once('=').ok_or("NAME=RUNTIME:FOLDER")?;
        let (runtime, folder) = rest.split_once(':').ok_or("NAME=RUNTIME:FOLDER")?;
        create(&cloud, name, runtime, Path::new(folder)).await?;
        // The code may need an SDK, which is installed now.
        invoke(&cloud, name, b"{}").await?;
        // The function image is made some seconds later, if the function is still the same.
        tokio::time::sleep(IMAGE_PAUSE).await;
        let variable = if runtime.starts_with("node") { "UV_THREADPOOL_SIZE" } else { "PYTHONNOUSERSITE" };
        for (kind, own_start) in [("spawn", true), ("ahead", false)] {
            let mut times = Vec::new();
            for round in 0..=rounds {
                let mut variables = json!({"ROUND": format!("{kind}{round}")});
                if own_start {
                    variables[variable] = "4".into();
                }
                let input = json!({"FunctionName": name, "Environment": {"Variables": variables}});
                call(&cloud, "UpdateFunctionConfiguration", &input).await?;
                tokio::time::sleep(PAUSE).await;
                let (cloud, name) = (Arc::clone(&cloud), name.to_string());
                // As a task, like the requests of the server.
                let started = tokio::spawn(async move {
                    let started = Instant::now();
                    invoke(&cloud, &name, b"{}").await?;
                    let took = started.elapsed().as_secs_f64() * 1e3;
                    // Looking at its own memory takes a process a millisecond.
                    invoke(&cloud, &name, br#"{"figures": true}"#).await.map(|figures| (took, figures))
                });
                let (time, answer) = started.await??;
                if round > 0 {
                    times.push((time, answer));
                }
            }
            print(name, kind, &times);
        }
    }
    cloud.stop().await;
    Ok(())
}

fn print(name: &str, kind: &str, times: &[(f64, Value)]) {
    let mut walls: Vec<f64> = times.iter().map(|(time, _)| *time).collect();
    walls.sort_by(f64::total_cmp);
    let mut cpu: Vec<f64> = times.iter().filter_map(|(_, answer)| answer["cpu"].as_f64()).collect();
    cpu.sort_by(f64::total_cmp);
    let private = times.last().and_then(|(_, answer)| answer["private"].as_f64()).unwrap_or(0.0);
    let middle = |sorted: &[f64]| sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
    println!(
        "{name} {kind}: min {:.1} ms, median {:.1} ms, own cpu min {:.1} ms, median {:.1} ms, private {:.1} MB",
        walls[0],
        middle(&walls),
        cpu.first().copied().unwrap_or(0.0),
        middle(&cpu),
        private / 1024.0
    );
}

/// What a sandbox costs over a bare process, and what the size of the host adds.
fn sandbox() -> Result<()> {
    let gigabytes: usize = std::env::var("CLOUDLET_BENCH_GB").map_or(Ok(0), |text| text.parse())?;
    let mut ballast = vec![0_u8; gigabytes << 30];
    for page in ballast.iter_mut().step_by(4096) {
        *page = 1;
    }
    let jail = Jail::probe(Mode::Degrade)?;
    let spec = || Spec {
        program: Some("/bin/true".into()),
        args: Vec::new(),
        env: Vec::new(),
        cwd: "/".into(),
        layers: Layers::default(),
        files: Files { binds: system_binds(), tmp_bytes: 1 << 20, ..Files::default() },
        network: Network::default(),
        limits: Limits::default(),
        hostname: "bench".into(),
        companions: Default::default(),
    };
    let group = GroupLimits { memory_bytes: 128 << 20, processes: 1024, share_megabytes: 128 };
    let (mut bare, mut spawned, mut boxed) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..60 {
        let started = Instant::now();
        std::process::Command::new("/bin/true").status()?;
        bare.push(started.elapsed());
        let started = Instant::now();
        let mut child = jail.spawn(spec(), &[], &group)?;
        spawned.push(started.elapsed());
        child.wait()?.map_err(std::io::Error::other)?;
        boxed.push(started.elapsed());
    }
    let show = |name: &str, times: &mut Vec<Duration>| {
        times.sort();
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        println!("{name}: min {:.2} ms, median {:.2} ms", ms(times[0]), ms(times[times.len() / 2]));
    };
    println!("host with {gigabytes} GB of its own ({} pages touched)", ballast.len() / 4096);
    show("a bare process, start to end", &mut bare);
    show("a sandbox, until spawn returns", &mut spawned);
    show("a sandbox, start to end", &mut boxed);
    Ok(())
}

async fn make_role(cloud: &Arc<Cloud>) -> Result<()> {
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
    tx.commit().await?;
    Ok(())
}

async fn call(cloud: &Arc<Cloud>, operation: &str, input: &Value) -> Result<Value> {
    let root = Caller::root(ACCOUNT, REGION);
    Ok(Cx::outer(cloud, root.clone()).call_json(root, "lambda", operation, input).await?)
}

async fn create(cloud: &Arc<Cloud>, name: &str, runtime: &str, folder: &Path) -> Result<()> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut folders = vec![PathBuf::new()];
    while let Some(inside) = folders.pop() {
        for entry in std::fs::read_dir(folder.join(&inside))? {
            let entry = entry?;
            let path = inside.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(path);
            } else {
                zip.start_file(path.to_string_lossy(), zip::write::SimpleFileOptions::default())?;
                zip.write_all(&std::fs::read(entry.path())?)?;
            }
        }
    }
    let zip = STANDARD.encode(zip.finish()?.into_inner());
    let input = json!({"FunctionName": name, "Runtime": runtime, "Role": ROLE, "Handler": "index.handler",
        "Code": {"ZipFile": zip}, "MemorySize": 512, "Timeout": 60});
    call(cloud, "CreateFunction", &input).await?;
    Ok(())
}

async fn invoke(cloud: &Arc<Cloud>, name: &str, event: &'static [u8]) -> Result<Value> {
    let root = Caller::root(ACCOUNT, REGION);
    let mut cx = Cx::outer(cloud, root.clone());
    let invoked =
        cloud::client::lambda::invoke(&mut cx, root, name, bytes::Bytes::from_static(event)).await?;
    match invoked.function_error {
        None => Ok(serde_json::from_slice(&invoked.payload)?),
        Some(error) => Err(format!("{name}: {error}: {}", String::from_utf8_lossy(&invoked.payload)).into()),
    }
}
