//! UntagResource.

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::topic;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1011)]
    resource_arn: String,
    tag_keys: Vec<String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Takes tags from a topic.
pub(crate) struct UntagResource;

impl Operation for UntagResource {
    const NAME: &'static str = "UntagResource";
    const KIND: Kind = Kind::Write;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(topic::resource(&input.resource_arn))
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::tag_keys(&input.tag_keys)])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut row = super::tagged(cx, &input.resource_arn).await?;
        row.tags.retain(|key, _| !input.tag_keys.contains(key));
        table::put(cx.tx(), &row).await?;
        Ok(Output)
    }
}
