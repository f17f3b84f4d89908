//! GetSchedule.

use cloud::prelude::*;

use crate::error::Error;
use crate::group::DEFAULT;
use crate::schedule;
use crate::shapes::{self, ActionAfterCompletion, FlexibleTimeWindow, Mode, State, Target};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=64, pattern = r"^[0-9a-zA-Z-_.]+$")]
    name: String,
    #[shape(querystring = "groupName", len = 1..=64, pattern = r"^[0-9a-zA-Z-_.]+$")]
    group_name: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    arn: String,
    group_name: String,
    name: String,
    schedule_expression: String,
    start_date: Option<Timestamp>,
    end_date: Option<Timestamp>,
    description: Option<String>,
    schedule_expression_timezone: String,
    state: State,
    creation_date: Timestamp,
    last_modification_date: Timestamp,
    kms_key_arn: Option<String>,
    target: Target,
    flexible_time_window: FlexibleTimeWindow,
    action_after_completion: ActionAfterCompletion,
}

/// Shows a schedule.
pub(crate) struct GetSchedule;

impl Operation for GetSchedule {
    const NAME: &'static str = "GetSchedule";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/schedules/{Name}"));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(schedule::arn(cx, input.group_name.as_deref().unwrap_or(DEFAULT), &input.name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let group = input.group_name.as_deref().unwrap_or(DEFAULT);
        let row = schedule::open(cx, group, &input.name).await?;
        Ok(Output {
            arn: row.arn(),
            state: shapes::state(&row),
            group_name: row.group,
            name: row.name,
            schedule_expression: row.expression,
            start_date: row.start_millis.map(Timestamp::from_millis),
            end_date: row.end_millis.map(Timestamp::from_millis),
            description: row.description,
            schedule_expression_timezone: row.timezone,
            creation_date: Timestamp::from_millis(row.created_at_millis),
            last_modification_date: Timestamp::from_millis(row.modified_at_millis),
            kms_key_arn: row.kms_key,
            target: row.target.into(),
            flexible_time_window: FlexibleTimeWindow {
                mode: if row.window_minutes.is_some() { Mode::Flexible } else { Mode::Off },
                maximum_window_in_minutes: row.window_minutes,
            },
            action_after_completion: if row.deletes_itself {
                ActionAfterCompletion::Delete
            } else {
                ActionAfterCompletion::None
            },
        })
    }
}
