//! GetSubscriptionAttributes.

use std::collections::BTreeMap;

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::{SubscriptionRow, TopicRow};
use crate::{delivery_policy, subscription};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    subscription_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    attributes: BTreeMap<String, String>,
}

/// Shows a subscription.
pub(crate) struct GetSubscriptionAttributes;

impl Operation for GetSubscriptionAttributes {
    const NAME: &'static str = "GetSubscriptionAttributes";
    const KIND: Kind = Kind::Read;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = subscription::open(cx, &input.subscription_arn).await?;
        let topic: Option<TopicRow> =
            table::get(cx.tx(), (row.account.as_str(), row.region.as_str(), row.topic.as_str())).await?;
        Ok(Output { attributes: shown(&row, topic.as_ref()) })
    }
}

/// All attributes as they are shown (recorded: test_subscribe_attributes).
fn shown(row: &SubscriptionRow, topic: Option<&TopicRow>) -> BTreeMap<String, String> {
    let mut shown = row.attributes.clone();
    if matches!(row.protocol.as_str(), "http" | "https") {
        let base = topic.and_then(|topic| topic.attributes.get("DeliveryPolicy")).map(String::as_str);
        let own = row.attributes.get("DeliveryPolicy").map(String::as_str);
        let policy = delivery_policy::shown_of_subscription(&delivery_policy::effective(base, own));
        shown.insert("EffectiveDeliveryPolicy".to_owned(), policy.to_string());
    }
    // A scope says nothing without a policy (recorded: test_set_subscription_filter_policy_scope).
    match row.attributes.contains_key("FilterPolicy") {
        true => shown.insert("FilterPolicyScope".to_owned(), row.effective("FilterPolicyScope")),
        false => shown.remove("FilterPolicyScope"),
    };
    for (name, value) in [
        ("ConfirmationWasAuthenticated", row.authenticated.to_string()),
        ("Endpoint", row.endpoint.clone()),
        ("Owner", row.owner.clone()),
        ("PendingConfirmation", row.pending.to_string()),
        ("Protocol", row.protocol.clone()),
        ("RawMessageDelivery", row.is_raw().to_string()),
        ("SubscriptionArn", row.arn()),
        ("SubscriptionPrincipal", row.principal.clone()),
        ("TopicArn", row.topic_arn()),
    ] {
        shown.insert(name.to_owned(), value);
    }
    shown
}
