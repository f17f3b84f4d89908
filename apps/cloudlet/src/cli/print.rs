//! `cloudlet print`.

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::Global;
use super::connect::Connection;
use super::output::Output;
use super::project;

/// Prints the resolved configuration.
#[derive(Args, Clone, Debug)]
pub(crate) struct Print {
    /// How to write it.
    #[arg(long, value_enum, default_value_t = Format::Yaml)]
    format: Format,
    /// Print only the value at this path: `provider.environment`.
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// Print only the names of the keys.
    #[arg(long, value_enum)]
    transform: Option<Transform>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Yaml,
    Json,
    /// A plain value without quotes, a list line by line.
    Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Transform {
    Keys,
}

impl Print {
    pub(crate) async fn run(&self, global: &Global, output: &Output) -> anyhow::Result<()> {
        let connection = Connection::from(global, &project::environment())?;
        let project = project::open(global, &connection).await?;
        let mut value = match &self.path {
            None => project.service.config.clone(),
            Some(path) => {
                let keys: Vec<&str> = path.split('.').collect();
                project.service.get(&keys).cloned().with_context(|| format!("Path \"{path}\" not found"))?
            }
        };
        if self.transform == Some(Transform::Keys) {
            let Value::Object(map) = value else { bail!("only an object has keys, and this is none") };
            value = json!(map.keys().collect::<Vec<_>>());
        }
        let format = if global.json { Format::Json } else { self.format };
        output.text(&write(format, &value)?);
        Ok(())
    }
}

fn write(format: Format, value: &Value) -> anyhow::Result<String> {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Ok(match (format, value) {
        (Format::Json, value) => format!("{value:#}"),
        (Format::Yaml, value) => ::deploy::yaml::write(value).trim_end().to_owned(),
        (Format::Text, Value::Array(items)) => items.iter().map(plain).collect::<Vec<_>>().join("\n"),
        (Format::Text, Value::Object(_)) => bail!("Cannot print an object as \"text\""),
        (Format::Text, value) => plain(value),
    })
}
