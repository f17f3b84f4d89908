//! The Extensions API (2020-01-01), the Telemetry API (2022-07-01) and the Logs API (2020-08-15).
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>

use std::io;

use serde_json::json;

use super::{Connection, Request, Shared};
use crate::runtime::extensions::Refusal;
use crate::runtime::telemetry::subscribe::{Api, Subscription};

const EXTENSIONS: &str = "/2020-01-01/extension/";
const TELEMETRY: &str = "/2022-07-01/telemetry";
const LOGS: &str = "/2020-08-15/logs";

/// Whether a request is for one of the APIs here.
pub(super) fn is_for(request: &Request) -> bool {
    let path = request.path.trim_end_matches('/');
    path.starts_with(EXTENSIONS) || path == TELEMETRY || path == LOGS
}

/// Answers a request. `init` is the sandbox from which it came.
pub(super) async fn answer(
    connection: &mut Connection,
    request: &Request,
    shared: &Shared,
    init: u32,
) -> io::Result<()> {
    let path = request.path.trim_end_matches('/');
    let id = request.of_extension("identifier");
    match (request.method.as_str(), path.strip_prefix(EXTENSIONS)) {
        ("POST", Some("register")) => register(connection, request, shared),
        ("GET", Some("event/next")) => match shared.extensions.next(id) {
            Ok(event) => {
                connection.flush().await?; // What was answered before must not wait for the next event.
                let event = event.await.map_err(|_| super::gone())?;
                let event_id = Shared::new_id(&shared.host);
                connection.with_header(("Lambda-Extension-Event-Identifier", &event_id), &event);
                Ok(())
            }
            Err(refusal) => connection.refuse(&refusal),
        },
        ("POST", Some(what @ ("init/error" | "exit/error"))) => {
            let error = request.of_extension("function-error-type");
            match shared.extensions.failed(id, what == "init/error", error) {
                Ok(()) => {
                    connection.json(202, "Accepted", r#"{"status":"OK"}"#);
                    Ok(())
                }
                Err(refusal) => connection.refuse(&refusal),
            }
        }
        ("PUT", None) => subscribe(connection, request, shared, init),
        (_, Some("register" | "event/next" | "init/error" | "exit/error") | None) => {
            connection.error(405, "MethodNotAllowed", "method not allowed")
        }
        _ => connection.error(404, "InvalidPath", "not found"),
    }
}

fn register(connection: &mut Connection, request: &Request, shared: &Shared) -> io::Result<()> {
    let name = request.of_extension("name").unwrap_or_default();
    let features = request.of_extension("accept-feature").unwrap_or_default();
    let body = request.body.clone().unwrap_or_default();
    let new_id = Shared::new_id(&shared.host);
    match shared.extensions.register(name, features, &body, new_id) {
        Ok(registered) => {
            let launch = &shared.launch;
            let mut answer = json!({
                "functionName": launch.name, "functionVersion": launch.version, "handler": launch.handler,
            });
            if registered.with_account {
                answer["accountId"] = json!(launch.account);
            }
            connection.with_header(("Lambda-Extension-Identifier", &registered.id), &answer.to_string());
            Ok(())
        }
        Err(refusal) => connection.refuse(&refusal),
    }
}

fn subscribe(connection: &mut Connection, request: &Request, shared: &Shared, init: u32) -> io::Result<()> {
    let name = match shared.extensions.name_of(request.of_extension("identifier")) {
        Ok(name) => name,
        Err(refusal) => return connection.refuse(&refusal),
    };
    let (api, closed, what) = match request.path.starts_with(LOGS) {
        true => (Api::Logs, "Logs.SubscriptionClosed", "Logs"),
        false => (Api::Telemetry, "Telemetry.SubscriptionClosed", "Telemetry"),
    };
    if !shared.extensions.is_open() {
        let message = format!("{what} API subscription is closed already");
        return connection.refuse(&Refusal { kind: closed, message });
    }
    match Subscription::parse(api, &request.body.clone().unwrap_or_default()) {
        Ok(subscription) => {
            let (way, now_millis) = (shared.way(init), shared.host.backend.now_millis());
            shared.telemetry.subscribe(&name, subscription, way, now_millis);
            connection.plain(200, "OK", "OK");
            Ok(())
        }
        Err(text) => connection.error(400, "ValidationError", &text),
    }
}

impl Request {
    fn of_extension(&self, name: &str) -> Option<&str> {
        self.extension.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Connection {
    fn refuse(&mut self, refusal: &Refusal) -> io::Result<()> {
        self.error(403, refusal.kind, &refusal.message)
    }

    fn with_header(&mut self, (name, value): (&str, &str), body: &str) {
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{name}: {value}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.output.extend_from_slice(answer.as_bytes());
    }
}
