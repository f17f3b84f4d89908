//! GetQueueUrl.

use cloud::prelude::*;

use crate::error::Error;
use crate::{keys, queue};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    queue_name: String,
    #[shape(name = "QueueOwnerAWSAccountId")]
    owner: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    queue_url: String,
}

pub(crate) struct GetQueueUrl;

impl Operation for GetQueueUrl {
    const NAME: &'static str = "GetQueueUrl";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        if input.queue_name.is_empty() {
            return Err(Error::Missing("QueueName"));
        }
        let account = input.owner.as_deref().unwrap_or_else(|| cx.account());
        Ok(Arn::new("sqs", cx.region(), account, &input.queue_name).into())
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        let account = input.owner.clone().unwrap_or_else(|| cx.account().to_owned());
        queue::terms(cx, &format!("/{account}/{}", input.queue_name)).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let account = input.owner.unwrap_or_else(|| cx.account().to_owned());
        let region = cx.region().to_owned();
        let row =
            keys::find(cx.tx(), &account, &region, &input.queue_name).await?.ok_or(Error::NoSuchQueue)?;
        Ok(Output { queue_url: queue::url(cx.cloud().endpoint(), &row.account, &row.name) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{queue, world};

    #[tokio::test]
    async fn answers_the_url() {
        let world = world().await;
        let url = queue(&world, "q", json!({})).await;
        for owner in [json!(null), json!("000000000000")] {
            let input = json!({"QueueName": "q", "QueueOwnerAWSAccountId": owner});
            assert_eq!(world.ok("sqs", "GetQueueUrl", input).await["QueueUrl"], url);
        }
        let (code, _) = world.error("sqs", "GetQueueUrl", json!({"QueueName": "none"})).await;
        assert_eq!(code, "QueueDoesNotExist");
        let (code, _) = world.error("sqs", "GetQueueUrl", json!({})).await;
        assert_eq!(code, "MissingRequiredParameterException");
    }
}
