//! TagLogGroup.

use std::collections::BTreeMap;

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::{group, tags};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(len = 1..=512, pattern = r"[\.\-_/#A-Za-z0-9]+")]
    log_group_name: String,
    #[shape(len = 1..=50)]
    tags: BTreeMap<String, String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Adds tags to a group: the old operation.
pub(crate) struct TagLogGroup;

impl Operation for TagLogGroup {
    const NAME: &'static str = "TagLogGroup";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(group::access_arn(cx, &input.log_group_name).into())
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::request_tags(&input.tags)])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut group = group::open(cx, &input.log_group_name).await?;
        tags::add(&mut group, input.tags)?;
        table::put(cx.tx(), &group).await?;
        Ok(Output)
    }
}
