//! ConfirmSubscription.

use cloud::caller::Principal;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::{self, SubscriptionRow};
use crate::topic;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    topic_arn: String,
    #[shape(default)]
    token: String,
    authenticate_on_unsubscribe: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    subscription_arn: String,
}

/// Confirms a subscription by the token that its endpoint got. The token is all that it takes.
pub(crate) struct ConfirmSubscription;

impl Operation for ConfirmSubscription {
    const NAME: &'static str = "ConfirmSubscription";
    const KIND: Kind = Kind::Write;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(topic::resource(&input.topic_arn))
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        let Ok(arn) = input.topic_arn.parse::<Arn>() else { return Ok(None) };
        Ok(find(cx, &arn, &input.token)
            .await?
            .map(|_| super::open_to_all("ConfirmSubscription", arn.as_str())))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let arn = topic::parse(cx, "TopicArn", &input.topic_arn)?;
        let mut row = find(cx, &arn, &input.token).await?.ok_or_else(|| Error::invalid("Token"))?;
        if row.pending {
            let signed = cx.caller().principal != Principal::Anonymous;
            row.pending = false;
            row.authenticated = signed;
            row.guarded = signed && input.authenticate_on_unsubscribe.as_deref() == Some("true");
            table::put(cx.tx(), &row).await?;
        }
        Ok(Output { subscription_arn: row.arn() })
    }
}

/// The subscription with this token.
async fn find(cx: &mut Cx, topic: &Arn, token: &str) -> Result<Option<SubscriptionRow>, Error> {
    let key = (topic.account(), topic.region(), topic.resource(), token);
    Ok(table::find(cx.tx(), keys::BY_TOKEN, key).await?)
}
