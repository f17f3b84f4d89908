//! Subscribe.

use std::collections::BTreeMap;

use cloud::prelude::*;
use store::layer::table;
use wire::digest::hex;

use crate::error::Error;
use crate::keys::{self, SubscriptionRow};
use crate::subscription::ANSWER_PENDING;
use crate::{attributes, fanout, subscription, topic};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    topic_arn: String,
    #[shape(default)]
    protocol: String,
    endpoint: Option<String>,
    #[shape(default)]
    attributes: BTreeMap<String, String>,
    return_subscription_arn: Option<bool>,
}

#[derive(Shape)]
pub(crate) struct Output {
    subscription_arn: String,
}

/// Subscribes an endpoint to a topic, or answers the subscription that is there and is as wanted.
///
/// Differs from AWS: the protocols `firehose` and `application` are refused; mails and text messages go to the inbox of
/// this cloud.
pub(crate) struct Subscribe;

impl Operation for Subscribe {
    const NAME: &'static str = "Subscribe";
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

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![
            ("sns:Protocol", vec![input.protocol.clone()]),
            ("sns:Endpoint", input.endpoint.iter().cloned().collect()),
        ])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let topic = topic::open(cx, "TopicArn", &input.topic_arn).await?;
        let endpoint = input.endpoint.unwrap_or_default();
        subscription::check(&topic, &input.protocol, &endpoint)?;
        let given = attributes::of_new_subscription(input.attributes.clone(), &input.protocol)?;
        let show = input.return_subscription_arn == Some(true);
        let key = (&topic.account, &topic.region, &topic.name, format!("{} {endpoint}", input.protocol));
        let there: Option<SubscriptionRow> = table::find(cx.tx(), keys::BY_ENDPOINT, key).await?;
        if let Some(there) = there {
            if input.attributes.keys().any(|name| {
                let wanted = given.get(name).cloned().unwrap_or_default();
                there.effective(name) != wanted
            }) {
                let text = "Attributes Reason: Subscription already exists with different attributes";
                return Err(Error::invalid(text));
            }
            if there.pending {
                fanout::confirm(cx, &topic, &there, false).await?;
            }
            return Ok(answer(&there, show));
        }
        let at_once = subscription::is_confirmed_at_once(cx, &input.protocol, &endpoint);
        let row = SubscriptionRow {
            account: topic.account.clone(),
            region: topic.region.clone(),
            topic: topic.name.clone(),
            id: cx.new_id(),
            owner: cx.account().to_owned(),
            principal: cx.caller().arn(),
            protocol: input.protocol,
            endpoint,
            created_at_millis: cx.now().millis(),
            token: token(cx),
            pending: !at_once,
            authenticated: at_once,
            guarded: at_once,
            attributes: given,
        };
        table::put(cx.tx(), &row).await?;
        if row.pending {
            fanout::confirm(cx, &topic, &row, false).await?;
        }
        Ok(answer(&row, show))
    }
}

/// Bytes of a token: more than anybody can guess.
const TOKEN_BYTES: usize = 64;

fn token(cx: &Cx) -> String {
    let mut bytes = [0; TOKEN_BYTES];
    cx.chance().fill(&mut bytes);
    hex(&bytes)
}

fn answer(row: &SubscriptionRow, show: bool) -> Output {
    let subscription_arn = if row.pending && !show { ANSWER_PENDING.to_owned() } else { row.arn() };
    Output { subscription_arn }
}
