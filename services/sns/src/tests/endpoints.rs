//! Subscribers over HTTP, on this machine.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// A server that remembers what it heard.
pub(super) struct Server {
    pub(super) url: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers by a list of statuses, the last again and again.
    async fn start(statuses: &'static [u16]) -> Self {
        Self::with(|number, _| Some(statuses[number.min(statuses.len() - 1)])).await
    }

    /// Answers with the status that `answer` says for the number of a request, from 0, and its body; never without one.
    pub(super) async fn with(answer: impl Fn(usize, &str) -> Option<u16> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (heard.clone(), Arc::new(answer));
        tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let (kept, answer) = (kept.clone(), answer.clone());
                tokio::spawn(async move {
                    // None when its client died.
                    let Some(request) = read(&mut socket).await else { return };
                    let body = request.split("\r\n\r\n").nth(1).unwrap().to_owned();
                    let number = {
                        let mut kept = kept.lock().unwrap();
                        kept.push(request);
                        kept.len() - 1
                    };
                    let Some(status) = answer(number, &body) else { return std::future::pending().await };
                    let answer =
                        format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
                    // The client may have died.
                    socket.write_all(answer.as_bytes()).await.ok();
                });
            }
        });
        Self { url, heard }
    }

    pub(super) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    pub(super) fn body(&self, number: usize) -> Value {
        serde_json::from_str(self.heard()[number].split("\r\n\r\n").nth(1).unwrap()).unwrap()
    }
}

async fn read(socket: &mut tokio::net::TcpStream) -> Option<String> {
    let mut text = String::new();
    let mut bytes = [0; 4096];
    loop {
        let count = socket.read(&mut bytes).await.ok().filter(|count| *count > 0)?;
        text.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
        if body.len() >= length.unwrap().parse().unwrap() {
            return Some(text);
        }
    }
}

/// A confirmed subscription of `server`; the topic's ARN.
pub(super) async fn confirmed(world: &World, server: &Server, attributes: Value) -> String {
    let arn = topic(world, "t", json!({})).await;
    subscribe(world, &arn, "http", &server.url, attributes).await;
    until(world, Duration::from_millis(10), async |_| !server.heard().is_empty()).await;
    let question = server.body(0);
    world.ok("sns", "ConfirmSubscription", json!({"TopicArn": arn, "Token": question["Token"]})).await;
    arn
}

/// Endpoints that never answer hold up neither a queue nor an endpoint that does.
#[tokio::test]
async fn slow_endpoints_hold_nobody_up() {
    const MESSAGES: usize = 70;
    let world = world().await;
    world.cloud().start();
    let good = Server::start(&[200]).await;
    let arn = confirmed(&world, &good, json!({"RawMessageDelivery": "true"})).await;
    let (url, queue) = queue(&world, "q").await;
    subscribe(&world, &arn, "sqs", &queue, json!({"RawMessageDelivery": "true"})).await;
    // More of them than there are slots for all.
    for _ in 0..5 {
        let silent = Server::with(|number, _| (number == 0).then_some(200)).await;
        confirmed(&world, &silent, json!({"RawMessageDelivery": "true"})).await;
    }
    for number in 0..MESSAGES {
        publish(&world, &arn, &number.to_string()).await;
    }
    assert_eq!(bodies(&world, &url).await.len(), MESSAGES);
    // Long before anybody gives up on the silent ones.
    world.until("all is heard", async || good.heard().len() == 1 + MESSAGES).await;
    world.cloud().tasks().shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn an_endpoint_is_asked_and_then_told() {
    let world = world().await;
    world.cloud().start();
    let server = Server::start(&[200]).await;
    let arn = confirmed(&world, &server, json!({})).await;
    let question = server.body(0);
    assert_eq!(question["Type"], "SubscriptionConfirmation");
    let link = format!("{}/?Action=ConfirmSubscription&TopicArn={arn}&Token=", world.cloud().endpoint());
    assert!(question["SubscribeURL"].as_str().unwrap().starts_with(&link), "{question}");
    let sent = publish(&world, &arn, "hi").await;
    until(&world, Duration::from_millis(10), async |_| server.heard().len() == 2).await;
    let heard = server.heard()[1].to_lowercase();
    for header in [
        "x-amz-sns-message-type: notification",
        "content-type: text/plain; charset=utf-8",
        "user-agent: amazon simple notification service agent",
        &format!("x-amz-sns-topic-arn: {arn}"),
        &format!("x-amz-sns-subscription-arn: {arn}:"),
        &format!("x-amz-sns-message-id: {}", sent["MessageId"].as_str().unwrap()),
    ] {
        assert!(heard.contains(header), "{header}: {heard}");
    }
    assert_eq!(server.body(1)["Message"], "hi");
    world.cloud().stop().await;
}

#[tokio::test]
async fn an_endpoint_is_tried_exactly_as_often_as_its_policy_says() {
    let world = world().await;
    world.cloud().start();
    let server = Server::start(&[200, 500]).await;
    let (dead_url, dead_arn) = queue(&world, "dead").await;
    let policy = json!({"healthyRetryPolicy": {"minDelayTarget": 1, "maxDelayTarget": 1, "numRetries": 2}});
    let attributes = json!({"DeliveryPolicy": policy.to_string(), "RawMessageDelivery": "true",
        "RedrivePolicy": json!({"deadLetterTargetArn": dead_arn}).to_string()});
    let arn = confirmed(&world, &server, attributes).await;
    publish(&world, &arn, "poison").await;
    let found = Mutex::new(Vec::new());
    until(&world, Duration::from_millis(100), async |world| {
        let some = bodies(world, &dead_url).await;
        found.lock().unwrap().extend(some);
        !found.lock().unwrap().is_empty()
    })
    .await;
    assert_eq!(*found.lock().unwrap(), ["poison"]);
    assert_eq!(server.heard().len(), 1 + 3, "the question, and three attempts");
    assert!(server.heard()[1].to_lowercase().contains("x-amz-sns-rawdelivery: true"));
    world.cloud().stop().await;
}

/// All answers below 500 but 429 are for good.
#[tokio::test]
async fn an_endpoint_that_refuses_is_not_tried_again() {
    let world = world().await;
    world.cloud().start();
    let server = Server::start(&[200, 404]).await;
    let (dead_url, dead_arn) = queue(&world, "dead").await;
    let redrive = json!({"deadLetterTargetArn": dead_arn}).to_string();
    let arn = confirmed(&world, &server, json!({"RedrivePolicy": redrive})).await;
    publish(&world, &arn, "refused").await;
    until(&world, Duration::from_millis(10), async |world| !bodies(world, &dead_url).await.is_empty()).await;
    assert_eq!(server.heard().len(), 2);
    world.cloud().stop().await;
}
