//! UpdateEventSourceMapping.

use cloud::prelude::*;
use serde_json::Value;
use store::layer::table;

use crate::error::Error;
use crate::keys::MappingState;
use crate::mappings::shapes::{self, FilterCriteria, FunctionResponseType, Mapping, ScalingConfig};
use crate::mappings::{self, Change};
use crate::shapes::DestinationConfig;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, name = "UUID")]
    uuid: String,
    #[shape(len = 1..=256, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?")]
    function_name: Option<String>,
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

/// Changes an event source mapping. Streams go on where they were.
///
/// Differs from AWS: a mapping that is being created or updated can be changed again.
pub(crate) struct UpdateEventSourceMapping;

impl Operation for UpdateEventSourceMapping {
    const NAME: &'static str = "UpdateEventSourceMapping";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/2015-03-31/event-source-mappings/{UUID}", 202));
    type Input = Input;
    type Output = Mapping;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(mappings::arn(cx, &input.uuid).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Mapping, Error> {
        let before = mappings::open(cx, &input.uuid).await?;
        if before.state == MappingState::Deleting {
            return Err(Error::InUse("Cannot update the event source mapping because it is in use."));
        }
        let mut row = before.clone();
        if let Some(name) = &input.function_name {
            let function = mappings::own_function(cx, name)?;
            (row.name, row.qualifier) = (function.name, function.qualifier);
        }
        let change = Change {
            enabled: input.enabled,
            batch_size: input.batch_size,
            filter_criteria: input.filter_criteria,
            window_seconds: input.maximum_batching_window_in_seconds,
            lanes: input.parallelization_factor,
            destinations: input.destination_config,
            age_seconds: input.maximum_record_age_in_seconds,
            bisect: input.bisect_batch_on_function_error,
            retries: input.maximum_retry_attempts,
            tumbling_seconds: input.tumbling_window_in_seconds,
            response_types: input.function_response_types,
            scaling: input.scaling_config,
            refused: vec![
                ("SourceAccessConfigurations", input.source_access_configurations),
                ("AmazonManagedKafkaEventSourceConfig", input.amazon_managed_kafka_event_source_config),
                ("SelfManagedKafkaEventSourceConfig", input.self_managed_kafka_event_source_config),
                ("DocumentDBEventSourceConfig", input.document_db_event_source_config),
                ("MetricsConfig", input.metrics_config),
                ("LoggingConfig", input.logging_config),
                ("ProvisionedPollerConfig", input.provisioned_poller_config),
            ],
            kms_key_arn: input.kms_key_arn,
        };
        let mut row = change.apply(cx, row)?;
        row.state = match (before.enabled, row.enabled) {
            (false, true) => MappingState::Enabling,
            (true, false) => MappingState::Disabling,
            _ => MappingState::Updating,
        };
        mappings::check(cx, &row).await?;
        mappings::check_single(cx.tx(), &row).await?;
        table::put(cx.tx(), &row).await?;
        shapes::view(cx, &row).await
    }
}
