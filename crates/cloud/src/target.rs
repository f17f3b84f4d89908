//! From an ARN to the operation that delivers to it.

use serde_json::{Value, json};

use crate::arn::Arn;

/// An operation with its input: data that can wait in the outbox.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Target {
    /// The service.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// The input, as JSON.
    pub input: Value,
}

/// An ARN to which this cloud cannot deliver.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing can be delivered to `{0}`")]
pub struct Undeliverable(pub String);

impl Target {
    /// The operation that delivers `payload` to the resource at `arn`.
    pub fn of(arn: &Arn, payload: &str) -> Result<Self, Undeliverable> {
        let (operation, input) = match arn.service() {
            "lambda" if arn.resource().starts_with("function:") => {
                ("AcceptEvent", json!({"FunctionName": arn.as_str(), "Event": payload}))
            }
            "sqs" => ("SendMessage", json!({"QueueUrl": queue_url(arn), "MessageBody": payload})),
            "sns" => ("Publish", json!({"TopicArn": arn.as_str(), "Message": payload})),
            _ => return Err(Undeliverable(arn.to_string())),
        };
        Ok(Self { service: arn.service().to_owned(), operation: operation.to_owned(), input })
    }
}

/// A queue's URL without a host: SQS takes the account and name from the path.
fn queue_url(arn: &Arn) -> String {
    format!("/{}/{}", arn.account(), arn.resource())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues_get_messages() {
        let arn = "arn:aws:sqs:us-east-1:000000000000:jobs".parse().unwrap();
        let target = Target::of(&arn, "hi").unwrap();
        assert_eq!(target.operation, "SendMessage");
        assert_eq!(target.input, json!({"QueueUrl": "/000000000000/jobs", "MessageBody": "hi"}));
    }

    #[test]
    fn functions_get_events() {
        let arn = "arn:aws:lambda:us-east-1:000000000000:function:f:live".parse().unwrap();
        let target = Target::of(&arn, "{}").unwrap();
        assert_eq!(target.operation, "AcceptEvent");
        assert_eq!(target.input, json!({"FunctionName": arn.as_str(), "Event": "{}"}));
    }

    #[test]
    fn other_resources_are_refused() {
        let arn: Arn = "arn:aws:s3:::bucket".parse().unwrap();
        assert_eq!(Target::of(&arn, ""), Err(Undeliverable("arn:aws:s3:::bucket".to_owned())));
    }
}
