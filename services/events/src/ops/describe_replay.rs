//! DescribeReplay.

use cloud::prelude::*;

use super::start_replay::Destination;
use crate::error::Error;
use crate::{archive, bus};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64, pattern = r"[\.\-_A-Za-z0-9]+")]
    replay_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    replay_name: String,
    replay_arn: String,
    description: Option<String>,
    state: String,
    state_reason: Option<String>,
    event_source_arn: String,
    destination: Destination,
    event_start_time: Timestamp,
    event_end_time: Timestamp,
    event_last_replayed_time: Option<Timestamp>,
    replay_start_time: Timestamp,
    replay_end_time: Option<Timestamp>,
}

/// Describes a replay.
pub(crate) struct DescribeReplay;

impl Operation for DescribeReplay {
    const NAME: &'static str = "DescribeReplay";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(archive::replay_arn(cx, &input.replay_name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = archive::open_replay(cx, &input.replay_name).await?;
        Ok(Output {
            replay_arn: archive::replay_arn(cx, &row.name).to_string(),
            event_source_arn: archive::arn(cx, &row.archive).to_string(),
            destination: Destination {
                arn: bus::arn(cx, &row.bus).to_string(),
                filter_arns: Some(row.filters).filter(|filters| !filters.is_empty()),
            },
            replay_name: row.name,
            description: row.description,
            state: row.state,
            state_reason: row.state_reason,
            event_start_time: Timestamp::from_millis(row.from_millis),
            event_end_time: Timestamp::from_millis(row.to_millis),
            event_last_replayed_time: row.last_millis.map(Timestamp::from_millis),
            replay_start_time: Timestamp::from_millis(row.started_at_millis),
            replay_end_time: row.ended_at_millis.map(Timestamp::from_millis),
        })
    }
}
