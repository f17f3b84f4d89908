//! Sends events to a subscriber: gathered as it asked for, tried again for a while when it does not answer.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use super::subscribe::{Destination, Subscription};
use super::way::{Line, Way};

/// How long one delivery may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// Tries of one delivery: a subscriber may open its port just after it has subscribed.
const TRIES_MAX: u32 = 5;
/// The pause before the second try; it doubles.
const PAUSE: Duration = Duration::from_millis(20);
/// What is read of an answer: only its status counts.
const ANSWER_BYTES: usize = 64;

/// What the deliverer is told.
#[derive(Debug)]
pub(crate) enum Message {
    /// An event as JSON.
    Event(String),
    /// Deliver what there is, then say so.
    Flush(oneshot::Sender<()>),
}

/// Delivers until the environment is gone.
pub(super) async fn run(subscription: Subscription, mut messages: mpsc::Receiver<Message>, way: Way) {
    let wait = Duration::from_millis(subscription.buffering.timeout_millis);
    let mut line = None;
    let mut batch: Vec<String> = Vec::new();
    let mut bytes = 0;
    let mut until: Option<Instant> = None;
    loop {
        let next = match until {
            None => messages.recv().await.map(Some),
            Some(until) => timeout_at(until, messages.recv())
                .await
                .unwrap_or(Some(Message::Event(String::new())))
                .map(Some),
        };
        let mut flushed = None;
        let due = match next.flatten() {
            Some(Message::Event(text)) if text.is_empty() => true, // The time is up.
            Some(Message::Event(text)) => {
                bytes += text.len();
                batch.push(text);
                until.get_or_insert(Instant::now() + wait);
                batch.len() >= subscription.buffering.items || bytes >= subscription.buffering.bytes
            }
            Some(Message::Flush(done)) => {
                flushed = Some(done);
                true
            }
            None => break,
        };
        if due {
            if !batch.is_empty() {
                deliver(&subscription.destination, &batch, &way, &mut line).await;
            }
            batch.clear();
            bytes = 0;
            until = None;
        }
        if let Some(flushed) = flushed {
            let _nobody_waits = flushed.send(());
        }
    }
}

/// Delivers a batch, or drops it after some tries.
async fn deliver(destination: &Destination, batch: &[String], way: &Way, line: &mut Option<Line>) {
    let mut pause = PAUSE;
    for attempt in 1..=TRIES_MAX {
        let sent = timeout(PATIENCE, send(destination, batch, way, line)).await;
        match sent.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok(()) => return,
            Err(error) if attempt == TRIES_MAX => {
                tracing::debug!(%error, events = batch.len(), "telemetry could not be delivered");
            }
            Err(_) => {
                *line = None;
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
        }
    }
}

async fn send(
    destination: &Destination,
    batch: &[String],
    way: &Way,
    line: &mut Option<Line>,
) -> io::Result<()> {
    match destination {
        Destination::Http { port, host, path, put } => {
            let mut line = way.connect(*port).await?;
            let stream = &mut line.stream;
            let body = format!("[{}]", batch.join(","));
            let method = if *put { "PUT" } else { "POST" };
            let head = format!(
                "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(body.as_bytes()).await?;
            let mut answer = [0; ANSWER_BYTES];
            let mut read = 0;
            while read < answer.len() {
                match stream.read(&mut answer[read..]).await? {
                    0 => break,
                    count => read += count,
                }
            }
            let status = answer[..read].get(9..12).and_then(|text| std::str::from_utf8(text).ok());
            match status.and_then(|text| text.parse::<u16>().ok()) {
                Some(200..=299) => Ok(()),
                Some(status) => Err(io::Error::other(format!("the subscriber answered {status}"))),
                None => Err(io::Error::other("the subscriber does not speak HTTP")),
            }
        }
        Destination::Tcp { port } => {
            if line.is_none() {
                *line = Some(way.connect(*port).await?);
            }
            let Some(Line { stream, .. }) = line else { return Ok(()) };
            let mut text = batch.join("\n");
            text.push('\n');
            stream.write_all(text.as_bytes()).await
        }
    }
}
