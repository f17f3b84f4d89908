//! StartReplay.

use cloud::prelude::*;
use store::layer::{table, timer};

use crate::error::Error;
use crate::keys::ReplayRow;
use crate::{archive, bus};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64, pattern = r"[\.\-_A-Za-z0-9]+")]
    replay_name: String,
    #[shape(len = 0..=512)]
    description: Option<String>,
    #[shape(len = 1..=1600)]
    event_source_arn: String,
    event_start_time: Timestamp,
    event_end_time: Timestamp,
    destination: Destination,
}

/// Where events are replayed to.
#[derive(Clone, Debug, Shape)]
pub(crate) struct Destination {
    #[shape(len = 1..=1600)]
    pub(crate) arn: String,
    pub(crate) filter_arns: Option<Vec<String>>,
}

#[derive(Shape)]
pub(crate) struct Output {
    replay_arn: String,
    state: String,
    state_reason: Option<String>,
    replay_start_time: Timestamp,
}

/// Sends the events of an archive to their bus again.
pub(crate) struct StartReplay;

impl Operation for StartReplay {
    const NAME: &'static str = "StartReplay";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(archive::replay_arn(cx, &input.replay_name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let bus = archive::bus_of(cx, "Destination.Arn", &input.destination.arn)?;
        bus::open(cx, &bus).await?;
        let name = input.event_source_arn.split_once(":archive/").map(|(_, name)| name);
        let name = name.ok_or_else(|| {
            Error::invalid("Parameter EventSourceArn is not valid. Reason: Must contain an archive ARN.")
        })?;
        let source = match archive::open(cx, name).await {
            Err(Error::NotFound(_)) => {
                let text =
                    format!("Parameter EventSourceArn is not valid. Reason: Archive {name} does not exist.");
                return Err(Error::Invalid(text));
            }
            other => other?,
        };
        if source.bus != bus {
            let text =
                "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.";
            return Err(Error::invalid(text));
        }
        if input.event_start_time >= input.event_end_time {
            let text =
                "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.";
            return Err(Error::invalid(text));
        }
        let now = cx.now();
        let row = ReplayRow {
            account: cx.account().to_owned(),
            region: cx.region().to_owned(),
            name: input.replay_name,
            description: input.description,
            archive: source.name,
            archive_id: source.id,
            bus,
            filters: input.destination.filter_arns.unwrap_or_default(),
            from_millis: input.event_start_time.millis(),
            to_millis: input.event_end_time.millis(),
            state: "STARTING".to_owned(),
            state_reason: None,
            started_at_millis: now.millis(),
            ended_at_millis: None,
            last_millis: None,
            behind: None,
        };
        if !table::insert(cx.tx(), &row).await? {
            return Err(Error::Exists(format!("Replay {} already exists.", row.name)));
        }
        let name = (row.account.as_str(), row.region.as_str(), row.name.as_str());
        timer::set(cx.tx(), archive::TIMER, name, now.millis(), Vec::new()).await?;
        Ok(Output {
            replay_arn: archive::replay_arn(cx, &row.name).to_string(),
            state: row.state,
            state_reason: None,
            replay_start_time: now,
        })
    }
}
