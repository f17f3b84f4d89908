//! ListTagsLogGroup.

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::error::Error;
use crate::group;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(len = 1..=512, pattern = r"[\.\-_/#A-Za-z0-9]+")]
    log_group_name: String,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    tags: BTreeMap<String, String>,
}

/// Lists the tags of a group: the old operation.
pub(crate) struct ListTagsLogGroup;

impl Operation for ListTagsLogGroup {
    const NAME: &'static str = "ListTagsLogGroup";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(group::access_arn(cx, &input.log_group_name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        Ok(Output { tags: group::open(cx, &input.log_group_name).await?.tags })
    }
}
