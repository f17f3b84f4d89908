//! CreateQueue.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::QueueRow;
use crate::queue;

#[derive(Shape)]
pub(crate) struct Input {
    queue_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    queue_url: String,
}

pub(crate) struct CreateQueue;

impl Operation for CreateQueue {
    const NAME: &'static str = "CreateQueue";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(cx.arn("sqs", &input.queue_name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        queue::check_name(&input.queue_name)?;
        let row = QueueRow {
            account: cx.account().to_owned(),
            region: cx.region().to_owned(),
            name: input.queue_name,
            created_at_millis: cx.now().millis(),
        };
        table::insert(cx.tx(), &row).await?;
        Ok(Output { queue_url: queue::url(cx.cloud().endpoint(), &row.account, &row.name) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn answers_the_url() {
        let world = World::new(&[&crate::SQS]).await;
        let answer = world.ok("sqs", "CreateQueue", json!({"QueueName": "jobs"})).await;
        assert_eq!(answer, json!({"QueueUrl": "http://127.0.0.1:4566/000000000000/jobs"}));
    }

    #[tokio::test]
    async fn refuses_bad_names() {
        let world = World::new(&[&crate::SQS]).await;
        let (code, message) = world.error("sqs", "CreateQueue", json!({"QueueName": "a b"})).await;
        assert_eq!(code, "InvalidParameterValue");
        assert_eq!(
            message,
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        );
    }
}
