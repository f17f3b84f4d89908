//! ListSubscriptionsByTopic.

use cloud::prelude::*;
use store::layer::table;

use super::list_subscriptions::Subscription;
use crate::error::Error;
use crate::keys::SubscriptionRow;
use crate::{paging, topic};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    topic_arn: String,
    next_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    subscriptions: Vec<Subscription>,
    next_token: Option<String>,
}

/// Lists the subscriptions of a topic.
pub(crate) struct ListSubscriptionsByTopic;

impl Operation for ListSubscriptionsByTopic {
    const NAME: &'static str = "ListSubscriptionsByTopic";
    const KIND: Kind = Kind::Read;

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
        let row = topic::open(cx, "TopicArn", &input.topic_arn).await?;
        let paging = paging::read(input.next_token.as_deref())?;
        let key = (row.account.as_str(), row.region.as_str(), row.name.as_str());
        let page = table::list::<SubscriptionRow>(cx.tx(), key, &paging).await?;
        let subscriptions = page.items.into_iter().map(Subscription::of).collect();
        Ok(Output { subscriptions, next_token: page.next.map(|next| next.to_text()) })
    }
}
