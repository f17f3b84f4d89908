//! `cloudlet info`, and what `deploy` shows in the end.

use ::deploy::model::Packages;
use ::deploy::steps::Session;
use ::deploy::steps::info::{Address, Info, info};
use clap::Args;
use owo_colors::OwoColorize;
use serde_json::{Map, Value, json};

use super::Global;
use super::connect::Connection;
use super::output::{Output, size};
use super::project;

/// Shows a deployed service.
#[derive(Args, Clone, Debug)]
pub(crate) struct Show {
    /// Leave the values of API keys out.
    #[arg(long)]
    conceal: bool,
}

pub(crate) async fn run(arguments: &Show, global: &Global, output: &Output) -> anyhow::Result<()> {
    let connection = Connection::from(global, &project::environment())?;
    let project = project::open(global, &connection).await?;
    let api = connection.api(&project.service.region);
    let mut found = info(Session { api: &api, service: &project.service, report: output }).await?;
    if arguments.conceal {
        found.api_keys.iter_mut().for_each(|key| key.value.clear());
    }
    show(output, &found, None, &json(&found), true);
    Ok(())
}

/// A deployed service as JSON.
pub(crate) fn json(info: &Info) -> Value {
    let map = |pairs: Vec<(String, Value)>| Value::Object(pairs.into_iter().collect::<Map<_, _>>());
    let endpoint = |address: &Address| json!({"method": address.method, "url": address.url});
    let function = |function: &::deploy::steps::info::Function| {
        let mut value = json!({"name": function.name});
        if let Some(url) = &function.url {
            value["url"] = json!(url);
        }
        (function.key.clone(), value)
    };
    json!({
        "service": info.service,
        "stage": info.stage,
        "region": info.region,
        "stack": info.stack,
        "apiKeys": info.api_keys.iter().map(|key| json!({"name": key.name, "value": key.value})).collect::<Vec<_>>(),
        "endpoints": info.addresses.iter().map(endpoint).collect::<Vec<_>>(),
        "functions": map(info.functions.iter().map(function).collect()),
        "layers": map(info.layers.iter().map(|(key, arn)| (key.clone(), json!(arn))).collect()),
        "outputs": map(info.outputs.iter().map(|(key, value)| (key.clone(), json!(value))).collect()),
    })
}

/// Shows a deployed service.
pub(crate) fn show(output: &Output, info: &Info, packages: Option<&Packages>, value: &Value, head: bool) {
    if output.is_json() {
        return output.result(value);
    }
    let label = |text: &str| text.dimmed().to_string();
    if head {
        let lines = [
            ("service", &info.service),
            ("stage", &info.stage),
            ("region", &info.region),
            ("stack", &info.stack),
        ];
        for (name, value) in lines {
            output.text(&format!("{} {value}", label(&format!("{name}:"))));
        }
    }
    let keys = info.api_keys.iter().map(|key| match key.value.as_str() {
        "" => key.name.clone(),
        value => format!("{}: {value}", key.name),
    });
    section(output, "api keys", &keys.collect::<Vec<_>>());
    let mut endpoints: Vec<String> = info.addresses.iter().map(endpoint_line).collect();
    let urls = info
        .functions
        .iter()
        .filter_map(|function| Some(format!("{}: {}", function.key, function.url.as_ref()?)));
    endpoints.extend(urls);
    section(output, "endpoint", &endpoints);
    let functions = info.functions.iter().map(|function| {
        let package = packages.and_then(|packages| packages.functions.get(&function.key));
        let size = package.map(|package| label(&format!(" ({})", size(package.size_bytes))));
        format!("{}: {}{}", function.key, function.name, size.unwrap_or_default())
    });
    section(output, "functions", &functions.collect::<Vec<_>>());
    section(
        output,
        "layers",
        &info.layers.iter().map(|(key, arn)| format!("{key}: {arn}")).collect::<Vec<_>>(),
    );
    if output.is_verbose() {
        let outputs: Vec<String> =
            info.outputs.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        section(output, "\nStack Outputs", &outputs);
    }
}

fn endpoint_line(address: &Address) -> String {
    match address.method.as_str() {
        "" => address.url.clone(),
        method => format!("{method} - {}", address.url),
    }
}

fn section(output: &Output, name: &str, lines: &[String]) {
    match lines {
        [] => {}
        [one] if name == "endpoint" => output.text(&format!("{} {one}", "endpoint:".dimmed())),
        _ => {
            let name = if name == "endpoint" { "endpoints" } else { name };
            output.text(&format!("{}\n  {}", format!("{name}:").dimmed(), lines.join("\n  ")));
        }
    }
}
