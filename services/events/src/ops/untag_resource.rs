//! UntagResource.

use cloud::access;
use cloud::prelude::*;

use crate::error::Error;
use crate::tags::Tagged;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(name = "ResourceARN", len = 1..=1600)]
    resource_arn: String,
    tag_keys: Vec<String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Takes tags from a bus or rule; keys that it does not have are fine.
pub(crate) struct UntagResource;

impl Operation for UntagResource {
    const NAME: &'static str = "UntagResource";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(super::of_arn(&input.resource_arn))
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::tag_keys(&input.tag_keys)])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut tagged = Tagged::open(cx, &input.resource_arn).await?;
        for key in &input.tag_keys {
            tagged.tags().remove(key);
        }
        tagged.put(cx).await?;
        Ok(Output)
    }
}
