//! SetTopicAttributes.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::{attributes, topic};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    topic_arn: String,
    #[shape(default)]
    attribute_name: String,
    attribute_value: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Changes an attribute of a topic.
pub(crate) struct SetTopicAttributes;

impl Operation for SetTopicAttributes {
    const NAME: &'static str = "SetTopicAttributes";
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

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut row = topic::open(cx, "TopicArn", &input.topic_arn).await?;
        let value = attributes::changed(&input.attribute_name, input.attribute_value, row.is_fifo())?;
        match value {
            Some(value) => row.attributes.insert(input.attribute_name, value),
            None => row.attributes.remove(&input.attribute_name),
        };
        table::put(cx.tx(), &row).await?;
        Ok(Output)
    }
}
