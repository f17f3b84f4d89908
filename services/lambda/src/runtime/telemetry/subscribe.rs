//! What a subscription asks for, read and checked.

use serde::Deserialize;
use serde_json::Value;

use super::Category;

/// Which API, and which of its versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schema {
    /// The Telemetry API. Its versions differ in fields that were added.
    Telemetry,
    /// The Logs API. `platform.runtimeDone` came with its second version.
    Logs { with_done: bool },
}

/// Where events go: a port of the environment itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Destination {
    /// Arrays of events as bodies of requests.
    Http { port: u16, host: String, path: String, put: bool },
    /// A line for each event.
    Tcp { port: u16 },
}

/// How long events are gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Buffering {
    pub(crate) items: usize,
    pub(crate) bytes: usize,
    pub(crate) timeout_millis: u64,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) schema: Schema,
    pub(crate) types: Vec<Category>,
    pub(crate) buffering: Buffering,
    pub(crate) destination: Destination,
}

/// The API that a request came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    Telemetry,
    Logs,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    schema_version: Option<String>,
    #[serde(default)]
    types: Vec<String>,
    buffering: Option<BufferingBody>,
    destination: DestinationBody,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct BufferingBody {
    max_items: Option<u64>,
    max_bytes: Option<u64>,
    timeout_ms: Option<u64>,
}

#[derive(Deserialize)]
struct DestinationBody {
    protocol: String,
    #[serde(rename = "URI")]
    uri: Option<String>,
    port: Option<Value>,
    method: Option<String>,
    encoding: Option<String>,
}

/// Limits and defaults of buffering: "Lambda Telemetry API reference" and, for the older one, "Lambda Logs API".
const ITEMS: (u64, u64, u64) = (1_000, 1_000, 10_000);
const BYTES: (u64, u64, u64) = (262_144, 262_144, 1_048_576);
const TIMEOUT_MILLIS: (u64, u64, u64) = (25, 1_000, 30_000);
/// The Logs API took smaller buffers: "maxItems: Minimum: 1,000 … timeoutMs: Minimum: 100", default 10,000 items.
const LOGS_ITEMS: (u64, u64, u64) = (1_000, 10_000, 10_000);
const LOGS_TIMEOUT_MILLIS: (u64, u64, u64) = (25, 1_000, 30_000);

/// Names of the environment itself; other hosts are none of its business.
const HOSTS: [&str; 2] = ["sandbox.localdomain", "sandbox"];
/// The port of the Runtime API in AWS, which cannot be a destination.
const RUNTIME_PORT: u16 = 9001;

impl Subscription {
    /// Reads the body of a request; the error is the text of a `ValidationError`.
    pub(crate) fn parse(api: Api, body: &[u8]) -> Result<Subscription, String> {
        let body: Body = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let schema = match (api, body.schema_version.as_deref()) {
            (Api::Telemetry, Some("2022-07-01" | "2022-12-13" | "2025-01-29")) => Schema::Telemetry,
            (Api::Logs, None | Some("2020-08-15")) => Schema::Logs { with_done: false },
            (Api::Logs, Some("2021-03-18")) => Schema::Logs { with_done: true },
            (_, None) => return Err("schemaVersion: non-null value must be provided".to_string()),
            (_, Some(other)) => return Err(format!("schemaVersion: `{other}` is not a supported version")),
        };
        let mut types = Vec::new();
        for name in &body.types {
            let kind = match name.as_str() {
                "platform" => Category::Platform,
                "function" => Category::Function,
                "extension" => Category::Extension,
                other => return Err(format!("types: `{other}` is not a type of events")),
            };
            if !types.contains(&kind) {
                types.push(kind);
            }
        }
        if types.is_empty() {
            return Err("types: at least one type must be provided".to_string());
        }
        let buffering = buffering(api, &body.buffering.unwrap_or_default())?;
        Ok(Subscription { schema, types, buffering, destination: destination(body.destination)? })
    }
}

fn buffering(api: Api, body: &BufferingBody) -> Result<Buffering, String> {
    let (items, timeout) = match api {
        Api::Telemetry => (ITEMS, TIMEOUT_MILLIS),
        Api::Logs => (LOGS_ITEMS, LOGS_TIMEOUT_MILLIS),
    };
    let pick = |name: &str, given: Option<u64>, (least, default, most): (u64, u64, u64)| {
        let value = given.unwrap_or(default);
        if !(least..=most).contains(&value) {
            return Err(format!("buffering.{name}: must be between {least} and {most}"));
        }
        Ok(value)
    };
    let size = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    Ok(Buffering {
        items: size(pick("maxItems", body.max_items, items)?),
        bytes: size(pick("maxBytes", body.max_bytes, BYTES)?),
        timeout_millis: pick("timeoutMs", body.timeout_ms, timeout)?,
    })
}

fn destination(body: DestinationBody) -> Result<Destination, String> {
    let usable = |port: u16| {
        let text = "destination: this port cannot be used".to_string();
        if port == 0 || port == RUNTIME_PORT { Err(text) } else { Ok(port) }
    };
    match body.protocol.as_str() {
        "HTTP" => {
            if body.encoding.is_some_and(|encoding| encoding != "JSON") {
                return Err("destination.encoding: must be JSON".to_string());
            }
            let put = match body.method.as_deref() {
                None | Some("POST") => false,
                Some("PUT") => true,
                Some(_) => return Err("destination.method: must be POST or PUT".to_string()),
            };
            let wrong = || "destination.URI: must be like http://sandbox.localdomain:8080/path".to_string();
            let uri: http::Uri = body.uri.ok_or_else(wrong)?.parse().map_err(|_| wrong())?;
            let host = uri.host().unwrap_or_default().to_ascii_lowercase();
            if uri.scheme_str() != Some("http") || !HOSTS.contains(&host.as_str()) {
                return Err(wrong());
            }
            let port = usable(uri.port_u16().unwrap_or(80))?;
            let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_string();
            Ok(Destination::Http { port, host: format!("{host}:{port}"), path, put })
        }
        "TCP" => {
            let port = match body.port {
                Some(Value::Number(number)) => number.as_u64().and_then(|port| u16::try_from(port).ok()),
                Some(Value::String(text)) => text.parse().ok(),
                _ => None,
            };
            let port = port.ok_or_else(|| "destination.port: must be a port".to_string())?;
            Ok(Destination::Tcp { port: usable(port)? })
        }
        other => Err(format!("destination.protocol: `{other}` is not HTTP or TCP")),
    }
}
