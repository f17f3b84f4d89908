//! The cloud that a command talks to: its address and the keys.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use ::deploy::api::{Api, Clock, Endpoint, Http, Transport as _};
use ::deploy::problem::Problem;
use ::deploy::variables::remote::Remote;
use anyhow::{Context, anyhow, bail};
use bytes::Bytes;
use cloud::aws_names;
use cloud::clock::{Clock as _, SystemClock};
use http::{Request, StatusCode, Uri};
use jiff::Timestamp;
use serde_json::Value;
use wire::sigv4::Credentials;

use super::Global;

/// Where a cloud listens when nobody says otherwise.
pub(crate) const DEFAULT_ENDPOINT: &str = "http://127.0.0.1:4566";

/// How long a cloud may take to say where names of AWS lead.
const GUIDE_TIME: Duration = Duration::from_secs(5);

static CLOCK: LazyLock<SystemClock> = LazyLock::new(SystemClock::default);

/// The time now.
pub(crate) fn now() -> Timestamp {
    // Millisecond counts of the machine's clock are always within jiff's range.
    Timestamp::from_millisecond(CLOCK.now().millis()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// How many seconds have passed since a time, as the user reads it.
pub(crate) fn seconds_since(start: Timestamp) -> String {
    let millis = now().as_millisecond() - start.as_millisecond();
    format!("{:.1}s", millis as f64 / 1000.0)
}

/// The region of a command that reads no project: as the options, then the environment name it.
pub(crate) fn region(global: &Global, environment: &BTreeMap<String, String>) -> String {
    let named = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| environment.get(*name));
    global.region.as_ref().or(named).map_or_else(|| "us-east-1".to_owned(), String::clone)
}

/// A cloud to talk to.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) endpoint: Endpoint,
    pub(crate) credentials: Credentials,
    transport: Arc<Http>,
}

impl Connection {
    /// The cloud that the options and the environment name.
    pub(crate) fn from(global: &Global, environment: &BTreeMap<String, String>) -> anyhow::Result<Self> {
        let named = global.endpoint.clone().or_else(|| environment.get("AWS_ENDPOINT_URL").cloned());
        let endpoint = match named.as_deref() {
            None | Some("") => Endpoint::Url(DEFAULT_ENDPOINT.to_owned()),
            Some("aws") => Endpoint::Aws,
            Some(url) if url.starts_with("http://") || url.starts_with("https://") => {
                Endpoint::Url(url.trim_end_matches('/').to_owned())
            }
            Some(other) => bail!("the endpoint `{other}` is no address: write http://HOST:PORT, or `aws`"),
        };
        let own = named.is_none();
        Self::new(endpoint.clone(), credentials(global, environment, &endpoint, own)?)
    }

    /// A cloud in this process, with the keys that it knows on loopback.
    pub(crate) fn local(endpoint: &str) -> anyhow::Result<Self> {
        Self::new(Endpoint::Url(endpoint.trim_end_matches('/').to_owned()), well_known())
    }

    fn new(endpoint: Endpoint, credentials: Credentials) -> anyhow::Result<Self> {
        let transport = Http::new(&endpoint).map_err(|error| anyhow!(error))?;
        Ok(Self { endpoint, credentials, transport: Arc::new(transport) })
    }

    /// A client for a region.
    pub(crate) fn api(&self, region: &str) -> Api {
        let clock: Clock = Arc::new(now);
        Api::new(self.transport.clone(), self.endpoint.clone(), region, self.credentials.clone(), clock)
    }

    /// The account in a region, as variables see it.
    pub(crate) fn remote(&self, region: &str) -> Arc<dyn Remote> {
        Arc::new(self.api(region))
    }

    /// Where names of AWS lead, as this cloud tells it: the JSON that programs under `cloudlet exec` are given. None for
    /// AWS itself, and behind a proxy with TLS of its own, which would not know those names.
    pub(crate) async fn guide(&self) -> anyhow::Result<Option<Value>> {
        let Endpoint::Url(url) = &self.endpoint else { return Ok(None) };
        let endpoint: Uri = url.parse().with_context(|| format!("the endpoint `{url}` is no address"))?;
        if endpoint.scheme_str() != Some("http") {
            return Ok(None);
        }
        let request = Request::get(format!("{url}{}", aws_names::GUIDE_PATH)).body(Bytes::new())?;
        let answer = tokio::time::timeout(GUIDE_TIME, self.transport.send(request)).await;
        let answer = answer.with_context(|| format!("{url} is silent"))?.map_err(|error| anyhow!(error))?;
        if answer.status() != StatusCode::OK {
            bail!("{url} answers with {}", answer.status());
        }
        let mut guide: Value = serde_json::from_slice(answer.body())?;
        // The cloud knows its address from inside; a container or a tunnel may lie between.
        guide["host"] = endpoint.host().unwrap_or_default().trim_matches(['[', ']']).into();
        guide["port"] = endpoint.port_u16().unwrap_or(80).into();
        Ok(Some(guide))
    }

    /// What leads AWS SDKs and tools to this cloud.
    pub(crate) fn variables(&self, region: &str) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("AWS_ACCESS_KEY_ID", self.credentials.access_key_id.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.credentials.secret_access_key.clone()),
            ("AWS_REGION", region.to_owned()),
            ("AWS_DEFAULT_REGION", region.to_owned()),
        ];
        if let Endpoint::Url(url) = &self.endpoint {
            variables.push(("AWS_ENDPOINT_URL", url.clone()));
        }
        if let Some(token) = &self.credentials.session_token {
            variables.push(("AWS_SESSION_TOKEN", token.clone()));
        }
        variables
    }
}

/// The keys of the root of account 000000000000, which a cloud knows on loopback.
fn well_known() -> Credentials {
    Credentials {
        access_key_id: "test".to_owned(),
        secret_access_key: "test".to_owned(),
        session_token: None,
    }
}

/// The keys: a profile that is named, those in the environment, the default profile.
///
/// Keys in the environment are for the cloud in the environment: a developer's shell often holds keys of AWS, which a
/// cloud on this machine cannot know. So they are not used for a local cloud that nobody named.
fn credentials(
    global: &Global,
    environment: &BTreeMap<String, String>,
    endpoint: &Endpoint,
    own: bool,
) -> anyhow::Result<Credentials> {
    if let Some(profile) = &global.profile {
        return from_profile(environment, profile)?
            .with_context(|| format!("there is no profile `{profile}` with keys in ~/.aws/credentials"));
    }
    if own {
        return Ok(well_known());
    }
    let get = |name: &str| environment.get(name).filter(|value| !value.is_empty()).cloned();
    if let (Some(access_key_id), Some(secret_access_key)) =
        (get("AWS_ACCESS_KEY_ID"), get("AWS_SECRET_ACCESS_KEY"))
    {
        return Ok(Credentials { access_key_id, secret_access_key, session_token: get("AWS_SESSION_TOKEN") });
    }
    if is_loopback(endpoint) {
        return Ok(well_known());
    }
    let profile = get("AWS_PROFILE").unwrap_or_else(|| "default".to_owned());
    from_profile(environment, &profile)?.ok_or_else(|| {
        let problem = Problem::new("no keys are known for this cloud");
        anyhow!(
            problem
                .help("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with --profile")
                .to_string()
        )
    })
}

fn is_loopback(endpoint: &Endpoint) -> bool {
    let Endpoint::Url(url) = endpoint else { return false };
    let host = url.split_once("://").map_or(url.as_str(), |(_, host)| host);
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|name| {
        host.strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(':') || rest.starts_with('/'))
    })
}

fn from_profile(
    environment: &BTreeMap<String, String>,
    profile: &str,
) -> anyhow::Result<Option<Credentials>> {
    let file = match (environment.get("AWS_SHARED_CREDENTIALS_FILE"), environment.get("HOME")) {
        (Some(file), _) => PathBuf::from(file),
        (None, Some(home)) => PathBuf::from(home).join(".aws/credentials"),
        (None, None) => return Ok(None),
    };
    match fs::read_to_string(&file) {
        Ok(text) => Ok(in_profile(&text, profile)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
    }
}

/// The keys in a section of a credentials file.
fn in_profile(text: &str, profile: &str) -> Option<Credentials> {
    let mut inside = false;
    let mut values: BTreeMap<&str, &str> = BTreeMap::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            inside = name.trim() == profile;
        } else if let (true, Some((key, value))) =
            (inside && !line.starts_with(['#', ';']), line.split_once('='))
        {
            values.insert(key.trim(), value.trim());
        }
    }
    Some(Credentials {
        access_key_id: (*values.get("aws_access_key_id")?).to_owned(),
        secret_access_key: (*values.get("aws_secret_access_key")?).to_owned(),
        session_token: values.get("aws_session_token").map(|token| (*token).to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connect(endpoint: Option<&str>, environment: &[(&str, &str)]) -> anyhow::Result<(Endpoint, String)> {
        let global = Global { endpoint: endpoint.map(str::to_owned), ..Global::default() };
        let environment =
            environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let connection = Connection::from(&global, &environment)?;
        Ok((connection.endpoint, connection.credentials.access_key_id))
    }

    #[test]
    fn options_name_the_region_before_the_environment() {
        let check = |option: Option<&str>, environment: &[(&str, &str)], expected: &str| {
            let global = Global { region: option.map(str::to_owned), ..Global::default() };
            let environment =
                environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            assert_eq!(region(&global, &environment), expected);
        };
        let both = [("AWS_DEFAULT_REGION", "eu-west-2"), ("AWS_REGION", "eu-west-1")];
        check(Some("eu-west-3"), &both, "eu-west-3");
        check(None, &both, "eu-west-1");
        check(None, &both[..1], "eu-west-2");
        check(None, &[], "us-east-1");
    }

    #[test]
    fn keys_of_aws_in_the_shell_do_not_go_to_a_local_cloud() {
        let keys = [("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_SECRET_ACCESS_KEY", "s")];
        let url = |url: &str| Endpoint::Url(url.to_owned());
        assert_eq!(connect(None, &keys).unwrap(), (url(DEFAULT_ENDPOINT), "test".to_owned()));
        let with_endpoint = [keys[0], keys[1], ("AWS_ENDPOINT_URL", "http://127.0.0.1:9/")];
        assert_eq!(connect(None, &with_endpoint).unwrap(), (url("http://127.0.0.1:9"), "AKIA".to_owned()));
        assert_eq!(
            connect(Some("http://localhost:1"), &[]).unwrap(),
            (url("http://localhost:1"), "test".to_owned())
        );
        assert!(connect(Some("http://localhost.evil:1"), &[]).is_err());
        assert!(connect(Some("ftp://x"), &[]).is_err());
    }

    #[test]
    fn profiles_are_read() {
        let text =
            "[default]\naws_access_key_id = A\naws_secret_access_key=B\n# x\n[other]\naws_access_key_id=C\n";
        let keys = in_profile(text, "default").unwrap();
        assert_eq!((keys.access_key_id.as_str(), keys.secret_access_key.as_str()), ("A", "B"));
        assert!(in_profile(text, "other").is_none() && in_profile(text, "none").is_none());
    }
}
