//! PutRetentionPolicy.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::group;
use crate::limits::RETENTION_DAYS;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(len = 1..=512, pattern = r"[\.\-_/#A-Za-z0-9]+")]
    log_group_name: String,
    retention_in_days: i32,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Says how long events of a group are kept.
pub(crate) struct PutRetentionPolicy;

impl Operation for PutRetentionPolicy {
    const NAME: &'static str = "PutRetentionPolicy";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(group::access_arn(cx, &input.log_group_name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if !RETENTION_DAYS.contains(&input.retention_in_days) {
            let allowed: Vec<_> = RETENTION_DAYS.iter().map(ToString::to_string).collect();
            return Err(Error::invalid(format!(
                "1 validation error detected: Value '{}' at 'retentionInDays' failed to satisfy constraint: \
                 Member must satisfy enum value set: [{}]",
                input.retention_in_days,
                allowed.join(", ")
            )));
        }
        let mut group = group::open(cx, &input.log_group_name).await?;
        group.retention_days = Some(input.retention_in_days);
        table::put(cx.tx(), &group).await?;
        Ok(Output)
    }
}
