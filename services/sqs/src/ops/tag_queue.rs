//! TagQueue.

use std::collections::BTreeMap;

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::{queue, tags};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    queue_url: String,
    #[shape(flat, query_name = "Tag", key = "Key", value = "Value")]
    tags: Option<BTreeMap<String, String>>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct TagQueue;

impl Operation for TagQueue {
    const NAME: &'static str = "TagQueue";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        queue::resource(cx, &input.queue_url)
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        let mut terms = queue::terms(cx, &input.queue_url).await?;
        terms.conditions.push(access::request_tags(input.tags.iter().flatten()));
        Ok(terms)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut queue = queue::open(cx, &input.queue_url).await?;
        let tags = input.tags.filter(|tags| !tags.is_empty()).ok_or(Error::Missing("Tags"))?;
        tags::add(&mut queue, tags)?;
        table::put(cx.tx(), &queue).await?;
        Ok(Output {})
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{queue, world};

    #[tokio::test]
    async fn tags_come_and_go() {
        let world = world().await;
        let url = queue(&world, "q", json!({})).await;
        assert_eq!(world.ok("sqs", "ListQueueTags", json!({"QueueUrl": url})).await, json!({}));
        world.ok("sqs", "TagQueue", json!({"QueueUrl": url, "Tags": {"a": "1", "A": "2"}})).await;
        world.ok("sqs", "TagQueue", json!({"QueueUrl": url, "Tags": {"a": "3"}})).await;
        let tags = world.ok("sqs", "ListQueueTags", json!({"QueueUrl": url})).await;
        assert_eq!(tags, json!({"Tags": {"A": "2", "a": "3"}}));
        world.ok("sqs", "UntagQueue", json!({"QueueUrl": url, "TagKeys": ["a", "none"]})).await;
        let tags = world.ok("sqs", "ListQueueTags", json!({"QueueUrl": url})).await;
        assert_eq!(tags, json!({"Tags": {"A": "2"}}));
    }

    #[tokio::test]
    async fn too_many_and_wrong_ones() {
        let world = world().await;
        let url = queue(&world, "q", json!({})).await;
        let many: serde_json::Map<String, _> = (0..51).map(|n| (n.to_string(), json!("v"))).collect();
        for tags in
            [json!(many), json!({"": "v"}), json!({"k".repeat(129): "v"}), json!({"k": "v".repeat(257)})]
        {
            let (code, _) = world.error("sqs", "TagQueue", json!({"QueueUrl": url, "Tags": tags})).await;
            assert_eq!(code, "InvalidParameterValueException");
        }
        let (code, _) = world.error("sqs", "TagQueue", json!({"QueueUrl": url, "Tags": {}})).await;
        assert_eq!(code, "MissingRequiredParameterException");
    }
}
