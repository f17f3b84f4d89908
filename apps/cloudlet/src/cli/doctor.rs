//! `cloudlet doctor`.

use std::process::Command;

use ::deploy::api::Endpoint;
use jail::host::{Jail, Mode};
use owo_colors::OwoColorize;
use serde_json::json;

use super::Global;
use super::connect::{Connection, region};
use super::output::Output;
use super::project;
use crate::server;

/// The result of one check.
struct Finding {
    name: &'static str,
    /// Whether things work as they should.
    good: bool,
    text: String,
}

pub(crate) async fn run(global: &Global, output: &Output) -> anyhow::Result<()> {
    let mut findings = vec![
        Finding { name: "cloudlet", good: true, text: env!("CARGO_PKG_VERSION").to_owned() },
        program("node", "--version", "functions in JavaScript and serverless.js/.ts need it"),
        program("npm", "--version", "only for installing packages"),
        program("python3", "--version", "functions in Python need it"),
        endpoint(global).await,
        data(),
    ];
    findings.extend(sandbox());
    if output.is_json() {
        let value =
            |finding: &Finding| json!({"check": finding.name, "good": finding.good, "text": finding.text});
        output.result(&json!(findings.iter().map(value).collect::<Vec<_>>()));
        return Ok(());
    }
    let width = findings.iter().map(|finding| finding.name.len()).max().unwrap_or_default();
    for finding in &findings {
        let mark = if finding.good { "✔".green().to_string() } else { "✘".yellow().to_string() };
        output.text(&format!("{mark} {:width$}  {}", finding.name, finding.text));
    }
    Ok(())
}

fn program(name: &'static str, argument: &str, why: &str) -> Finding {
    match Command::new(name).arg(argument).output() {
        Ok(result) if result.status.success() => {
            let text = String::from_utf8_lossy(&result.stdout).trim().to_owned();
            Finding { name, good: true, text }
        }
        Ok(result) => {
            Finding { name, good: false, text: format!("`{name} {argument}` ended with {}", result.status) }
        }
        Err(_) => Finding { name, good: false, text: format!("not on the PATH: {why}") },
    }
}

async fn endpoint(global: &Global) -> Finding {
    let name = "cloud";
    let environment = project::environment();
    let connection = match Connection::from(global, &environment) {
        Ok(connection) => connection,
        Err(error) => return Finding { name, good: false, text: format!("{error:#}") },
    };
    let address = match &connection.endpoint {
        Endpoint::Url(url) => url.clone(),
        Endpoint::Aws => "AWS".to_owned(),
    };
    match connection.api(&region(global, &environment)).account_id().await {
        Ok(account) => Finding { name, good: true, text: format!("{address} answers for account {account}") },
        Err(error) if error.code == "Unreachable" => {
            Finding { name, good: true, text: format!("none runs at {address}; `cloudlet up` starts one") }
        }
        Err(error) => Finding {
            name,
            good: false,
            text: format!("{address} answers {}: {}", error.code, error.message),
        },
    }
}

fn data() -> Finding {
    let name = "data folder";
    match server::default_data() {
        Ok(folder) => {
            let state = if folder.is_dir() { "" } else { " (made when a cloud starts)" };
            Finding { name, good: true, text: format!("{}{state}", folder.display()) }
        }
        Err(error) => Finding { name, good: false, text: format!("{error:#}") },
    }
}

/// Each layer of the functions' sandbox, as `cloudlet up` would find it.
fn sandbox() -> Vec<Finding> {
    let name = "sandbox";
    let jail = match Jail::probe(Mode::Degrade) {
        Ok(jail) => jail,
        Err(error) => return vec![Finding { name, good: false, text: error.to_string() }],
    };
    let present = jail.present().into_iter().map(|(layer, what)| (true, format!("{layer}: {what}")));
    let missing = jail.missing().iter().map(|missing| {
        let text = missing.to_string();
        (false, text.strip_prefix("sandbox: ").unwrap_or(&text).to_owned())
    });
    present.chain(missing).map(|(good, text)| Finding { name, good, text }).collect()
}
