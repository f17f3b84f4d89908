//! Function URLs: their rows and how they look on the wire.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::function;
use crate::keys::{Cors, Url, UrlRow};
use crate::names::FunctionRef;
use crate::shapes::{AuthType, CorsShape, FunctionUrl, InvokeMode};
use crate::time;

/// Ids are 32 lower-case letters and digits, as AWS's.
const ID_LENGTH: usize = 32;
const ID_ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz234567";

/// A new id.
pub(crate) fn new_id(cx: &Cx) -> String {
    cx.chance().text(ID_ALPHABET, ID_LENGTH)
}

fn key(function: &FunctionRef) -> String {
    function.qualifier.clone().unwrap_or_default()
}

/// The URL of a function or alias.
pub(crate) async fn open(cx: &mut Cx, function: &FunctionRef) -> Result<Url, Error> {
    let row = function::open(cx.tx(), function).await?;
    row.urls.get(&key(function)).cloned().ok_or_else(Error::no_resource)
}

/// Writes a new URL.
pub(crate) async fn insert(cx: &mut Cx, function: &FunctionRef, url: &Url) -> Result<(), Error> {
    let mut row = function::find(cx.tx(), function).await?.row;
    if row.urls.contains_key(&key(function)) {
        // Recorded: LocalStack tests/aws/services/lambda_, test_url_config_exceptions.
        return Err(Error::Conflict(format!(
            "Failed to create function url config for [functionArn = {}]. Error message:  FunctionUrlConfig exists for this Lambda function",
            function.qualified_arn()
        )));
    }
    row.urls.insert(key(function), url.clone());
    let address = UrlRow {
        id: url.id.clone(),
        account: function.account.clone(),
        region: function.region.clone(),
        name: function.name.clone(),
        qualifier: key(function),
    };
    table::put(cx.tx(), &address).await?;
    table::put(cx.tx(), &row).await?;
    Ok(())
}

/// Writes a changed URL.
pub(crate) async fn save(cx: &mut Cx, function: &FunctionRef, url: &Url) -> Result<(), Error> {
    let mut row = function::open(cx.tx(), function).await?;
    row.urls.insert(key(function), url.clone());
    table::put(cx.tx(), &row).await?;
    Ok(())
}

/// Removes a URL.
pub(crate) async fn remove(cx: &mut Cx, function: &FunctionRef) -> Result<(), Error> {
    let mut row = function::open(cx.tx(), function).await?;
    if let Some(url) = row.urls.remove(&key(function)) {
        table::delete::<UrlRow>(cx.tx(), &url.id).await?;
    }
    table::put(cx.tx(), &row).await?;
    Ok(())
}

/// Cross-origin rules from the wire.
pub(crate) fn cors(shape: CorsShape) -> Cors {
    Cors {
        credentials: shape.allow_credentials.unwrap_or(false),
        headers: shape.allow_headers.unwrap_or_default(),
        methods: shape.allow_methods.unwrap_or_default(),
        origins: shape.allow_origins.unwrap_or_default(),
        expose: shape.expose_headers.unwrap_or_default(),
        max_age_seconds: shape.max_age,
    }
}

fn cors_view(cors: &Cors) -> CorsShape {
    let list = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
    CorsShape {
        allow_credentials: Some(cors.credentials),
        allow_headers: list(&cors.headers),
        allow_methods: list(&cors.methods),
        allow_origins: list(&cors.origins),
        expose_headers: list(&cors.expose),
        max_age: cors.max_age_seconds,
    }
}

/// The address as it can be called: `http://<id>.lambda-url.<region>.localhost:<port>/`.
fn address(cx: &Cx, function: &FunctionRef, url: &Url) -> String {
    let endpoint = cx.cloud().endpoint();
    let (scheme, rest) = endpoint.split_once("://").unwrap_or(("http", endpoint));
    let host = rest.rsplit_once(':').map_or(rest, |(host, _)| host);
    let port = rest.rsplit_once(':').map_or("", |(_, port)| port);
    // Names below localhost lead to this machine (RFC 6761); an own domain needs a wildcard record.
    let own =
        if host.parse::<std::net::IpAddr>().is_ok() || host.starts_with('[') { "localhost" } else { host };
    let port = if port.is_empty() { String::new() } else { format!(":{port}") };
    format!("{scheme}://{}.lambda-url.{}.{own}{port}/", url.id, function.region)
}

/// A URL on the wire; the answer to its creation has no time of change.
pub(crate) fn view(cx: &Cx, function: &FunctionRef, url: &Url, with_modified: bool) -> FunctionUrl {
    FunctionUrl {
        function_url: address(cx, function, url),
        function_arn: function.qualified_arn().to_string(),
        auth_type: if url.iam { AuthType::Iam } else { AuthType::None },
        cors: url.cors.as_ref().map(cors_view),
        creation_time: time::iso_millis(url.created_at_millis),
        last_modified_time: with_modified.then(|| time::iso_millis(url.modified_at_millis)),
        invoke_mode: if url.streams { InvokeMode::ResponseStream } else { InvokeMode::Buffered },
    }
}

/// The function behind a URL, and the URL.
pub(crate) async fn find(cx: &Cx, id: &str) -> Result<(FunctionRef, Url), Error> {
    let tx = cx.snapshot().await?;
    let row: UrlRow = table::get(&tx, id).await?.ok_or_else(Error::no_resource)?;
    let qualifier = (!row.qualifier.is_empty()).then(|| row.qualifier.clone());
    let function = FunctionRef { account: row.account, region: row.region, name: row.name, qualifier };
    let found = function::open(&tx, &function).await?;
    let url = found.urls.get(&row.qualifier).cloned().ok_or_else(Error::no_resource)?;
    Ok((function, url))
}
