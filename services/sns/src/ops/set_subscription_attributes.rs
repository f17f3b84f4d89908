//! SetSubscriptionAttributes.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::filter::Filter;
use crate::{attributes, subscription};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    subscription_arn: String,
    #[shape(default)]
    attribute_name: String,
    attribute_value: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Changes an attribute of a subscription.
pub(crate) struct SetSubscriptionAttributes;

impl Operation for SetSubscriptionAttributes {
    const NAME: &'static str = "SetSubscriptionAttributes";
    const KIND: Kind = Kind::Write;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut row = subscription::open(cx, &input.subscription_arn).await?;
        let name = input.attribute_name;
        let scope = row.effective("FilterPolicyScope");
        let value = input.attribute_value.unwrap_or_default();
        let value = attributes::of_subscription(&name, value, &row.protocol, &scope)?;
        match value {
            Some(value) => row.attributes.insert(name, value),
            None => row.attributes.remove(&name),
        };
        // A policy that was right for the one scope may be wrong for the other.
        if let Some(policy) = row.attributes.get("FilterPolicy") {
            Filter::read(policy, &row.effective("FilterPolicyScope"))?;
        }
        table::put(cx.tx(), &row).await?;
        Ok(Output)
    }
}
