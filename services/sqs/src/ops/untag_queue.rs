//! UntagQueue.

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::queue;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    queue_url: String,
    #[shape(flat, query_name = "TagKey")]
    tag_keys: Option<Vec<String>>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct UntagQueue;

impl Operation for UntagQueue {
    const NAME: &'static str = "UntagQueue";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        queue::resource(cx, &input.queue_url)
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        let mut terms = queue::terms(cx, &input.queue_url).await?;
        terms.conditions.push(access::tag_keys(input.tag_keys.as_deref().unwrap_or_default()));
        Ok(terms)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut queue = queue::open(cx, &input.queue_url).await?;
        let keys = input.tag_keys.filter(|keys| !keys.is_empty()).ok_or(Error::Missing("TagKeys"))?;
        // A tag that is not there is no error (recorded: test_untag_queue_ignores_non_existing_tag).
        queue.tags.retain(|key, _| !keys.contains(key));
        table::put(cx.tx(), &queue).await?;
        Ok(Output {})
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{queue, world};

    #[tokio::test]
    async fn needs_keys() {
        let world = world().await;
        let url = queue(&world, "q", json!({})).await;
        let (code, _) = world.error("sqs", "UntagQueue", json!({"QueueUrl": url})).await;
        assert_eq!(code, "MissingRequiredParameterException");
    }
}
