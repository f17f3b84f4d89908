//! DeregisterStreamConsumer.
//!
//! Differs from AWS: the consumer is gone at once and never shows DELETING.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::ConsumerRow;
use crate::streams;
use crate::subscription::Subscriptions;
use crate::target::ConsumerTarget;

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct DeregisterStreamConsumer;

impl Operation for DeregisterStreamConsumer {
    const NAME: &'static str = "DeregisterStreamConsumer";
    const KIND: Kind = Kind::Write;
    type Input = ConsumerTarget;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, _input: &ConsumerTarget) -> Result<Resource, Error> {
        Ok(ConsumerTarget::unknown(cx))
    }

    async fn stored_resource(cx: &mut Cx, input: &ConsumerTarget) -> Result<Resource, Error> {
        input.resource(cx).await
    }

    async fn terms(cx: &mut Cx, input: &ConsumerTarget) -> Result<Terms, Error> {
        input.terms(cx).await
    }

    async fn run(cx: &mut Cx, input: ConsumerTarget) -> Result<Output, Error> {
        let name = input.name(cx).await?;
        let (_, row) = streams::consumer(cx, &name).await?;
        table::delete::<ConsumerRow>(cx.tx(), (&row.stream, &row.name)).await?;
        // A subscription ends when it sees that its consumer is gone.
        let subscriptions = cx.state::<Subscriptions>();
        cx.tx().on_commit(move |_| subscriptions.end(&name.arn()));
        Ok(Output {})
    }
}
