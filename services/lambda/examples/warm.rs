//! Measures warm invocations inside the host: `cargo run --release -p lambda --example warm [rounds]`.
//!
//! Prints microseconds at the door (`Invoke` through `cx.call`) for a trivial Node.js and Python function, and what the
//! same handler costs inside a bare Node.js process, so that the difference is what the cloud adds.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cloud::caller::Caller;
use cloud::cx::Cx;
use cloud::identity::record::Role;
use cloud::{Cloud, Config, IamMode};
use serde_json::json;
use store::layer::table;

const ACCOUNT: &str = "000000000000";
const REGION: &str = "us-east-1";
const ROLE: &str = "arn:aws:iam::000000000000:role/bench";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

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
    };
    let cloud = Cloud::open(config, &[&lambda::LAMBDA]).await?;
    make_role(&cloud).await?;
    let node = "exports.handler = async (event) => event";
    let python = "def handler(event, context): return event";
    for (name, runtime, file, code) in
        [("node", "nodejs20.x", "index.js", node), ("python", "python3.11", "index.py", python)]
    {
        create(&cloud, name, runtime, file, code).await?;
        // As a task, like the requests of the server: the main future of the runtime runs on a thread of its own.
        let loops = tokio::spawn(measure(cloud.clone(), name, rounds));
        print(name, &mut loops.await??);
    }
    println!(
        "floor: the same handler in a bare node, one await: about 1 µs (docs: function runtime figures)"
    );
    cloud.stop().await;
    Ok(())
}

async fn measure(
    cloud: std::sync::Arc<Cloud>,
    name: &'static str,
    rounds: usize,
) -> Result<Vec<Duration>, cloud::Failure> {
    const WARM_UP: usize = 500;
    let mut times = Vec::with_capacity(rounds);
    for round in 0..rounds + WARM_UP {
        let started = Instant::now();
        invoke(&cloud, name).await?;
        if round >= WARM_UP {
            times.push(started.elapsed());
        }
    }
    Ok(times)
}

async fn make_role(cloud: &std::sync::Arc<Cloud>) -> Result<(), store::Error> {
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

async fn create(
    cloud: &std::sync::Arc<Cloud>,
    name: &str,
    runtime: &str,
    file: &str,
    code: &str,
) -> Result<(), Box<dyn std::error::Error>> {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file(file, zip::write::SimpleFileOptions::default())?;
    zip.write_all(code.as_bytes())?;
    let zip = STANDARD.encode(zip.finish()?.into_inner());
    let input = json!({"FunctionName": name, "Runtime": runtime, "Role": ROLE, "Handler": "index.handler",
        "Code": {"ZipFile": zip}});
    let root = Caller::root(ACCOUNT, REGION);
    Cx::outer(cloud, root.clone()).call_json(root, "lambda", "CreateFunction", &input).await?;
    Ok(())
}

async fn invoke(cloud: &std::sync::Arc<Cloud>, name: &str) -> Result<(), cloud::Failure> {
    let root = Caller::root(ACCOUNT, REGION);
    let mut cx = Cx::outer(cloud, root.clone());
    let invoked =
        cloud::client::lambda::invoke(&mut cx, root, name, bytes::Bytes::from_static(b"{\"a\":1}")).await?;
    assert!(invoked.function_error.is_none(), "{:?}", invoked.payload);
    Ok(())
}

fn print(name: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
    let sum: Duration = times.iter().sum();
    let rate = times.len() as f64 / sum.as_secs_f64();
    println!(
        "{name}: p50 {:.1} µs, p90 {:.1} µs, p99 {:.1} µs, min {:.1} µs, {rate:.0}/s",
        at(0.5),
        at(0.9),
        at(0.99),
        at(0.0)
    );
}
