//! `cloudlet dev --inspect FUNCTION[:PORT]`: a debugger's way to a function, at one address for as long as the command
//! runs.
//!
//! Each process of the function has an inspector of its own, on a port and with an id that nobody knows before. Here
//! stands what debuggers ask first (`/json/list`), with one id that stays, and a WebSocket to it goes on to the newest
//! process. What is said on it is not looked at. When new code replaces the process the connection ends, and the
//! debugger connects again to the same address.

use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use cloud::debugging::Inspector;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// The port of Node.js's own `--inspect`, which debuggers look at.
const PORT: u16 = 9229;
/// Bytes of a request's head.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// How long a client may take to send it.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a debugger waits for a process of its function.
const PROCESS_TIME: Duration = Duration::from_secs(60);
/// Debuggers at the same time.
const CLIENTS_MAX: usize = 16;

/// `FUNCTION[:PORT]`: a function as serverless.yml names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Inspect {
    pub(super) function: String,
    port: u16,
}

impl FromStr for Inspect {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (function, port) = match text.split_once(':') {
            Some((function, port)) => {
                (function, port.parse().map_err(|_| format!("`{port}` is no port: write FUNCTION:9229"))?)
            }
            None => (text, PORT),
        };
        match function.is_empty() {
            true => Err("name the function: FUNCTION or FUNCTION:PORT".to_owned()),
            false => Ok(Self { function: function.to_owned(), port }),
        }
    }
}

impl Inspect {
    /// Listens. `id` must be one that nobody can guess: a page in a browser may open a WebSocket to this machine.
    pub(super) async fn listen(
        &self,
        id: &str,
        inspector: watch::Receiver<Inspector>,
    ) -> anyhow::Result<Listener> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let socket = TcpListener::bind(address).await;
        let socket = socket.with_context(|| {
            format!(
                "cannot listen on {address} for a debugger; choose another port with --inspect {}:PORT",
                self.function
            )
        })?;
        let port = socket.local_addr()?.port();
        let door = Arc::new(Door { function: self.function.clone(), port, id: id.to_owned(), inspector });
        let address = door.address();
        Ok(Listener { address, task: tokio::spawn(accept(socket, door)) })
    }
}

/// A debugger's address that is served until this is dropped.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) address: String,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Debug)]
struct Door {
    function: String,
    port: u16,
    id: String,
    inspector: watch::Receiver<Inspector>,
}

async fn accept(socket: TcpListener, door: Arc<Door>) {
    let mut clients = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept(), if clients.len() < CLIENTS_MAX => accepted,
            _ = clients.join_next(), if !clients.is_empty() => continue,
        };
        match accepted {
            Ok((client, _)) => {
                let door = Arc::clone(&door);
                clients.spawn(async move {
                    if let Err(error) = door.serve(client).await {
                        tracing::debug!(%error, "a debugger could not be served");
                    }
                });
            }
            Err(error) => tracing::warn!(%error, "a debugger could not be accepted"),
        }
    }
}

impl Door {
    fn address(&self) -> String {
        format!("ws://127.0.0.1:{}/{}", self.port, self.id)
    }

    async fn serve(&self, mut client: TcpStream) -> anyhow::Result<()> {
        let head = timeout(HEAD_TIME, read_head(&mut client)).await??;
        let (path, headers) = parse(&head).context("that is no HTTP")?;
        // Only under a name of this machine: a page of elsewhere could have its own name lead here.
        if !header(headers, "host").is_some_and(is_here) {
            return answer(&mut client, "400 Bad Request", "the host is not this machine").await;
        }
        match path {
            "/json" | "/json/list" => answer(&mut client, "200 OK", &self.list().to_string()).await,
            "/json/version" => {
                let version = json!({"Browser": "node.js", "Protocol-Version": "1.1"});
                answer(&mut client, "200 OK", &version.to_string()).await
            }
            path if path.strip_prefix('/') == Some(&self.id) => {
                match timeout(PROCESS_TIME, self.reach(headers)).await {
                    Ok(Ok(mut process)) => {
                        copy_bidirectional(&mut client, &mut process).await?;
                        Ok(())
                    }
                    _ => {
                        answer(&mut client, "503 Service Unavailable", "no process of the function runs")
                            .await
                    }
                }
            }
            _ => answer(&mut client, "404 Not Found", "there is nothing here").await,
        }
    }

    /// What debuggers choose from, in the form of Node.js's own answer.
    fn list(&self) -> serde_json::Value {
        let address = self.address();
        let bare = address.trim_start_matches("ws://");
        json!([{
            "description": "node.js instance",
            "devtoolsFrontendUrl": format!("devtools://devtools/bundled/js_app.html?experiments=true&v8only=true&ws={bare}"),
            "id": self.id,
            "title": self.function,
            "type": "node",
            "url": format!("file:///var/task#{}", self.function),
            "webSocketDebuggerUrl": address,
        }])
    }

    /// The newest process, with the client's request sent to it. Waits for one that can be reached.
    async fn reach(&self, headers: &str) -> anyhow::Result<TcpStream> {
        let mut inspector = self.inspector.clone();
        loop {
            let address = inspector.borrow_and_update().clone();
            if let Some((host, path)) = address.as_deref().and_then(parts)
                && let Ok(mut process) = TcpStream::connect(host).await
            {
                let kept = headers.split("\r\n").filter(|line| !is_named(line, "host"));
                let kept: String =
                    kept.filter(|line| !line.is_empty()).map(|line| format!("{line}\r\n")).collect();
                let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\n{kept}\r\n");
                process.write_all(request.as_bytes()).await?;
                return Ok(process);
            }
            inspector.changed().await?;
        }
    }
}

/// `ws://127.0.0.1:1234/<id>` as address and id.
fn parts(address: &str) -> Option<(&str, &str)> {
    address.strip_prefix("ws://")?.split_once('/')
}

async fn read_head(client: &mut TcpStream) -> anyhow::Result<String> {
    let mut head = Vec::new();
    // A debugger says nothing more before it is answered.
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= HEAD_BYTES_MAX || client.read_buf(&mut head).await? == 0 {
            bail!("the head of the request does not end");
        }
    }
    Ok(String::from_utf8(head)?)
}

/// The path of a GET, and its headers.
fn parse(head: &str) -> Option<(&str, &str)> {
    let (first, headers) = head.split_once("\r\n")?;
    let path = first.strip_prefix("GET ")?.strip_suffix(" HTTP/1.1")?;
    Some((path.split('?').next()?, headers))
}

fn is_named(line: &str, name: &str) -> bool {
    line.split_once(':').is_some_and(|(found, _)| found.trim().eq_ignore_ascii_case(name))
}

fn header<'a>(headers: &'a str, name: &str) -> Option<&'a str> {
    headers.split("\r\n").find(|line| is_named(line, name))?.split_once(':').map(|(_, value)| value.trim())
}

/// Whether a `Host` names this machine.
fn is_here(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).to_ascii_lowercase();
    matches!(name.as_str(), "localhost" | "127.0.0.1" | "[::1]")
}

async fn answer(client: &mut TcpStream, status: &str, body: &str) -> anyhow::Result<()> {
    let kind = if body.starts_with(['[', '{']) { "application/json; charset=UTF-8" } else { "text/plain" };
    let text = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nCache-Control: no-cache\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    Ok(client.write_all(text.as_bytes()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_and_a_port_are_named() {
        let inspect = |text: &str| text.parse::<Inspect>().map(|inspect| (inspect.function, inspect.port));
        assert_eq!(inspect("hello"), Ok(("hello".to_owned(), 9229)));
        assert_eq!(inspect("hello:9333"), Ok(("hello".to_owned(), 9333)));
        assert!(inspect("hello:x").unwrap_err().contains("is no port"));
        assert!(inspect(":9229").is_err());
    }

    async fn ask(address: &str, path: &str, host: &str) -> String {
        let (place, _) = parts(address).unwrap();
        let mut client = TcpStream::connect(place).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nUpgrade: websocket\r\n\r\n");
        client.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        client.read_to_string(&mut text).await.unwrap();
        text
    }

    /// What pretends to be the inspector of a process: it says what it was asked.
    async fn process() -> (String, tokio::task::JoinHandle<()>) {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("ws://{}/own-id", socket.local_addr().unwrap());
        let task = tokio::spawn(async move {
            let (mut client, _) = socket.accept().await.unwrap();
            let head = read_head(&mut client).await.unwrap();
            client.write_all(head.as_bytes()).await.unwrap();
        });
        (address, task)
    }

    #[tokio::test]
    async fn the_address_stays_while_processes_come_and_go() {
        let (told, inspector) = watch::channel(None);
        let inspect = Inspect { function: "hello".to_owned(), port: 0 };
        let listener = inspect.listen("the-id", inspector).await.unwrap();
        let address = listener.address.clone();
        let list = ask(&address, "/json/list", "localhost:9229").await;
        assert!(list.contains(&format!("\"webSocketDebuggerUrl\":\"{address}\"")), "{list}");
        assert!(ask(&address, "/json/list", "evil.example:9229").await.starts_with("HTTP/1.1 400"));
        assert!(ask(&address, "/own-id", "localhost").await.starts_with("HTTP/1.1 404"));
        for _ in 0..2 {
            // The debugger is there first and waits.
            let asking = ask(&address, "/the-id", "localhost");
            let (own, task) = process().await;
            told.send_replace(Some(own.as_str().into()));
            let heard = asking.await;
            let (place, _) = parts(&own).unwrap();
            assert_eq!(heard, format!("GET /own-id HTTP/1.1\r\nHost: {place}\r\nUpgrade: websocket\r\n\r\n"));
            task.await.unwrap();
        }
    }
}
