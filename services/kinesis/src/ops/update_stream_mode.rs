//! UpdateStreamMode.

use cloud::prelude::*;
use store::layer::table;

use crate::account::{self, Usage};
use crate::error::Error;
use crate::keys::{Change, Mode};
use crate::limits::MODE_CHANGES_MAX;
use crate::names::{self, StreamName};
use crate::settings::StreamModeDetails;
use crate::stream;
use crate::streams;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(name = "StreamARN", len = 1..=2048, pattern = r"arn:aws.*:kinesis:.*:\d{12}:stream/\S+")]
    stream_arn: String,
    #[shape(len = 1..=24, pattern = "[a-z0-9]{20}-[a-z0-9]{3}")]
    stream_id: Option<String>,
    stream_mode_details: StreamModeDetails,
    #[shape(name = "WarmThroughputMiBps", range = 0..)]
    warm_throughput_mibps: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct UpdateStreamMode;

impl Operation for UpdateStreamMode {
    const NAME: &'static str = "UpdateStreamMode";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(names::resource_of(cx, &input.stream_arn))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        streams::terms(cx, None, Some(&input.stream_arn)).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let now = cx.now().millis();
        let name = StreamName::pick(cx, None, Some(&input.stream_arn), input.stream_id.as_deref())?;
        let stream = streams::open(cx, &name).await?;
        if input.warm_throughput_mibps.is_some() {
            return Err(account::no_commitment());
        }
        stream.row.must_be_active(now)?;
        let mode = input.stream_mode_details.stream_mode.stored();
        if mode == stream.row.mode {
            return Err(Error::invalid(format!(
                "Stream {} under account {} is already in this mode.",
                name.name, name.account
            )));
        }
        let mut row = stream.row.clone();
        if !stream::count_in_day(&mut row.mode_changed_at_millis, MODE_CHANGES_MAX, now) {
            return Err(Error::Limit(format!(
                "The mode of stream {} under account {} can only be changed {MODE_CHANGES_MAX} times in 24 hours.",
                name.name, name.account
            )));
        }
        if mode == Mode::OnDemand {
            Usage::of(cx).await?.check_on_demand()?;
        } else {
            Usage::of(cx).await?.check_shards(cx, i64::from(row.open_shards))?;
        }
        row.mode = mode;
        row.touch(Change::Updating, now);
        table::put(cx.tx(), &row).await?;
        Ok(Output {})
    }
}
