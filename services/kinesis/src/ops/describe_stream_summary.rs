//! DescribeStreamSummary.

use cloud::prelude::*;

use crate::consumers;
use crate::describe::{self, EnhancedMetrics};
use crate::error::Error;
use crate::names::{self, StreamName};
use crate::reading::EncryptionType;
use crate::settings::StreamModeDetails;
use crate::stream::Status;
use crate::streams;

/// A stream without its shards.
#[derive(Shape)]
pub(crate) struct StreamDescriptionSummary {
    stream_name: String,
    #[shape(name = "StreamARN")]
    stream_arn: String,
    stream_status: Status,
    stream_mode_details: StreamModeDetails,
    retention_period_hours: i32,
    stream_creation_timestamp: Timestamp,
    enhanced_monitoring: Vec<EnhancedMetrics>,
    encryption_type: EncryptionType,
    key_id: Option<String>,
    open_shard_count: i32,
    consumer_count: i32,
    #[shape(name = "MaxRecordSizeInKiB")]
    max_record_size_in_kib: i32,
}

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    stream_name: Option<String>,
    #[shape(name = "StreamARN", len = 1..=2048, pattern = r"arn:aws.*:kinesis:.*:\d{12}:stream/\S+")]
    stream_arn: Option<String>,
    #[shape(len = 1..=24, pattern = "[a-z0-9]{20}-[a-z0-9]{3}")]
    stream_id: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    stream_description_summary: StreamDescriptionSummary,
}

pub(crate) struct DescribeStreamSummary;

impl Operation for DescribeStreamSummary {
    const NAME: &'static str = "DescribeStreamSummary";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(names::resource(cx, input.stream_name.as_deref(), input.stream_arn.as_deref()))
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        streams::policy(cx, input.stream_name.as_deref(), input.stream_arn.as_deref()).await
    }

    async fn conditions(cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        streams::tags(cx, input.stream_name.as_deref(), input.stream_arn.as_deref()).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = StreamName::pick(
            cx,
            input.stream_name.as_deref(),
            input.stream_arn.as_deref(),
            input.stream_id.as_deref(),
        )?;
        let stream = streams::open(cx, &name).await?;
        let now = cx.now().millis();
        let consumers = consumers::all(cx, &stream.row.id).await?.len();
        let row = &stream.row;
        Ok(Output {
            stream_description_summary: StreamDescriptionSummary {
                stream_name: row.name.clone(),
                stream_arn: name.arn().into(),
                stream_status: describe::status(row, now),
                stream_mode_details: StreamModeDetails::of(row.mode),
                retention_period_hours: row.retention_hours,
                stream_creation_timestamp: Timestamp::from_secs(row.created_at_millis.div_euclid(1000)),
                enhanced_monitoring: describe::monitoring(row),
                encryption_type: EncryptionType::of(row.encryption.is_some()),
                key_id: row.encryption.clone(),
                open_shard_count: i32::try_from(row.open_shards).unwrap_or(i32::MAX),
                consumer_count: i32::try_from(consumers).unwrap_or(i32::MAX),
                max_record_size_in_kib: row.record_kib_max,
            },
        })
    }
}
