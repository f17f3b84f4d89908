//! ListSubscriptions.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::{BY_OWNER, SubscriptionRow};
use crate::paging;
use crate::subscription::PENDING;

#[derive(Shape)]
pub(crate) struct Input {
    next_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    subscriptions: Vec<Subscription>,
    next_token: Option<String>,
}

/// A subscription, as it is listed.
#[derive(Shape)]
pub(crate) struct Subscription {
    subscription_arn: String,
    owner: String,
    protocol: String,
    endpoint: String,
    topic_arn: String,
}

impl Subscription {
    /// How `row` is listed.
    pub(crate) fn of(row: SubscriptionRow) -> Self {
        Self {
            subscription_arn: if row.pending { PENDING.to_owned() } else { row.arn() },
            topic_arn: row.topic_arn(),
            owner: row.owner,
            protocol: row.protocol,
            endpoint: row.endpoint,
        }
    }
}

/// Lists the subscriptions of the account in the region.
pub(crate) struct ListSubscriptions;

impl Operation for ListSubscriptions {
    const NAME: &'static str = "ListSubscriptions";
    const KIND: Kind = Kind::Read;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let paging = paging::read(input.next_token.as_deref())?;
        let page = table::list_by::<SubscriptionRow>(cx.tx(), BY_OWNER, (&account, &region), &paging).await?;
        let subscriptions = page.items.into_iter().map(Subscription::of).collect();
        Ok(Output { subscriptions, next_token: page.next.map(|next| next.to_text()) })
    }
}
