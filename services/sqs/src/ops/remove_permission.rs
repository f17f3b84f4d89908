//! RemovePermission.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::{permission, queue};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    queue_url: String,
    #[shape(default)]
    label: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct RemovePermission;

impl Operation for RemovePermission {
    const NAME: &'static str = "RemovePermission";
    const KIND: Kind = Kind::Write;
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
        let mut queue = queue::open(cx, &input.queue_url).await?;
        let policy = queue.attributes.remove("Policy");
        if let Some(left) = permission::remove(policy.as_deref(), &queue.arn(), &input.label)? {
            queue.attributes.insert("Policy".to_owned(), left);
        }
        table::put(cx.tx(), &queue).await?;
        Ok(Output {})
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{queue, world};

    #[tokio::test]
    async fn an_unknown_label() {
        let world = world().await;
        let url = queue(&world, "q", json!({})).await;
        let (code, message) =
            world.error("sqs", "RemovePermission", json!({"QueueUrl": url, "Label": "l"})).await;
        assert_eq!(code, "InvalidParameterValueException");
        // Recorded: test_sqs_permission_lifecycle.
        assert_eq!(message, "Value l for parameter Label is invalid. Reason: can't find label.");
    }
}
