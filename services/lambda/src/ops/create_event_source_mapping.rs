//! CreateEventSourceMapping.

use cloud::prelude::*;
use serde_json::Value;
use store::layer::table;

use crate::error::Error;
use crate::mappings::shapes::{
    self, FilterCriteria, FunctionResponseType, Mapping, ScalingConfig, StartingPosition, Tags,
};
use crate::mappings::{self, Beginning, Change};
use crate::names::FunctionRef;
use crate::shapes::DestinationConfig;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=256, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(
        pattern = r"arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:([a-z]{2}(-gov)?-[a-z]+-\d{1})?:(\d{12})?:(.*)"
    )]
    event_source_arn: Option<String>,
    enabled: Option<bool>,
    #[shape(range = 1..=10_000)]
    batch_size: Option<i32>,
    filter_criteria: Option<FilterCriteria>,
    #[shape(range = 0..=300)]
    maximum_batching_window_in_seconds: Option<i32>,
    #[shape(range = 1..=10)]
    parallelization_factor: Option<i32>,
    starting_position: Option<StartingPosition>,
    starting_position_timestamp: Option<Timestamp>,
    destination_config: Option<DestinationConfig>,
    #[shape(range = -1..=604_800)]
    maximum_record_age_in_seconds: Option<i32>,
    bisect_batch_on_function_error: Option<bool>,
    #[shape(range = -1..=10_000)]
    maximum_retry_attempts: Option<i32>,
    tags: Option<Tags>,
    #[shape(range = 0..=900)]
    tumbling_window_in_seconds: Option<i32>,
    #[shape(len = 0..=1)]
    function_response_types: Option<Vec<FunctionResponseType>>,
    scaling_config: Option<ScalingConfig>,
    #[shape(name = "KMSKeyArn")]
    kms_key_arn: Option<String>,
    topics: Option<Value>,
    queues: Option<Value>,
    source_access_configurations: Option<Value>,
    self_managed_event_source: Option<Value>,
    amazon_managed_kafka_event_source_config: Option<Value>,
    self_managed_kafka_event_source_config: Option<Value>,
    #[shape(name = "DocumentDBEventSourceConfig")]
    document_db_event_source_config: Option<Value>,
    metrics_config: Option<Value>,
    logging_config: Option<Value>,
    provisioned_poller_config: Option<Value>,
}

/// Feeds a function from a queue or a stream.
pub(crate) struct CreateEventSourceMapping;

impl Operation for CreateEventSourceMapping {
    const NAME: &'static str = "CreateEventSourceMapping";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/2015-03-31/event-source-mappings", 202));
    type Input = Input;
    type Output = Mapping;
    type Error = Error;

    /// The operation names no resource (service authorization reference); policies name the function by a condition.
    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn conditions(cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?;
        Ok(vec![("lambda:FunctionArn", vec![function.arn().to_string()])])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Mapping, Error> {
        let function = mappings::own_function(cx, &input.function_name)?;
        let begin = Beginning {
            source: input.event_source_arn,
            start: input.starting_position,
            start_at: input.starting_position_timestamp,
            tags: input.tags.unwrap_or_default(),
        };
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
                ("SelfManagedEventSource", input.self_managed_event_source),
                ("Topics", input.topics),
                ("Queues", input.queues),
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
        let row = mappings::new(cx, function, begin, change)?;
        mappings::check(cx, &row).await?;
        mappings::check_single(cx.tx(), &row).await?;
        table::put(cx.tx(), &row).await?;
        shapes::view(cx, &row).await
    }
}
