//! AddPermission.

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
    #[shape(default, name = "AWSAccountId")]
    account_ids: Vec<String>,
    #[shape(default, name = "ActionName")]
    actions: Vec<String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Adds a statement to a topic's policy.
pub(crate) struct AddPermission;

impl Operation for AddPermission {
    const NAME: &'static str = "AddPermission";
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
        let policy = permission::add(&row, &input.label, &input.account_ids, &input.actions)?;
        row.attributes.insert("Policy".to_owned(), policy);
        table::put(cx.tx(), &row).await?;
        Ok(Output)
    }
}
