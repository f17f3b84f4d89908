//! Unsubscribe.

use cloud::caller::Principal;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::{SubscriptionRow, TopicRow};
use crate::{fanout, subscription};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    subscription_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Ends a subscription; one that is gone already is fine. Who follows its link need not sign, unless who confirmed it
/// asked for that.
pub(crate) struct Unsubscribe;

impl Operation for Unsubscribe {
    const NAME: &'static str = "Unsubscribe";
    const KIND: Kind = Kind::Write;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        if cx.caller().principal != Principal::Anonymous {
            return Ok(None);
        }
        let row = match subscription::find(cx, &input.subscription_arn).await {
            Ok(row) => row.filter(|row| !row.guarded && !row.pending),
            // What is wrong with it is told after access is decided.
            Err(Error::Invalid(_)) => None,
            Err(error) => return Err(error),
        };
        Ok(row.map(|_| super::open_to_all("Unsubscribe", "*")))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let Some(row) = subscription::find(cx, &input.subscription_arn).await? else { return Ok(Output) };
        let key = (row.account.as_str(), row.region.as_str(), row.topic.as_str(), row.id.as_str());
        table::delete::<SubscriptionRow>(cx.tx(), key).await?;
        let topic: Option<TopicRow> =
            table::get(cx.tx(), (row.account.as_str(), row.region.as_str(), row.topic.as_str())).await?;
        if let Some(mut topic) = topic {
            topic.deleted += 1;
            table::put(cx.tx(), &topic).await?;
            // Somebody may have found the link; the endpoint hears of it.
            if cx.caller().principal == Principal::Anonymous {
                fanout::confirm(cx, &topic, &row, true).await?;
            }
        }
        Ok(Output)
    }
}
