//! TagResource.

use std::collections::BTreeMap;

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::{group, tags};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(len = 1..=1011, pattern = "[\\w+=/:,.@-]*")]
    resource_arn: String,
    #[shape(len = 1..=50)]
    tags: BTreeMap<String, String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Adds tags to a group.
pub(crate) struct TagResource;

impl Operation for TagResource {
    const NAME: &'static str = "TagResource";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(group::arn(cx, tags::group_of(&input.resource_arn)?).into())
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::request_tags(&input.tags)])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut group = tags::open(cx, &input.resource_arn).await?;
        tags::add(&mut group, input.tags)?;
        table::put(cx.tx(), &group).await?;
        Ok(Output)
    }
}
