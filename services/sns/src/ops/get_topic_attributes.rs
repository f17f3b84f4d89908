//! GetTopicAttributes.

use std::collections::BTreeMap;

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};

use crate::error::Error;
use crate::keys::{SubscriptionRow, TopicRow};
use crate::{delivery_policy, topic};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    topic_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    attributes: BTreeMap<String, String>,
}

/// Shows a topic.
pub(crate) struct GetTopicAttributes;

impl Operation for GetTopicAttributes {
    const NAME: &'static str = "GetTopicAttributes";
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
        let (mut confirmed, mut pending) = (0_usize, 0_usize);
        let mut after: Option<Cursor> = None;
        loop {
            let key = (row.account.as_str(), row.region.as_str(), row.name.as_str());
            let page = table::list::<SubscriptionRow>(cx.tx(), key, &Paging::after(1000, after)).await?;
            let waiting = page.items.iter().filter(|subscription| subscription.pending).count();
            pending += waiting;
            confirmed += page.items.len() - waiting;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(Output { attributes: shown(&row, confirmed, pending) })
    }
}

/// All attributes as they are shown (recorded: test_create_topic_different_attrs).
fn shown(row: &TopicRow, confirmed: usize, pending: usize) -> BTreeMap<String, String> {
    let mut shown = row.attributes.clone();
    let own = row.attributes.get("DeliveryPolicy").map(String::as_str);
    let delivery = delivery_policy::shown_of_topic(&delivery_policy::effective(own, None));
    shown.entry("DisplayName".to_owned()).or_default();
    if row.is_fifo() {
        shown.insert("FifoTopic".to_owned(), "true".to_owned());
        shown.entry("ContentBasedDeduplication".to_owned()).or_insert_with(|| "false".to_owned());
    }
    for (name, value) in [
        ("EffectiveDeliveryPolicy", delivery.to_string()),
        ("Owner", row.account.clone()),
        ("Policy", row.policy()),
        ("SubscriptionsConfirmed", confirmed.to_string()),
        ("SubscriptionsDeleted", row.deleted.to_string()),
        ("SubscriptionsPending", pending.to_string()),
        ("TopicArn", row.arn()),
    ] {
        shown.insert(name.to_owned(), value);
    }
    shown
}
