//! DeleteLogGroup.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::group;
use crate::keys::{self, GroupRow, StreamRow, SubscriptionRow};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(len = 1..=512, pattern = r"[\.\-_/#A-Za-z0-9]+")]
    log_group_name: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes a group with all its streams, events and filters.
pub(crate) struct DeleteLogGroup;

impl Operation for DeleteLogGroup {
    const NAME: &'static str = "DeleteLogGroup";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(group::access_arn(cx, &input.log_group_name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let group = group::open(cx, &input.log_group_name).await?;
        if group.deletion_protection {
            return Err(Error::Protected);
        }
        let tx = cx.tx();
        table::delete::<GroupRow>(tx, (&group.account, &group.region, &group.name)).await?;
        table::delete_under::<StreamRow>(tx, group.id, usize::MAX).await?;
        table::delete_under::<SubscriptionRow>(tx, group.id, usize::MAX).await?;
        tx.delete_range(keys::events_of_group(group.id))?;
        tx.delete(keys::bytes_of_group(group.id))?;
        Ok(Output)
    }
}
