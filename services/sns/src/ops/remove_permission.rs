//! RemovePermission.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::{permission, topic};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    topic_arn: String,
    #[shape(default)]
    label: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Removes a statement from a topic's policy.
pub(crate) struct RemovePermission;

impl Operation for RemovePermission {
    const NAME: &'static str = "RemovePermission";
    const KIND: Kind = Kind::Write;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(topic::resource(&input.topic_arn))
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        topic::policy(cx, &input.topic_arn).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut row = topic::open(cx, "TopicArn", &input.topic_arn).await?;
        let policy = permission::remove(&row, &input.label)?;
        row.attributes.insert("Policy".to_owned(), policy);
        table::put(cx.tx(), &row).await?;
        Ok(Output)
    }
}
