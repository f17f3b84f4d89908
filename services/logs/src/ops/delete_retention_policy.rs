//! DeleteRetentionPolicy.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::group;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(len = 1..=512, pattern = r"[\.\-_/#A-Za-z0-9]+")]
    log_group_name: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Keeps the events of a group for ever.
pub(crate) struct DeleteRetentionPolicy;

impl Operation for DeleteRetentionPolicy {
    const NAME: &'static str = "DeleteRetentionPolicy";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(group::access_arn(cx, &input.log_group_name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut group = group::open(cx, &input.log_group_name).await?;
        group.retention_days = None;
        table::put(cx.tx(), &group).await?;
        Ok(Output)
    }
}
