//! AddPermission.

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
    #[shape(default, flat, name = "AWSAccountIds", query_name = "AWSAccountId")]
    account_ids: Vec<String>,
    #[shape(default, flat, query_name = "ActionName")]
    actions: Vec<String>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct AddPermission;

impl Operation for AddPermission {
    const NAME: &'static str = "AddPermission";
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
        let policy = queue.attributes.get("Policy").map(String::as_str);
        let policy = permission::add(policy, &queue.arn(), &input.label, &input.account_ids, &input.actions)?;
        queue.attributes.insert("Policy".to_owned(), policy);
        table::put(cx.tx(), &queue).await?;
        Ok(Output {})
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::tests::{queue, world};

    #[tokio::test]
    async fn permissions_stand_in_the_policy() {
        let world = world().await;
        let url = queue(&world, "q", json!({})).await;
        let input = json!({"QueueUrl": url, "Label": "l", "AWSAccountIds": ["111111111111"], "Actions": ["ReceiveMessage"]});
        world.ok("sqs", "AddPermission", input.clone()).await;
        let asked = json!({"QueueUrl": url, "AttributeNames": ["Policy"]});
        let answer = world.ok("sqs", "GetQueueAttributes", asked.clone()).await;
        let policy: Value = serde_json::from_str(answer["Attributes"]["Policy"].as_str().unwrap()).unwrap();
        assert_eq!(policy["Statement"][0]["Principal"], json!({"AWS": "arn:aws:iam::111111111111:root"}));
        let (_, message) = world.error("sqs", "AddPermission", input).await;
        assert_eq!(message, "Value l for parameter Label is invalid. Reason: Already exists.");
        world.ok("sqs", "RemovePermission", json!({"QueueUrl": url, "Label": "l"})).await;
        assert_eq!(world.ok("sqs", "GetQueueAttributes", asked).await, json!({}));
    }
}
