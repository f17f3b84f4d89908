//! ListQueueTags.

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::error::Error;
use crate::queue;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    queue_url: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(flat, xml = "Tag", key = "Key", value = "Value")]
    tags: Option<BTreeMap<String, String>>,
}

pub(crate) struct ListQueueTags;

impl Operation for ListQueueTags {
    const NAME: &'static str = "ListQueueTags";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        queue::resource(cx, &input.queue_url)
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        queue::terms(cx, &input.queue_url).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let queue = queue::open(cx, &input.queue_url).await?;
        Ok(Output { tags: Some(queue.tags).filter(|tags| !tags.is_empty()) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::world;

    #[tokio::test]
    async fn a_queue_that_does_not_exist() {
        let (code, _) = world().await.error("sqs", "ListQueueTags", json!({"QueueUrl": "none"})).await;
        assert_eq!(code, "QueueDoesNotExist");
    }
}
