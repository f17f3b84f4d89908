//! DescribeStreamConsumer.

use cloud::prelude::*;

use crate::consumers::Consumer;
use crate::error::Error;
use crate::streams;
use crate::target::ConsumerTarget;

/// A consumer with its stream.
#[derive(Shape)]
pub(crate) struct ConsumerDescription {
    #[shape(flatten)]
    consumer: Consumer,
    #[shape(name = "StreamARN")]
    stream_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    consumer_description: ConsumerDescription,
}

pub(crate) struct DescribeStreamConsumer;

impl Operation for DescribeStreamConsumer {
    const NAME: &'static str = "DescribeStreamConsumer";
    const KIND: Kind = Kind::Read;
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
        let consumer = Consumer::of(&row, cx.now().millis());
        Ok(Output {
            consumer_description: ConsumerDescription { consumer, stream_arn: name.stream.arn().into() },
        })
    }
}
