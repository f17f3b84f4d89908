//! The settings of mappings: what each kind of source allows. Pure.

use std::collections::BTreeMap;

use cloud::feed::Filter;
use cloud::prelude::*;
use serde_json::Value;

use super::shapes::{FilterCriteria, FunctionResponseType, ScalingConfig, StartingPosition};
use crate::error::Error;
use crate::keys::{MappingRow, MappingState};
use crate::limits::{FILTERS_MAX, RECORD_AGE_SECONDS_MIN, TAGS_MAX};
use crate::names::FunctionRef;
use crate::shapes::DestinationConfig;

/// Batches when no size is given: 10 messages, 100 records (API reference, `BatchSize`).
const MESSAGES_DEFAULT: i32 = 10;
const RECORDS_DEFAULT: i32 = 100;
/// The largest batch of a FIFO queue, and of a queue without a window.
const MESSAGES_MAX: i32 = 10;
/// AWS's words for destinations that a source does not have.
const NO_DESTINATION: &str = "Unsupported DestinationConfig parameter for given event source mapping type.";

/// The kinds of sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Queue { is_fifo: bool },
    DynamoDb,
    Kinesis,
}

impl Source {
    /// The kind of the source with this ARN.
    pub(crate) fn of(text: &str) -> Result<Source, Error> {
        let unknown =
            || Error::invalid("Unrecognized event source, must be kinesis, sqs or dynamodb stream.");
        let arn: Arn = text.parse().map_err(|_| unknown())?;
        let resource = arn.resource();
        match arn.service() {
            "sqs" => Ok(Source::Queue { is_fifo: resource.ends_with(".fifo") }),
            "dynamodb" if resource.contains("/stream/") => Ok(Source::DynamoDb),
            "kinesis" if resource.starts_with("stream/") => Ok(Source::Kinesis),
            service @ ("kafka" | "mq" | "rds") => {
                Err(Error::unsupported(&format!("An event source mapping from the service {service}")))
            }
            _ => Err(unknown()),
        }
    }

    fn is_stream(self) -> bool {
        !matches!(self, Source::Queue { .. })
    }
}

/// What both a new and a changed mapping say of themselves. Members that the cloud does not have are here to be refused.
#[derive(Shape)]
pub(crate) struct Change {
    enabled: Option<bool>,
    #[shape(range = 1..=10_000)]
    batch_size: Option<i32>,
    filter_criteria: Option<FilterCriteria>,
    #[shape(range = 0..=300)]
    maximum_batching_window_in_seconds: Option<i32>,
    #[shape(range = 1..=10)]
    parallelization_factor: Option<i32>,
    destination_config: Option<DestinationConfig>,
    #[shape(range = -1..=604_800)]
    maximum_record_age_in_seconds: Option<i32>,
    bisect_batch_on_function_error: Option<bool>,
    #[shape(range = -1..=10_000)]
    maximum_retry_attempts: Option<i32>,
    #[shape(range = 0..=900)]
    tumbling_window_in_seconds: Option<i32>,
    #[shape(len = 0..=1)]
    function_response_types: Option<Vec<FunctionResponseType>>,
    scaling_config: Option<ScalingConfig>,
    #[shape(name = "KMSKeyArn")]
    kms_key_arn: Option<String>,
    source_access_configurations: Option<Value>,
    amazon_managed_kafka_event_source_config: Option<Value>,
    self_managed_kafka_event_source_config: Option<Value>,
    #[shape(name = "DocumentDBEventSourceConfig")]
    document_db_event_source_config: Option<Value>,
    metrics_config: Option<Value>,
    logging_config: Option<Value>,
    provisioned_poller_config: Option<Value>,
}

/// What only a new mapping says.
pub(crate) struct Beginning {
    pub(crate) source: Option<String>,
    pub(crate) start: Option<StartingPosition>,
    pub(crate) start_at: Option<Timestamp>,
    pub(crate) tags: BTreeMap<String, String>,
}

/// Refuses members that the cloud does not have, unless they say nothing.
pub(crate) fn refuse(members: &[(&str, &Option<Value>)]) -> Result<(), Error> {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::Object(members) => members.values().all(|value| value.as_array().is_some_and(Vec::is_empty)),
        Value::Array(list) => list.is_empty(),
        _ => false,
    };
    match members.iter().find(|(_, value)| value.as_ref().is_some_and(|value| !is_empty(value))) {
        Some((name, _)) => Err(Error::unsupported(&format!("{name} of an event source mapping"))),
        None => Ok(()),
    }
}

/// A new mapping.
pub(crate) fn new(
    cx: &Cx,
    function: FunctionRef,
    begin: Beginning,
    change: Change,
) -> Result<MappingRow, Error> {
    change.check_supported()?;
    let text = begin.source.clone().ok_or_else(|| Error::invalid("Unrecognized event source."))?;
    let source = Source::of(&text)?;
    check_start(source, &text, &begin)?;
    if begin.tags.len() > TAGS_MAX {
        return Err(Error::invalid(format!("The number of tags exceeds the limit ({TAGS_MAX})")));
    }
    let row = MappingRow {
        account: function.account,
        region: function.region,
        id: cx.new_id(),
        name: function.name,
        qualifier: function.qualifier,
        source: text,
        enabled: true,
        state: MappingState::Creating,
        revision: String::new(),
        batch_size: if source.is_stream() { RECORDS_DEFAULT } else { MESSAGES_DEFAULT },
        window_seconds: 0,
        filters: None,
        reports_failures: false,
        concurrency_max: None,
        start: begin.start.map(|start| start.as_str().to_string()),
        start_at_millis: begin.start_at.map(Timestamp::millis),
        lanes: 1,
        bisect: false,
        age_seconds: -1,
        retries: -1,
        tumbling_seconds: 0,
        on_failure: None,
        tags: begin.tags,
        modified_at_millis: 0,
    };
    change.apply(cx, row)
}

/// Texts as recorded: LocalStack tests/aws/services/lambda_/event_source_mapping,
/// test_create_starting_position_validation_exceptions.
fn check_start(source: Source, text: &str, begin: &Beginning) -> Result<(), Error> {
    if !source.is_stream() {
        return match (begin.start, begin.start_at) {
            (None, None) => Ok(()),
            _ => Err(Error::invalid("StartingPosition is not valid for SQS event sources.")),
        };
    }
    let Some(start) = begin.start else {
        return Err(Error::invalid(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
        ));
    };
    if start != StartingPosition::AtTimestamp {
        return match begin.start_at {
            None => Ok(()),
            Some(_) => Err(Error::invalid("Timestamp only valid with StartingPosition AT_TIMESTAMP")),
        };
    }
    if source == Source::DynamoDb {
        return Err(Error::invalid(format!("Unsupported starting position for arn type: {text}")));
    }
    match begin.start_at {
        Some(time) if time.millis() >= 0 => Ok(()),
        Some(_) => Err(Error::invalid(
            "Received Exception while reading from provided stream. class java.lang.Long can not be converted to a Timestamp",
        )),
        None => {
            Err(Error::invalid("StartingPositionTimestamp is required with StartingPosition AT_TIMESTAMP"))
        }
    }
}

impl Change {
    /// Refuses what this cloud does not have.
    fn check_supported(&self) -> Result<(), Error> {
        refuse(&[
            ("SourceAccessConfigurations", &self.source_access_configurations),
            ("AmazonManagedKafkaEventSourceConfig", &self.amazon_managed_kafka_event_source_config),
            ("SelfManagedKafkaEventSourceConfig", &self.self_managed_kafka_event_source_config),
            ("DocumentDBEventSourceConfig", &self.document_db_event_source_config),
            ("MetricsConfig", &self.metrics_config),
            ("LoggingConfig", &self.logging_config),
            ("ProvisionedPollerConfig", &self.provisioned_poller_config),
        ])?;
        match &self.kms_key_arn {
            Some(arn) if !arn.is_empty() => Err(Error::unsupported("KMSKeyArn of an event source mapping")),
            _ => Ok(()),
        }
    }

    /// The mapping as it will be. What is not for its kind of source is refused.
    pub(crate) fn apply(self, cx: &Cx, mut row: MappingRow) -> Result<MappingRow, Error> {
        self.check_supported()?;
        let source = Source::of(&row.source)?;
        self.check_kind(source)?;
        if let Some(criteria) = self.filter_criteria {
            row.filters = filters(criteria)?;
        }
        if let Some(destinations) = self.destination_config {
            row.on_failure = on_failure(destinations)?;
        }
        row.enabled = self.enabled.unwrap_or(row.enabled);
        row.batch_size = self.batch_size.unwrap_or(row.batch_size);
        row.window_seconds = self.maximum_batching_window_in_seconds.unwrap_or(row.window_seconds);
        row.lanes = self.parallelization_factor.unwrap_or(row.lanes);
        row.age_seconds = self.maximum_record_age_in_seconds.unwrap_or(row.age_seconds);
        row.bisect = self.bisect_batch_on_function_error.unwrap_or(row.bisect);
        row.retries = self.maximum_retry_attempts.unwrap_or(row.retries);
        row.tumbling_seconds = self.tumbling_window_in_seconds.unwrap_or(row.tumbling_seconds);
        if let Some(types) = self.function_response_types {
            row.reports_failures = types.contains(&FunctionResponseType::ReportBatchItemFailures);
        }
        if let Some(scaling) = self.scaling_config {
            row.concurrency_max = scaling.maximum_concurrency;
        }
        check_values(source, &row)?;
        row.revision = cx.new_id();
        row.modified_at_millis = cx.now().millis();
        Ok(row)
    }

    fn check_kind(&self, source: Source) -> Result<(), Error> {
        if source.is_stream() {
            return match self.scaling_config {
                Some(_) => Err(Error::invalid("ScalingConfig is only valid for SQS event sources.")),
                None => Ok(()),
            };
        }
        let given = [
            ("ParallelizationFactor", self.parallelization_factor.is_some()),
            ("MaximumRecordAgeInSeconds", self.maximum_record_age_in_seconds.is_some()),
            ("BisectBatchOnFunctionError", self.bisect_batch_on_function_error.is_some()),
            ("MaximumRetryAttempts", self.maximum_retry_attempts.is_some()),
            ("TumblingWindowInSeconds", self.tumbling_window_in_seconds.is_some()),
        ];
        if let Some((name, _)) = given.iter().find(|(_, is_given)| *is_given) {
            return Err(Error::invalid(format!("{name} is not valid for SQS event sources.")));
        }
        match self.destination_config {
            Some(_) => Err(Error::invalid(NO_DESTINATION)),
            None => Ok(()),
        }
    }
}

fn check_values(source: Source, row: &MappingRow) -> Result<(), Error> {
    match source {
        Source::Queue { is_fifo: true } => {
            if row.window_seconds > 0 {
                return Err(Error::invalid("Batching window is not supported for FIFO queues"));
            }
            if row.batch_size > MESSAGES_MAX {
                return Err(Error::invalid(format!(
                    "Batch size must be between 1 and {MESSAGES_MAX} for FIFO queues"
                )));
            }
        }
        // AWS's text, as many projects quote it.
        Source::Queue { is_fifo: false } if row.batch_size > MESSAGES_MAX && row.window_seconds == 0 => {
            return Err(Error::invalid(
                "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
            ));
        }
        _ => {}
    }
    // API reference, MaximumRecordAgeInSeconds: "The minimum valid value for maximum record age is 60s", or -1.
    if (0..RECORD_AGE_SECONDS_MIN).contains(&row.age_seconds) {
        return Err(Error::invalid(format!(
            "MaximumRecordAgeInSeconds must be -1 or at least {RECORD_AGE_SECONDS_MIN}"
        )));
    }
    Ok(())
}

fn filters(criteria: FilterCriteria) -> Result<Option<Vec<String>>, Error> {
    // Recorded: LocalStack test_dynamodb_invalid_event_filter.
    let invalid = || Error::invalid("Invalid filter pattern definition.");
    let patterns: Option<Vec<String>> =
        criteria.filters.unwrap_or_default().into_iter().map(|filter| filter.pattern).collect();
    let patterns = patterns.ok_or_else(invalid)?;
    if patterns.len() > FILTERS_MAX {
        return Err(Error::invalid(format!("The number of filters exceeds the limit ({FILTERS_MAX})")));
    }
    Filter::parse(&patterns).map_err(|_| invalid())?;
    Ok((!patterns.is_empty()).then_some(patterns))
}

fn on_failure(destinations: DestinationConfig) -> Result<Option<String>, Error> {
    let place = |destination: Option<crate::shapes::Destination>| {
        destination.and_then(|destination| destination.destination).filter(|arn| !arn.is_empty())
    };
    if place(destinations.on_success).is_some() {
        return Err(Error::invalid(NO_DESTINATION));
    }
    let on_failure = place(destinations.on_failure);
    if let Some(text) = &on_failure {
        let service = text.parse::<Arn>().map(|arn| arn.service().to_string()).unwrap_or_default();
        if !["sqs", "sns", "s3"].contains(&service.as_str()) {
            return Err(Error::invalid(format!("The destination ARN {text} is invalid.")));
        }
    }
    Ok(on_failure)
}
