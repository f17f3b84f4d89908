//! CreateStream.
//!
//! Differs from AWS: a stream is ready after half a second; an on-demand stream has its four shards for ever and takes its
//! full quota at once, instead of growing with what it takes. A tag on a new stream needs no permission of its own.

use cloud::access;
use cloud::prelude::*;
use std::collections::BTreeMap;

use crate::account::{self, Usage};
use crate::error::Error;
use crate::keys::{Change, StreamRow};
use crate::limits::{ON_DEMAND_SHARDS, RECORD_KIB, RETENTION_HOURS_MIN};
use crate::names::StreamName;
use crate::resharding::Resharding;
use crate::settings::{StreamMode, StreamModeDetails};
use crate::streams;
use crate::tags;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    stream_name: String,
    #[shape(range = 1..)]
    shard_count: Option<i32>,
    stream_mode_details: Option<StreamModeDetails>,
    #[shape(len = 1..=200)]
    tags: Option<BTreeMap<String, String>>,
    #[shape(name = "WarmThroughputMiBps", range = 0..)]
    warm_throughput_mibps: Option<i32>,
    #[shape(name = "MaxRecordSizeInKiB", range = 1024..=10240)]
    max_record_size_in_kib: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct CreateStream;

impl Operation for CreateStream {
    const NAME: &'static str = "CreateStream";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(cx.arn("kinesis", format_args!("stream/{}", input.stream_name)).into())
    }

    async fn conditions(_cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::request_tags(input.tags.iter().flatten())])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let now = cx.now().millis();
        let name = StreamName::own(cx, &input.stream_name);
        if input.warm_throughput_mibps.is_some() {
            return Err(account::no_commitment());
        }
        let mode = input.stream_mode_details.map_or(StreamMode::Provisioned, |details| details.stream_mode);
        let shards = shards(mode, input.shard_count)?;
        let record_kib_max = input.max_record_size_in_kib.unwrap_or(RECORD_KIB);
        let tags = tags::checked(input.tags.unwrap_or_default())?;
        if let Some(stream) = streams::find(cx, &name).await? {
            return Err(Error::InUse(format!(
                "Stream {} under account {} already exists.",
                stream.row.name, stream.row.account
            )));
        }
        let usage = Usage::of(cx).await?;
        usage.check_creating()?;
        match mode {
            StreamMode::Provisioned => usage.check_shards(cx, i64::from(shards))?,
            StreamMode::OnDemand => usage.check_on_demand()?,
        }
        let mut row = StreamRow {
            account: name.account,
            region: name.region,
            name: name.name,
            id: cx.new_id().replace('-', ""),
            created_at_millis: now,
            change: Change::Creating,
            change_until_millis: 0,
            mode: mode.stored(),
            next_shard: 0,
            open_shards: 0,
            retention_hours: RETENTION_HOURS_MIN,
            gone_before_millis: 0,
            record_kib_max,
            encryption: None,
            metrics: Vec::new(),
            tags,
            policy: None,
            resized_at_millis: Vec::new(),
            mode_changed_at_millis: Vec::new(),
        };
        row.touch(Change::Creating, now);
        let mut made = Resharding::new(&row, now);
        made.create(shards);
        streams::reshard(cx, row, made).await?;
        Ok(Output {})
    }
}

/// How many shards a new stream has.
fn shards(mode: StreamMode, asked: Option<i32>) -> Result<u32, Error> {
    match (mode, asked) {
        (StreamMode::Provisioned, Some(count)) => {
            u32::try_from(count).map_err(|_| Error::invalid("ShardCount must be positive."))
        }
        (StreamMode::Provisioned, None) => {
            Err(Error::Validation("ShardCount must be specified for streams in PROVISIONED mode.".to_owned()))
        }
        (StreamMode::OnDemand, None) => Ok(ON_DEMAND_SHARDS),
        (StreamMode::OnDemand, Some(_)) => {
            Err(Error::Validation("ShardCount cannot be specified for streams in ON_DEMAND mode.".to_owned()))
        }
    }
}
