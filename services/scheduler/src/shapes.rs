//! What several operations take and show.

use cloud::prelude::*;
use serde_json::Value;

use crate::error::Error;
use crate::keys::{ScheduleRow, TargetRow};

/// A tag.
#[derive(Clone, Debug, Shape)]
pub(crate) struct Tag {
    #[shape(len = 1..=128)]
    pub(crate) key: String,
    #[shape(len = 1..=256)]
    pub(crate) value: String,
}

/// Whether a schedule has a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Mode {
    Off,
    Flexible,
}

/// Whether a schedule is invoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum State {
    Enabled,
    Disabled,
}

/// What becomes of a schedule after its last invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ActionAfterCompletion {
    None,
    Delete,
}

/// When a schedule may be invoked, after its time.
#[derive(Clone, Debug, Shape)]
pub(crate) struct FlexibleTimeWindow {
    pub(crate) mode: Mode,
    #[shape(range = 1..=1440)]
    pub(crate) maximum_window_in_minutes: Option<i32>,
}

impl FlexibleTimeWindow {
    /// Its length.
    pub(crate) fn minutes(&self) -> Result<Option<i32>, Error> {
        match (self.mode, self.maximum_window_in_minutes) {
            (Mode::Off, None) => Ok(None),
            (Mode::Flexible, Some(minutes)) => Ok(Some(minutes)),
            (Mode::Off, Some(_)) => {
                Err(Error::invalid("MaximumWindowInMinutes cannot be set when FlexibleTimeWindowMode is OFF"))
            }
            (Mode::Flexible, None) => Err(Error::invalid(
                "MaximumWindowInMinutes must be provided when FlexibleTimeWindowMode is set to FLEXIBLE",
            )),
        }
    }
}

/// What a schedule calls.
#[derive(Clone, Debug, Shape)]
pub(crate) struct Target {
    #[shape(len = 1..=1600)]
    pub(crate) arn: String,
    #[shape(len = 1..=1600, pattern = r"^arn:aws(-[a-z]+)?:iam::\d{12}:role\/[\w+=,.@\/-]+$")]
    pub(crate) role_arn: String,
    pub(crate) dead_letter_config: Option<DeadLetterConfig>,
    pub(crate) retry_policy: Option<RetryPolicy>,
    #[shape(len = 1..)]
    pub(crate) input: Option<String>,
    pub(crate) ecs_parameters: Option<Value>,
    pub(crate) event_bridge_parameters: Option<EventBridgeParameters>,
    pub(crate) kinesis_parameters: Option<KinesisParameters>,
    pub(crate) sage_maker_pipeline_parameters: Option<Value>,
    pub(crate) sqs_parameters: Option<SqsParameters>,
}

/// Where invocations that failed go.
#[derive(Clone, Debug, Shape)]
pub(crate) struct DeadLetterConfig {
    #[shape(len = 1..=1600, pattern = r"^arn:aws(-[a-z]+)?:sqs:[a-z0-9\-]+:\d{12}:[a-zA-Z0-9\-_]+$")]
    pub(crate) arn: Option<String>,
}

/// How long an invocation is tried.
#[derive(Clone, Debug, Shape)]
pub(crate) struct RetryPolicy {
    #[shape(range = 60..=86400)]
    pub(crate) maximum_event_age_in_seconds: Option<i32>,
    #[shape(range = 0..=185)]
    pub(crate) maximum_retry_attempts: Option<i32>,
}

/// What an event for a bus needs.
#[derive(Clone, Debug, Shape)]
pub(crate) struct EventBridgeParameters {
    #[shape(len = 1..=128)]
    pub(crate) detail_type: String,
    #[shape(len = 1..=256, pattern = r"^(?=[/\.\-_A-Za-z0-9]+)((?!aws\.).*)|(\$(\.[\w_-]+(\[(\d+|\*)\])*)*)$")]
    pub(crate) source: String,
}

/// What a stream needs.
#[derive(Clone, Debug, Shape)]
pub(crate) struct KinesisParameters {
    #[shape(len = 1..=256)]
    pub(crate) partition_key: String,
}

/// What a FIFO queue needs.
#[derive(Clone, Debug, Shape)]
pub(crate) struct SqsParameters {
    #[shape(len = 1..=128)]
    pub(crate) message_group_id: Option<String>,
}

impl Target {
    /// What is stored of it.
    pub(crate) fn into_row(self) -> Result<TargetRow, Error> {
        for (what, given) in [
            ("EcsParameters", self.ecs_parameters.is_some()),
            ("SageMakerPipelineParameters", self.sage_maker_pipeline_parameters.is_some()),
        ] {
            if given {
                return Err(Error::unsupported(what));
            }
        }
        let retry = self.retry_policy;
        Ok(TargetRow {
            arn: self.arn,
            role_arn: self.role_arn,
            input: self.input,
            message_group: self.sqs_parameters.and_then(|parameters| parameters.message_group_id),
            partition_key: self.kinesis_parameters.map(|parameters| parameters.partition_key),
            event: self.event_bridge_parameters.map(|parameters| (parameters.detail_type, parameters.source)),
            retries: retry.as_ref().and_then(|retry| retry.maximum_retry_attempts),
            age_seconds: retry.as_ref().and_then(|retry| retry.maximum_event_age_in_seconds),
            dead_letter: self.dead_letter_config.and_then(|config| config.arn),
        })
    }
}

impl From<TargetRow> for Target {
    fn from(row: TargetRow) -> Self {
        Self {
            arn: row.arn,
            role_arn: row.role_arn,
            dead_letter_config: row.dead_letter.map(|arn| DeadLetterConfig { arn: Some(arn) }),
            // AWS shows the defaults (recorded by terraform-provider-aws: 86400 and 185).
            retry_policy: Some(RetryPolicy {
                maximum_event_age_in_seconds: Some(row.age_seconds.unwrap_or(crate::limits::AGE_SECONDS)),
                maximum_retry_attempts: Some(row.retries.unwrap_or(crate::limits::RETRIES)),
            }),
            input: row.input,
            ecs_parameters: None,
            event_bridge_parameters: row
                .event
                .map(|(detail_type, source)| EventBridgeParameters { detail_type, source }),
            kinesis_parameters: row.partition_key.map(|partition_key| KinesisParameters { partition_key }),
            sage_maker_pipeline_parameters: None,
            sqs_parameters: row.message_group.map(|group| SqsParameters { message_group_id: Some(group) }),
        }
    }
}

/// The state of a schedule.
pub(crate) fn state(row: &ScheduleRow) -> State {
    if row.enabled { State::Enabled } else { State::Disabled }
}
