//! DescribeArchive.

use cloud::prelude::*;
use store::layer::counter;

use crate::archive;
use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=48, pattern = r"[\.\-_A-Za-z0-9]+")]
    archive_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    archive_arn: String,
    archive_name: String,
    event_source_arn: String,
    description: Option<String>,
    event_pattern: Option<String>,
    state: String,
    retention_days: i32,
    size_bytes: i64,
    event_count: i64,
    creation_time: Timestamp,
}

/// Describes an archive.
///
/// Differs from AWS: size and number of events are exact at once.
pub(crate) struct DescribeArchive;

impl Operation for DescribeArchive {
    const NAME: &'static str = "DescribeArchive";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(archive::arn(cx, &input.archive_name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = archive::open(cx, &input.archive_name).await?;
        let [events, bytes] = row.counters();
        Ok(Output {
            archive_arn: archive::arn(cx, &row.name).to_string(),
            event_source_arn: crate::bus::arn(cx, &row.bus).to_string(),
            size_bytes: counter::get(cx.tx(), &bytes).await?,
            event_count: counter::get(cx.tx(), &events).await?,
            archive_name: row.name,
            description: row.description,
            event_pattern: row.pattern,
            state: "ENABLED".to_owned(),
            retention_days: row.retention_days,
            creation_time: Timestamp::from_millis(row.created_at_millis),
        })
    }
}
