//! One `http` event, read and checked.

use serde_json::{Map, Value, json};

use super::super::super::cfn::{get, list, take, text};
use super::super::super::config::{Config, Function};

/// How a method reaches its function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Integration {
    Aws,
    AwsProxy,
    Http,
    HttpProxy,
    Mock,
}

impl Integration {
    /// AWS's word for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::AwsProxy => "AWS_PROXY",
            Self::Http => "HTTP",
            Self::HttpProxy => "HTTP_PROXY",
            Self::Mock => "MOCK",
        }
    }

    /// Whether requests and answers are mapped by templates.
    pub(super) fn is_mapped(self) -> bool {
        matches!(self, Self::Aws | Self::Http | Self::Mock)
    }
}

/// One event.
pub(super) struct Http<'c> {
    pub(super) function: &'c Function,
    /// The event as it is written, or an empty object for the short form.
    pub(super) settings: Value,
    /// The method in upper case.
    pub(super) method: String,
    /// The path without slashes at its ends.
    pub(super) path: String,
    pub(super) authorizer: Option<Authorizer>,
    pub(super) cors: Option<Cors>,
    pub(super) integration: Integration,
    /// `method.request.querystring.page` and so on, with what is written for each.
    pub(super) parameters: Map<String, Value>,
    /// The answers by status code, for mapped integrations.
    pub(super) status_codes: Option<Map<String, Value>>,
}

/// Who may call a method.
pub(super) struct Authorizer {
    pub(super) kind: Option<String>,
    pub(super) name: String,
    pub(super) arn: Option<Value>,
    pub(super) authorizer_id: Option<Value>,
    pub(super) managed_externally: bool,
    /// The alias of the authorizing function, if it has one.
    pub(super) alias: Option<String>,
    pub(super) result_ttl: Option<i64>,
    pub(super) identity_source: Option<String>,
    pub(super) identity_validation: Option<String>,
    pub(super) claims: Vec<Value>,
    pub(super) scopes: Vec<Value>,
}

impl Authorizer {
    /// Whether the type is this one, in any case.
    pub(super) fn is(&self, kind: &str) -> bool {
        self.kind.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(kind))
    }

    /// Whether a Cognito user pool decides.
    pub(super) fn is_user_pool(&self) -> bool {
        self.is("COGNITO_USER_POOLS")
            || self.arn.as_ref().and_then(Value::as_str).is_some_and(is_user_pool_arn)
    }
}

fn is_user_pool_arn(arn: &str) -> bool {
    let mut parts = arn.split(':').skip(2);
    arn.starts_with("arn:") && parts.next().is_some_and(|service| service.starts_with("cognito-idp"))
}

/// What browsers of other origins may do.
#[derive(Clone)]
pub(super) struct Cors {
    pub(super) origin: Option<String>,
    pub(super) origins: Vec<String>,
    pub(super) methods: Vec<String>,
    pub(super) headers: Vec<String>,
    pub(super) allow_credentials: bool,
    pub(super) max_age: Option<Value>,
    pub(super) cache_control: Option<String>,
}

const METHODS: &[&str] = &["ANY", "GET", "POST", "PUT", "PATCH", "OPTIONS", "HEAD", "DELETE"];
const CORS_HEADERS: &[&str] = &[
    "Content-Type",
    "X-Amz-Date",
    "Authorization",
    "X-Api-Key",
    "X-Amz-Security-Token",
    "X-Amz-User-Agent",
    "X-Amzn-Trace-Id",
];
/// How long the answer of an authorizer is kept unless it says otherwise.
const RESULT_TTL_SECONDS_DEFAULT: i64 = 300;

type Refusal = (&'static str, String);

impl<'c> Http<'c> {
    /// Reads an event: `GET /path`, or an object.
    pub(super) fn read(config: &Config, function: &'c Function, event: &Value) -> Result<Self, Refusal> {
        let (method, path, settings) = match event.as_str() {
            Some(line) => {
                let wrong = || ("", format!("`{line}` is no method with a path"));
                let (method, path) = line.split_once(' ').ok_or_else(wrong)?;
                (method, path.trim(), json!({}))
            }
            None => (
                text(event, "method").ok_or(("method", "an http event needs a `method`".to_owned()))?,
                text(event, "path").ok_or(("path", "an http event needs a `path`".to_owned()))?,
                event.clone(),
            ),
        };
        let method = if method == "*" { "ANY".to_owned() } else { method.to_uppercase() };
        if !METHODS.contains(&method.as_str()) {
            return Err(("method", format!("`{method}` is no HTTP method")));
        }
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path).to_owned();
        let integration = integration(&settings)?;
        let authorizer = take(&settings, "authorizer").map(|setting| authorizer(config, setting)).transpose();
        let authorizer = authorizer.map_err(|message| ("authorizer", message))?;
        if let Some(authorizer) = &authorizer
            && integration == Integration::AwsProxy
            && authorizer.arn.as_ref().and_then(Value::as_str).is_some_and(is_user_pool_arn)
            && !authorizer.claims.is_empty()
        {
            return Err(("authorizer", "claims can be chosen with the lambda integration alone".to_owned()));
        }
        let cors = take(&settings, "cors").map(|setting| cors(setting, &method));
        if matches!(integration, Integration::Http | Integration::HttpProxy)
            && super::super::super::cfn::deep(&settings, &["request", "uri"]).is_none()
        {
            return Err(("request", format!("the integration {} needs `request.uri`", integration.name())));
        }
        transfer_mode(&settings, integration)?;
        let parameters = parameters(&settings);
        let status_codes = integration.is_mapped().then(|| status_codes(&settings, integration)).flatten();
        Ok(Self { function, settings, method, path, authorizer, cors, integration, parameters, status_codes })
    }

    /// A member of `request`.
    pub(super) fn request(&self, key: &str) -> Option<&Value> {
        self.settings.get("request").and_then(|request| take(request, key))
    }

    /// A member of `response`.
    pub(super) fn response(&self, key: &str) -> Option<&Value> {
        self.settings.get("response").and_then(|response| take(response, key))
    }
}

fn integration(settings: &Value) -> Result<Integration, Refusal> {
    let Some(name) = text(settings, "integration") else {
        let asynchronous = take(settings, "async").is_some();
        return Ok(if asynchronous { Integration::Aws } else { Integration::AwsProxy });
    };
    match name.to_uppercase().replacen('-', "_", 1).as_str() {
        "LAMBDA" | "AWS" => Ok(Integration::Aws),
        "LAMBDA_PROXY" | "AWS_PROXY" => Ok(Integration::AwsProxy),
        "HTTP" => Ok(Integration::Http),
        "HTTP_PROXY" => Ok(Integration::HttpProxy),
        "MOCK" => Ok(Integration::Mock),
        _ => Err(("integration", format!("`{name}` is no integration"))),
    }
}

/// Checks how the answer is passed on: `BUFFERED` or `STREAM`, in any case, by a proxy.
fn transfer_mode(settings: &Value, integration: Integration) -> Result<(), Refusal> {
    let Some(mode) = settings.get("response").and_then(|response| take(response, "transferMode")) else {
        return Ok(());
    };
    let known = |mode: &&str| ["BUFFERED", "STREAM"].iter().any(|known| mode.eq_ignore_ascii_case(known));
    if mode.as_str().filter(known).is_none() {
        return Err(("response", format!("`transferMode` is {mode}; it can be BUFFERED or STREAM")));
    }
    match integration {
        Integration::AwsProxy | Integration::HttpProxy => Ok(()),
        other => {
            Err(("response", format!("`transferMode` needs a proxy; the integration is {}", other.name())))
        }
    }
}

fn authorizer(config: &Config, setting: &Value) -> Result<Authorizer, String> {
    let last = |arn: &str| {
        let function = arn.rsplit(':').next().unwrap_or_default();
        function.rsplit('-').next().unwrap_or_default().to_owned()
    };
    let own_kind = text(setting, "type").map(str::to_owned);
    let is_iam = |kind: Option<&str>| kind.is_some_and(|kind| kind.eq_ignore_ascii_case("AWS_IAM"));
    let (mut kind, mut name, mut arn, mut authorizer_id) = (own_kind, String::new(), None, None);
    let mut function = None;
    match setting.as_str() {
        Some(iam) if is_iam(Some(iam)) => kind = Some("AWS_IAM".to_owned()),
        Some(text) if text.contains(':') => (name, arn) = (last(text), Some(setting.clone())),
        Some(text) => function = Some(text.to_owned()),
        None if kind.is_some() && take(setting, "authorizerId").is_some() => {
            authorizer_id = take(setting, "authorizerId").cloned();
        }
        None if is_iam(kind.as_deref()) => kind = Some("AWS_IAM".to_owned()),
        None => match (take(setting, "arn"), text(setting, "name")) {
            (Some(own), Some(named)) => (name, arn) = (named.to_owned(), Some(own.clone())),
            (Some(own), None) => {
                let text =
                    own.as_str().ok_or("an authorizer that an intrinsic function names needs a `name`")?;
                (name, arn) = (last(text), Some(own.clone()));
            }
            (None, Some(named)) => function = Some(named.to_owned()),
            (None, None) => return Err("the authorizer needs a `name` or an `arn`".to_owned()),
        },
    }
    let mut alias = None;
    if let Some(key) = function {
        let function = config.function_of(&key).ok_or_else(|| format!("there is no function `{key}`"))?;
        arn = Some(function.target());
        alias = function.alias.as_ref().map(|alias| alias.logical_id.clone());
        name = key;
    }
    let ttl = get(setting, "resultTtlInSeconds").and_then(Value::as_i64);
    let result_ttl = setting.is_object().then(|| ttl.unwrap_or(RESULT_TTL_SECONDS_DEFAULT));
    let mut identity_source =
        text(setting, "identitySource").filter(|source| !source.is_empty()).map(str::to_owned);
    let uncached =
        kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("REQUEST")) && result_ttl == Some(0);
    if identity_source.is_none() && !uncached {
        identity_source = Some("method.request.header.Authorization".to_owned());
    }
    Ok(Authorizer {
        kind,
        name,
        arn,
        authorizer_id,
        managed_externally: take(setting, "managedExternally").is_some(),
        alias,
        result_ttl,
        identity_source,
        identity_validation: text(setting, "identityValidationExpression").map(str::to_owned),
        claims: take(setting, "claims").map(list).unwrap_or_default(),
        scopes: take(setting, "scopes").map(list).unwrap_or_default(),
    })
}

fn cors(setting: &Value, method: &str) -> Cors {
    let texts = |key: &str| {
        take(setting, key).map(|values| {
            list(values).iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<String>>()
        })
    };
    let origins = texts("origins");
    let origin = text(setting, "origin").map(str::to_owned);
    let mut methods = texts("methods").unwrap_or_else(|| {
        if setting.is_object() && setting.get("methods").is_some() {
            Vec::new()
        } else {
            vec!["OPTIONS".to_owned()]
        }
    });
    for wanted in ["OPTIONS", method] {
        if !methods.iter().any(|method| method == wanted) || !setting.is_object() && wanted != "OPTIONS" {
            methods.push(wanted.to_owned());
        }
    }
    Cors {
        origin: origin.or_else(|| origins.is_none().then(|| "*".to_owned())),
        origins: origins.unwrap_or_default(),
        methods,
        headers: texts("headers")
            .unwrap_or_else(|| CORS_HEADERS.iter().map(|name| (*name).to_owned()).collect()),
        allow_credentials: take(setting, "allowCredentials").is_some(),
        max_age: take(setting, "maxAge").cloned(),
        cache_control: text(setting, "cacheControl").filter(|text| !text.is_empty()).map(str::to_owned),
    }
}

fn parameters(settings: &Value) -> Map<String, Value> {
    let mut parameters = Map::new();
    let Some(written) = super::super::super::cfn::deep(settings, &["request", "parameters"]) else {
        return parameters;
    };
    for (place, singular) in [("querystrings", "querystring"), ("paths", "path"), ("headers", "header")] {
        for (name, value) in get(written, place).and_then(Value::as_object).into_iter().flatten() {
            parameters.insert(format!("method.request.{singular}.{name}"), value.clone());
        }
    }
    parameters
}

/// The answers that functions give by an error whose text holds the status in brackets.
fn default_status_codes() -> Map<String, Value> {
    let in_text = |status: &str| format!(r"[\s\S]*\[{status}\][\s\S]*");
    let crash = r"[\s\S]*(Process\s?exited\s?before\s?completing\s?request|\[500\])[\s\S]*".to_owned();
    let timeout = r"([\s\S]*\[504\][\s\S]*)|(.*Task timed out after \d+\.\d+ seconds$)".to_owned();
    let mut codes = Map::new();
    codes.insert("200".to_owned(), json!({ "pattern": "" }));
    for status in ["400", "401", "403", "404", "422"] {
        codes.insert(status.to_owned(), json!({ "pattern": in_text(status) }));
    }
    codes.insert("500".to_owned(), json!({ "pattern": crash }));
    codes.insert("502".to_owned(), json!({ "pattern": in_text("502") }));
    codes.insert("504".to_owned(), json!({ "pattern": timeout }));
    codes
}

fn status_codes(settings: &Value, integration: Integration) -> Option<Map<String, Value>> {
    let Some(response) = take(settings, "response") else {
        return (integration == Integration::Aws).then(default_status_codes);
    };
    let Some(written) = take(response, "statusCodes").and_then(Value::as_object) else {
        return Some(default_status_codes());
    };
    let mut codes: Map<String, Value> = Map::new();
    codes.extend(written.clone());
    if !codes.values().any(|code| text(code, "pattern") == Some("")) {
        codes.insert("200".to_owned(), json!({ "pattern": "" }));
    }
    // JavaScript keeps members whose names are whole numbers in the order of the numbers.
    codes.sort_keys();
    Some(codes)
}
