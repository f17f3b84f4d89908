//! UpdateArchive.

use cloud::prelude::*;
use store::layer::table;

use crate::archive::{self, Changed};
use crate::error::Error;
use crate::rule;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=48, pattern = r"[\.\-_A-Za-z0-9]+")]
    archive_name: String,
    #[shape(len = 0..=512)]
    description: Option<String>,
    event_pattern: Option<String>,
    #[shape(range = 0..)]
    retention_days: Option<i32>,
    kms_key_identifier: Option<String>,
}

/// Changes an archive; what is in it stays.
pub(crate) struct UpdateArchive;

impl Operation for UpdateArchive {
    const NAME: &'static str = "UpdateArchive";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Changed;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(archive::arn(cx, &input.archive_name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Changed, Error> {
        if input.kms_key_identifier.is_some() {
            return Err(Error::unsupported("a key of KMS"));
        }
        let mut row = archive::open(cx, &input.archive_name).await?;
        if let Some(text) = &input.event_pattern {
            rule::check_pattern(text)?;
        }
        row.description = input.description.or(row.description);
        row.pattern = input.event_pattern.or(row.pattern);
        row.retention_days = input.retention_days.unwrap_or(row.retention_days);
        table::put(cx.tx(), &row).await?;
        Ok(Changed::of(cx, &row))
    }
}
