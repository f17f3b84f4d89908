//! ListTagsForResource.

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::error::Error;
use crate::{group, tags};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(len = 1..=1011, pattern = "[\\w+=/:,.@-]*")]
    resource_arn: String,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    tags: BTreeMap<String, String>,
}

/// Lists the tags of a group.
pub(crate) struct ListTagsForResource;

impl Operation for ListTagsForResource {
    const NAME: &'static str = "ListTagsForResource";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(group::arn(cx, tags::group_of(&input.resource_arn)?).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        Ok(Output { tags: tags::open(cx, &input.resource_arn).await?.tags })
    }
}
