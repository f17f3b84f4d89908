//! Event source mappings on the wire.

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::error::Error;
use crate::keys::{MappingRow, MappingState};
use crate::mappings::settings::Source;
use crate::shapes::{Destination, DestinationConfig};

/// `FilterCriteria`.
#[derive(Clone, Debug, Shape)]
pub(crate) struct FilterCriteria {
    pub(crate) filters: Option<Vec<FilterPattern>>,
}

/// `Filter`.
#[derive(Clone, Debug, Shape)]
pub(crate) struct FilterPattern {
    #[shape(len = 0..=4096)]
    pub(crate) pattern: Option<String>,
}

/// `ScalingConfig`.
#[derive(Clone, Debug, Shape)]
pub(crate) struct ScalingConfig {
    #[shape(range = 2..=1000)]
    pub(crate) maximum_concurrency: Option<i32>,
}

/// `EventSourcePosition`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum StartingPosition {
    TrimHorizon,
    Latest,
    AtTimestamp,
}

/// `FunctionResponseType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
pub(crate) enum FunctionResponseType {
    ReportBatchItemFailures,
}

/// `EventSourceMappingConfiguration`.
#[derive(Shape)]
pub(crate) struct Mapping {
    #[shape(name = "UUID")]
    pub(crate) uuid: String,
    pub(crate) event_source_mapping_arn: String,
    pub(crate) event_source_arn: String,
    pub(crate) function_arn: String,
    pub(crate) last_modified: Timestamp,
    pub(crate) last_processing_result: Option<String>,
    pub(crate) state: String,
    pub(crate) state_transition_reason: String,
    pub(crate) batch_size: i32,
    pub(crate) maximum_batching_window_in_seconds: i32,
    pub(crate) filter_criteria: Option<FilterCriteria>,
    pub(crate) function_response_types: Vec<FunctionResponseType>,
    pub(crate) scaling_config: Option<ScalingConfig>,
    pub(crate) starting_position: Option<StartingPosition>,
    pub(crate) starting_position_timestamp: Option<Timestamp>,
    pub(crate) parallelization_factor: Option<i32>,
    pub(crate) bisect_batch_on_function_error: Option<bool>,
    pub(crate) maximum_record_age_in_seconds: Option<i32>,
    pub(crate) maximum_retry_attempts: Option<i32>,
    pub(crate) tumbling_window_in_seconds: Option<i32>,
    pub(crate) destination_config: Option<DestinationConfig>,
}

/// A mapping as it looks on the wire, as it was recorded for the kinds of sources (LocalStack
/// tests/aws/services/lambda_/event_source_mapping).
pub(crate) async fn view(cx: &mut Cx, row: &MappingRow) -> Result<Mapping, Error> {
    let is_stream = !matches!(Source::of(&row.source)?, Source::Queue { .. });
    let last =
        if is_stream { cloud::feed::last_result(cx.tx(), &super::feeds::id(row)).await? } else { None };
    let of_stream = |value: i32| is_stream.then_some(value);
    let filters = row.filters.as_ref().map(|patterns| FilterCriteria {
        filters: Some(
            patterns.iter().map(|pattern| FilterPattern { pattern: Some(pattern.clone()) }).collect(),
        ),
    });
    let on_failure = Destination { destination: row.on_failure.clone() };
    Ok(Mapping {
        uuid: row.id.clone(),
        event_source_mapping_arn: super::arn(cx, &row.id).to_string(),
        event_source_arn: row.source.clone(),
        function_arn: row.function().qualified_arn().to_string(),
        last_modified: Timestamp::from_millis(row.modified_at_millis),
        last_processing_result: is_stream.then(|| last.unwrap_or_else(|| "No records processed".to_string())),
        state: state_name(row.state).to_string(),
        state_transition_reason: if is_stream { "User action" } else { "USER_INITIATED" }.to_string(),
        batch_size: row.batch_size,
        maximum_batching_window_in_seconds: row.window_seconds,
        filter_criteria: filters,
        function_response_types: if row.reports_failures {
            vec![FunctionResponseType::ReportBatchItemFailures]
        } else {
            Vec::new()
        },
        scaling_config: row.concurrency_max.map(|most| ScalingConfig { maximum_concurrency: Some(most) }),
        starting_position: row.start.as_deref().and_then(StartingPosition::from_text),
        starting_position_timestamp: row.start_at_millis.map(Timestamp::from_millis),
        parallelization_factor: of_stream(row.lanes),
        bisect_batch_on_function_error: is_stream.then_some(row.bisect),
        maximum_record_age_in_seconds: of_stream(row.age_seconds),
        maximum_retry_attempts: of_stream(row.retries),
        tumbling_window_in_seconds: of_stream(row.tumbling_seconds),
        destination_config: is_stream
            .then_some(DestinationConfig { on_success: None, on_failure: Some(on_failure) }),
    })
}

fn state_name(state: MappingState) -> &'static str {
    match state {
        MappingState::Creating => "Creating",
        MappingState::Enabling => "Enabling",
        MappingState::Enabled => "Enabled",
        MappingState::Disabling => "Disabling",
        MappingState::Disabled => "Disabled",
        MappingState::Updating => "Updating",
        MappingState::Deleting => "Deleting",
    }
}

/// Tags of a request.
pub(crate) type Tags = BTreeMap<String, String>;
