//! The parameters of pipes: what is given, and what pipes read of what was stored.

use std::collections::BTreeMap;

use cloud::prelude::*;
use serde_json::Value;

use crate::error::Error;

/// How a source is read.
#[derive(Clone, Default, Shape)]
pub(crate) struct SourceParameters {
    pub(crate) filter_criteria: Option<FilterCriteria>,
    pub(crate) kinesis_stream_parameters: Option<StreamParameters>,
    #[shape(name = "DynamoDBStreamParameters")]
    pub(crate) dynamodb_stream_parameters: Option<StreamParameters>,
    pub(crate) sqs_queue_parameters: Option<QueueParameters>,
    #[shape(name = "ActiveMQBrokerParameters")]
    active_mq_broker_parameters: Option<Value>,
    #[shape(name = "RabbitMQBrokerParameters")]
    rabbit_mq_broker_parameters: Option<Value>,
    managed_streaming_kafka_parameters: Option<Value>,
    self_managed_kafka_parameters: Option<Value>,
}

/// Which records are wanted.
#[derive(Clone, Shape)]
pub(crate) struct FilterCriteria {
    #[shape(len = 0..=5)]
    pub(crate) filters: Option<Vec<Filter>>,
}

/// A pattern of records.
#[derive(Clone, Shape)]
pub(crate) struct Filter {
    #[shape(len = 0..=4096)]
    pub(crate) pattern: Option<String>,
}

/// How a stream is read.
#[derive(Clone, Default, Shape)]
pub(crate) struct StreamParameters {
    #[shape(range = 1..=10000)]
    pub(crate) batch_size: Option<i32>,
    pub(crate) dead_letter_config: Option<DeadLetterConfig>,
    pub(crate) on_partial_batch_item_failure: Option<String>,
    #[shape(range = 0..=300)]
    pub(crate) maximum_batching_window_in_seconds: Option<i32>,
    #[shape(range = -1..=604800)]
    pub(crate) maximum_record_age_in_seconds: Option<i32>,
    #[shape(range = -1..=10000)]
    pub(crate) maximum_retry_attempts: Option<i32>,
    #[shape(range = 1..=10)]
    pub(crate) parallelization_factor: Option<i32>,
    pub(crate) starting_position: Option<String>,
    pub(crate) starting_position_timestamp: Option<Timestamp>,
}

/// Where records go that are given up.
#[derive(Clone, Shape)]
pub(crate) struct DeadLetterConfig {
    #[shape(len = 1..=1600)]
    pub(crate) arn: Option<String>,
}

/// How a queue is read.
#[derive(Clone, Default, Shape)]
pub(crate) struct QueueParameters {
    #[shape(range = 1..=10000)]
    pub(crate) batch_size: Option<i32>,
    #[shape(range = 0..=300)]
    pub(crate) maximum_batching_window_in_seconds: Option<i32>,
}

/// What an enrichment gets.
#[derive(Clone, Default, Shape)]
pub(crate) struct EnrichmentParameters {
    #[shape(len = 0..=8192)]
    pub(crate) input_template: Option<String>,
    pub(crate) http_parameters: Option<HttpParameters>,
}

/// What a target gets.
#[derive(Clone, Default, Shape)]
pub(crate) struct TargetParameters {
    #[shape(len = 0..=8192)]
    pub(crate) input_template: Option<String>,
    pub(crate) lambda_function_parameters: Option<LambdaParameters>,
    step_function_state_machine_parameters: Option<Value>,
    pub(crate) kinesis_stream_parameters: Option<KinesisParameters>,
    ecs_task_parameters: Option<Value>,
    batch_job_parameters: Option<Value>,
    pub(crate) sqs_queue_parameters: Option<SqsParameters>,
    pub(crate) http_parameters: Option<HttpParameters>,
    redshift_data_parameters: Option<Value>,
    sage_maker_pipeline_parameters: Option<Value>,
    pub(crate) event_bridge_event_bus_parameters: Option<BusParameters>,
    pub(crate) cloud_watch_logs_parameters: Option<LogsParameters>,
    timestream_parameters: Option<Value>,
}

/// What a function needs.
#[derive(Clone, Shape)]
pub(crate) struct LambdaParameters {
    pub(crate) invocation_type: Option<InvocationType>,
}

/// Whether an answer is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum InvocationType {
    RequestResponse,
    FireAndForget,
}

/// What a stream needs.
#[derive(Clone, Shape)]
pub(crate) struct KinesisParameters {
    #[shape(len = 0..=256)]
    pub(crate) partition_key: String,
}

/// What a FIFO queue needs.
#[derive(Clone, Shape)]
pub(crate) struct SqsParameters {
    #[shape(len = 0..=100)]
    pub(crate) message_group_id: Option<String>,
    #[shape(len = 0..=100)]
    pub(crate) message_deduplication_id: Option<String>,
}

/// What a call of an API destination has besides.
#[derive(Clone, Default, Shape)]
pub(crate) struct HttpParameters {
    pub(crate) path_parameter_values: Option<Vec<String>>,
    pub(crate) header_parameters: Option<BTreeMap<String, String>>,
    pub(crate) query_string_parameters: Option<BTreeMap<String, String>>,
}

/// What an event for a bus needs.
#[derive(Clone, Default, Shape)]
pub(crate) struct BusParameters {
    pub(crate) endpoint_id: Option<String>,
    #[shape(len = 1..=128)]
    pub(crate) detail_type: Option<String>,
    #[shape(len = 1..=256)]
    pub(crate) source: Option<String>,
    #[shape(len = 0..=10)]
    pub(crate) resources: Option<Vec<String>>,
    #[shape(len = 1..=256)]
    pub(crate) time: Option<String>,
}

/// What a log group needs.
#[derive(Clone, Default, Shape)]
pub(crate) struct LogsParameters {
    #[shape(len = 1..=256)]
    pub(crate) log_stream_name: Option<String>,
    #[shape(len = 1..=256)]
    pub(crate) timestamp: Option<String>,
}

impl SourceParameters {
    /// Refuses parameters of sources that this cloud does not have.
    pub(crate) fn check(&self) -> Result<(), Error> {
        refuse(&[
            ("ActiveMQBrokerParameters", self.active_mq_broker_parameters.is_some()),
            ("RabbitMQBrokerParameters", self.rabbit_mq_broker_parameters.is_some()),
            ("ManagedStreamingKafkaParameters", self.managed_streaming_kafka_parameters.is_some()),
            ("SelfManagedKafkaParameters", self.self_managed_kafka_parameters.is_some()),
        ])
    }

    /// The parameters of a stream, whichever it is.
    pub(crate) fn stream(&self) -> Option<&StreamParameters> {
        self.kinesis_stream_parameters.as_ref().or(self.dynamodb_stream_parameters.as_ref())
    }

    /// The texts of the patterns.
    pub(crate) fn patterns(&self) -> Vec<String> {
        let filters = self.filter_criteria.iter().flat_map(|criteria| criteria.filters.iter().flatten());
        filters.filter_map(|filter| filter.pattern.clone()).collect()
    }
}

impl TargetParameters {
    /// Refuses parameters of targets that this cloud does not have.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let endpoint = self.event_bridge_event_bus_parameters.as_ref();
        refuse(&[
            ("StepFunctionStateMachineParameters", self.step_function_state_machine_parameters.is_some()),
            ("EcsTaskParameters", self.ecs_task_parameters.is_some()),
            ("BatchJobParameters", self.batch_job_parameters.is_some()),
            ("RedshiftDataParameters", self.redshift_data_parameters.is_some()),
            ("SageMakerPipelineParameters", self.sage_maker_pipeline_parameters.is_some()),
            ("TimestreamParameters", self.timestream_parameters.is_some()),
            ("EndpointId", endpoint.is_some_and(|parameters| parameters.endpoint_id.is_some())),
        ])
    }
}

fn refuse(given: &[(&str, bool)]) -> Result<(), Error> {
    match given.iter().find(|(_, is_given)| *is_given) {
        Some((name, _)) => Err(Error::unsupported(name)),
        None => Ok(()),
    }
}

/// Parameters as they are stored.
pub(crate) fn store<T: Shape>(parameters: Option<T>) -> Option<Value> {
    parameters.map(|parameters| wire::json::to_value(T::schema(), &parameters.into_doc()))
}

/// Stored parameters.
pub(crate) fn read<T: Shape + Default>(stored: Option<&Value>) -> Result<T, Failure> {
    let Some(stored) = stored else { return Ok(T::default()) };
    let document =
        wire::json::from_value(T::schema(), stored).map_err(|error| Failure::internal(error.message))?;
    T::from_doc(document).map_err(|error| Failure::internal(error.to_string()))
}

/// Stored parameters, to be shown.
pub(crate) fn shown<T: Shape + Default>(stored: Option<&Value>) -> Result<Option<T>, Failure> {
    stored.map(|stored| read(Some(stored))).transpose()
}
