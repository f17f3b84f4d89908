//! DeleteSubscriptionFilter.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::group;
use crate::keys::SubscriptionRow;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(len = 1..=512, pattern = r"[\.\-_/#A-Za-z0-9]+")]
    log_group_name: String,
    #[shape(len = 1..=512, pattern = "[^:*]*")]
    filter_name: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes a subscription filter. What is on its way already still arrives.
pub(crate) struct DeleteSubscriptionFilter;

impl Operation for DeleteSubscriptionFilter {
    const NAME: &'static str = "DeleteSubscriptionFilter";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(group::access_arn(cx, &input.log_group_name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let group = group::open(cx, &input.log_group_name).await?;
        let gone = table::delete::<SubscriptionRow>(cx.tx(), (group.id, &input.filter_name)).await?;
        gone.map(|_| Output).ok_or(Error::NoSuchFilter)
    }
}
