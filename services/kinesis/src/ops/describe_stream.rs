//! DescribeStream.

use cloud::prelude::*;

use crate::describe::{self, EnhancedMetrics, Shard};
use crate::error::Error;
use crate::keys::ShardRow;
use crate::limits::DESCRIBE_PAGE;
use crate::names::{self, StreamName};
use crate::reading::EncryptionType;
use crate::settings::StreamModeDetails;
use crate::stream::Status;
use crate::streams;

/// A stream with its shards.
#[derive(Shape)]
pub(crate) struct StreamDescription {
    stream_name: String,
    #[shape(name = "StreamARN")]
    stream_arn: String,
    stream_status: Status,
    stream_mode_details: StreamModeDetails,
    shards: Vec<Shard>,
    has_more_shards: bool,
    retention_period_hours: i32,
    stream_creation_timestamp: Timestamp,
    enhanced_monitoring: Vec<EnhancedMetrics>,
    encryption_type: EncryptionType,
    key_id: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    stream_name: Option<String>,
    #[shape(name = "StreamARN", len = 1..=2048, pattern = r"arn:aws.*:kinesis:.*:\d{12}:stream/\S+")]
    stream_arn: Option<String>,
    #[shape(len = 1..=24, pattern = "[a-z0-9]{20}-[a-z0-9]{3}")]
    stream_id: Option<String>,
    #[shape(range = 1..=10000)]
    limit: Option<i32>,
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    exclusive_start_shard_id: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    stream_description: StreamDescription,
}

pub(crate) struct DescribeStream;

impl Operation for DescribeStream {
    const NAME: &'static str = "DescribeStream";
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
        let after = input.exclusive_start_shard_id.as_deref();
        let after = after.map(|id| stream.index_of(id)).transpose()?;
        let limit =
            usize::try_from(input.limit.unwrap_or(i32::MAX)).unwrap_or(DESCRIBE_PAGE).min(DESCRIBE_PAGE);
        let mut shards: Vec<&ShardRow> =
            stream.shown(now).filter(|shard| after.is_none_or(|after| shard.index > after)).collect();
        let has_more_shards = shards.len() > limit;
        shards.truncate(limit);
        let row = &stream.row;
        Ok(Output {
            stream_description: StreamDescription {
                stream_name: row.name.clone(),
                stream_arn: name.arn().into(),
                stream_status: describe::status(row, now),
                stream_mode_details: StreamModeDetails::of(row.mode),
                shards: shards.into_iter().map(Shard::of).collect(),
                has_more_shards,
                retention_period_hours: row.retention_hours,
                stream_creation_timestamp: Timestamp::from_secs(row.created_at_millis.div_euclid(1000)),
                enhanced_monitoring: describe::monitoring(row),
                encryption_type: EncryptionType::of(row.encryption.is_some()),
                key_id: row.encryption.clone(),
            },
        })
    }
}
