//! DescribeSubscriptionFilters.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};

use super::put_subscription_filter::Distribution;
use crate::error::Error;
use crate::group;
use crate::keys::SubscriptionRow;
use crate::limits::DESCRIBE_MAX;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(len = 1..=512, pattern = r"[\.\-_/#A-Za-z0-9]+")]
    log_group_name: String,
    #[shape(len = 1..=512, pattern = "[^:*]*")]
    filter_name_prefix: Option<String>,
    #[shape(len = 1..)]
    next_token: Option<String>,
    #[shape(range = 1..=50)]
    limit: Option<i32>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    subscription_filters: Vec<SubscriptionFilter>,
    next_token: Option<String>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct SubscriptionFilter {
    filter_name: String,
    log_group_name: String,
    filter_pattern: String,
    destination_arn: String,
    role_arn: Option<String>,
    distribution: Distribution,
    apply_on_transformed_logs: bool,
    creation_time: i64,
}

/// Describes the subscription filters of a group, by name.
pub(crate) struct DescribeSubscriptionFilters;

impl Operation for DescribeSubscriptionFilters {
    const NAME: &'static str = "DescribeSubscriptionFilters";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(group::access_arn(cx, &input.log_group_name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let group = group::open(cx, &input.log_group_name).await?;
        let after = Cursor::of_token(input.next_token.as_deref(), Error::token)?;
        let paging = Paging::after(input.limit.unwrap_or(DESCRIBE_MAX) as usize, after);
        let prefix = input.filter_name_prefix.as_deref().unwrap_or("");
        let page = table::list_starting::<SubscriptionRow>(cx.tx(), group.id, prefix, &paging).await?;
        let shown = |row: SubscriptionRow| SubscriptionFilter {
            filter_name: row.name,
            log_group_name: group.name.clone(),
            filter_pattern: row.pattern,
            destination_arn: row.destination_arn,
            role_arn: row.role_arn,
            distribution: if row.by_stream { Distribution::ByLogStream } else { Distribution::Random },
            apply_on_transformed_logs: false,
            creation_time: row.created_at_millis,
        };
        Ok(Output {
            subscription_filters: page.items.into_iter().map(shown).collect(),
            next_token: page.next.map(|cursor| cursor.to_text()),
        })
    }
}
