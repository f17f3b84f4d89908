//! Where the database is: connection strings, and errors about them that never show the password.

use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use super::tls::Trust;
use crate::Error;

/// What the database shows as the name of its client.
const APPLICATION: &str = "cloudlet";
/// How long one try to connect may take.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// After this much silence the other side is asked whether it is still there.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(5);
/// Where the password may stand instead of the connection string, which other users of a machine can see.
const PASSWORD_VARIABLE: &str = "PGPASSWORD";

/// A database as a connection string names it.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) trust: Trust,
    /// Host and database, for messages.
    pub(super) shown: String,
}

impl Address {
    /// Reads `postgres://user:password@host:port/database?sslmode=verify-full&…`.
    pub(super) fn parse(url: &str) -> Result<Self, Error> {
        let after = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
        let after = after.ok_or_else(|| wrong("it must begin with `postgres://`"))?;
        check_signs(after)?;
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (trust, ssl_mode, rest) = take_ssl(query)?;
        let mut config: Config = format!("{base}?{rest}").parse().map_err(|error| unread(&error))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(wrong("it names no host: write `postgres://user@host/database`"));
        }
        config.ssl_mode(ssl_mode).keepalives_idle(KEEPALIVE_IDLE).tcp_user_timeout(2 * CONNECT_TIME);
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIME);
        }
        if config.get_application_name().is_none() {
            config.application_name(APPLICATION);
        }
        if config.get_password().is_none()
            && let Ok(password) = std::env::var(PASSWORD_VARIABLE)
        {
            config.password(password);
        }
        let shown = shown(&config);
        Ok(Address { config, trust, shown })
    }
}

/// Finds the signs that cut a connection string in the wrong place when they stand in a password.
fn check_signs(after: &str) -> Result<(), Error> {
    let authority = after.split(['/', '?', '#']).next().unwrap_or_default();
    let behind = &after[authority.len()..];
    let path = behind.split('?').next().unwrap_or_default();
    if authority.matches('@').count() > 1 || path.contains('@') || after.contains('#') {
        return Err(wrong(
            "signs such as `@ / ? # :` in a user name or password must be written as `%40`, `%2F` …",
        ));
    }
    Ok(())
}

/// Takes what says how to encrypt out of the parameters: `sslmode` and `sslrootcert`, with libpq's meaning.
fn take_ssl(query: &str) -> Result<(Trust, SslMode, String), Error> {
    let (mut mode, mut root, mut rest) = ("prefer", None, Vec::new());
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some(("sslmode", value)) => mode = value,
            Some(("sslrootcert", value)) => root = Some(PathBuf::from(value.replace("%2F", "/"))),
            _ => rest.push(parameter),
        }
    }
    let (trust, ssl_mode) = match (mode, root) {
        ("disable", _) => (Trust::Anyone, SslMode::Disable),
        ("prefer" | "allow", _) => (Trust::Anyone, SslMode::Prefer),
        ("require", None) => (Trust::Anyone, SslMode::Require),
        // As libpq does it: who names a root certificate wants it checked.
        ("require" | "verify-ca", root) => (Trust::Chain(root), SslMode::Require),
        ("verify-full", root) => (Trust::ChainAndName(root), SslMode::Require),
        _ => {
            return Err(wrong("`sslmode` is one of disable, allow, prefer, require, verify-ca, verify-full"));
        }
    };
    Ok((trust, ssl_mode, rest.join("&")))
}

fn shown(config: &Config) -> String {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.clone(),
        Some(Host::Unix(path)) => path.display().to_string(),
        None => config.get_hostaddrs().first().map(ToString::to_string).unwrap_or_default(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let database = config.get_dbname().or(config.get_user()).unwrap_or_default();
    format!("{host}:{port}/{database}")
}

/// The causes name parameters and ports, never the user or the password.
fn unread(error: &tokio_postgres::Error) -> Error {
    match std::error::Error::source(error) {
        Some(cause) => wrong(&cause.to_string()),
        None => wrong("write `postgres://user:password@host:5432/database`"),
    }
}

fn wrong(why: &str) -> Error {
    Error::Unavailable(format!("the connection string of the store is not right: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn fails(url: &str, why: &str) {
        let error = Address::parse(url).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(why), "{url}: {error}");
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn an_address_is_read_and_shown_without_its_password() {
        let address =
            Address::parse("postgres://me:se%40cret@db.example:6432/cloud?sslmode=disable").unwrap();
        assert_eq!(address.shown, "db.example:6432/cloud");
        assert_eq!(address.config.get_password(), Some(&b"se@cret"[..]));
        let address = Address::parse("postgresql://me@/cloud?host=/run/postgresql&port=5433").unwrap();
        assert_eq!(address.shown, "/run/postgresql:5433/cloud");
    }

    #[test]
    fn mistakes_are_told_in_plain_words() {
        fails("mysql://me:secret@host/db", "must begin with `postgres://`");
        fails("postgres://me:secret@x@host/db", "must be written as");
        fails("postgres://me:secret/x@host/db", "must be written as");
        fails("postgres://me:secret#x@host/db", "must be written as");
        fails("postgres://me:secret@host:port/db", "port");
        fails("postgres://me:secret@host/db?sslmode=maybe", "`sslmode` is one of");
        fails("postgres://me:secret@host/db?wrong=1", "wrong");
        fails("postgres:///db", "names no host");
    }

    #[test]
    fn sslmode_says_whom_to_trust() {
        let trust = |query: &str| {
            let address = Address::parse(&format!("postgres://me@host/db{query}")).unwrap();
            (address.trust, address.config.get_ssl_mode())
        };
        assert_eq!(trust(""), (Trust::Anyone, SslMode::Prefer));
        assert_eq!(trust("?sslmode=require"), (Trust::Anyone, SslMode::Require));
        assert_eq!(trust("?sslmode=verify-full"), (Trust::ChainAndName(None), SslMode::Require));
        let root = Some(PathBuf::from("/etc/root.pem"));
        assert_eq!(
            trust("?sslrootcert=/etc/root.pem&sslmode=require"),
            (Trust::Chain(root), SslMode::Require)
        );
    }
}
