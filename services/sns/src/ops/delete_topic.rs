//! DeleteTopic.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::{SequenceRow, SubscriptionRow, TopicRow};
use crate::topic;

/// Subscriptions that are deleted at once.
const SLICE: usize = 500;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    topic_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes a topic with its subscriptions; one that is gone already is fine.
pub(crate) struct DeleteTopic;

impl Operation for DeleteTopic {
    const NAME: &'static str = "DeleteTopic";
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
        let arn = topic::parse(cx, "TopicArn", &input.topic_arn)?;
        let Some(row) = topic::find(cx, &arn).await? else { return Ok(Output) };
        let key = (row.account.as_str(), row.region.as_str(), row.name.as_str());
        while table::delete_under::<SubscriptionRow>(cx.tx(), key, SLICE).await? {}
        table::delete::<SequenceRow>(cx.tx(), &row.id).await?;
        table::delete::<TopicRow>(cx.tx(), key).await?;
        Ok(Output)
    }
}
