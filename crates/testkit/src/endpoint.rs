//! An HTTP endpoint on this machine, for services that call one.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::World;

const WORKS: &str = "connections on this machine work";
const WHOLE: &str = "nobody panics with what was heard in hand";

/// An endpoint that remembers what it was asked and answers with one text after the other, the last one again and again.
#[derive(Debug)]
pub struct Endpoint {
    /// Where it is.
    pub url: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Endpoint {
    /// An endpoint with these answers, whole HTTP messages that close the connection.
    pub async fn new(answers: &[&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect(WORKS);
        let url = format!("http://{}", listener.local_addr().expect(WORKS));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (answers, log) = (answers.to_vec(), heard.clone());
        tokio::spawn(async move {
            for number in 0.. {
                let (mut socket, _) = listener.accept().await.expect(WORKS);
                let mut text = String::new();
                loop {
                    let mut bytes = [0; 4096];
                    let read = socket.read(&mut bytes).await.expect(WORKS);
                    text.push_str(&String::from_utf8_lossy(&bytes[..read]));
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                    let length = head
                        .to_lowercase()
                        .lines()
                        .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
                    if read == 0 || body.len() >= length.unwrap_or(0) {
                        break;
                    }
                }
                log.lock().expect(WHOLE).push(text);
                let answer = answers.get(number).or(answers.last()).expect("an endpoint has an answer");
                socket.write_all(answer.as_bytes()).await.expect(WORKS);
            }
        });
        Self { url, heard }
    }

    /// How often it was asked.
    pub fn count(&self) -> usize {
        self.heard.lock().expect(WHOLE).len()
    }

    /// What the endpoint was asked, once that is as much as this.
    pub async fn heard(&self, world: &World, count: usize) -> Vec<String> {
        world.until("the endpoint is asked", async || self.count() >= count).await;
        self.heard.lock().expect(WHOLE).clone()
    }
}
