//! What SNS promises when things are interrupted.

use std::collections::BTreeMap;

use super::*;

/// Messages published, queues that come and go, deliveries that are held up: each message is in each queue once, or in
/// the queue for the dead once.
#[tokio::test]
async fn no_message_is_lost_or_doubled() {
    for seed in 1..=8 {
        println!("seed {seed}");
        let world = World::with_seed(&[&crate::SNS, &sqs::SQS], seed).await;
        let chance = world.cloud().chance();
        let arn = topic(&world, "t", json!({})).await;
        let (dead_url, dead_arn) = queue(&world, "dead").await;
        let redrive = json!({"deadLetterTargetArn": dead_arn}).to_string();
        let attributes = json!({"RawMessageDelivery": "true", "RedrivePolicy": redrive});
        let mut urls = Vec::new();
        for number in 0..3 {
            let (url, queue) = queue(&world, &format!("q{number}")).await;
            subscribe(&world, &arn, "sqs", &queue, attributes.clone()).await;
            urls.push(url);
        }
        let mut got: BTreeMap<String, usize> = BTreeMap::new();
        let mut published = 0;
        for _ in 0..60 {
            match chance.number() % 6 {
                0 => {
                    // A queue closes to SNS, or opens again.
                    let url = &urls[usize::try_from(chance.number() % 3).unwrap()];
                    let name = url.rsplit('/').next().unwrap();
                    let effect = if chance.number() % 2 == 0 { "Deny" } else { "Allow" };
                    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Principal": "*",
                        "Action": "sqs:SendMessage", "Resource": format!("arn:aws:sqs:us-east-1:000000000000:{name}")}]});
                    let set = json!({"QueueUrl": url, "Attributes": {"Policy": policy.to_string()}});
                    world.ok("sqs", "SetQueueAttributes", set).await;
                }
                1 => {
                    for body in messages(&world, &urls[0]).await {
                        *got.entry(body["Body"].as_str().unwrap().to_owned()).or_default() += 1;
                    }
                }
                _ => {
                    publish(&world, &arn, &published.to_string()).await;
                    published += 1;
                }
            }
        }
        for url in urls.iter().chain([&dead_url]) {
            for body in bodies(&world, url).await {
                *got.entry(body).or_default() += 1;
            }
        }
        let expected: BTreeMap<String, usize> =
            (0..published).map(|number: u32| (number.to_string(), 3)).collect();
        assert_eq!(got, expected, "seed {seed}");
    }
}
