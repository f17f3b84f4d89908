//! What stands in a queue, for tests of services that send there.

use serde_json::{Value, json};

use crate::World;

/// Takes all messages out of the queue at `url`.
pub async fn messages(world: &World, url: &str) -> Vec<Value> {
    let mut all = Vec::new();
    loop {
        let asked = json!({"QueueUrl": url, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"],
            "AttributeNames": ["All"]});
        let answer = world.ok("sqs", "ReceiveMessage", asked).await;
        let Some(some) = answer["Messages"].as_array() else { return all };
        for message in some {
            let gone = json!({"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]});
            world.ok("sqs", "DeleteMessage", gone).await;
            all.push(message.clone());
        }
    }
}

/// Takes all messages out of the queue at `url`; their bodies.
pub async fn bodies(world: &World, url: &str) -> Vec<String> {
    let body = |message: &Value| message["Body"].as_str().expect("a message has a body").to_owned();
    messages(world, url).await.iter().map(body).collect()
}

/// As [`bodies`], read as JSON.
pub async fn documents(world: &World, url: &str) -> Vec<Value> {
    let read = |body: &String| serde_json::from_str(body).expect("the body is JSON");
    bodies(world, url).await.iter().map(read).collect()
}
