//! RemoveTagsFromResource.

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use super::tagging::{ResourceType, resource, tagged};
use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    resource_type: ResourceType,
    resource_id: String,
    #[shape(each(len = 1..=128))]
    tag_keys: Vec<String>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct RemoveTagsFromResource;

impl Operation for RemoveTagsFromResource {
    const NAME: &'static str = "RemoveTagsFromResource";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(resource(cx, &input.resource_id))
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::tag_keys(&input.tag_keys)])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut row = tagged(cx, input.resource_type, &input.resource_id).await?;
        row.tags.retain(|key, _| !input.tag_keys.contains(key));
        table::put(cx.tx(), &row).await?;
        Ok(Output {})
    }
}
