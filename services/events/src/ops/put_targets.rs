//! PutTargets.

use std::collections::BTreeMap;

use cloud::prelude::*;
use inputtemplate::Path;
use serde_json::Value;
use store::layer::table;

use super::create_event_bus::DeadLetterConfig;
use crate::bus::BusRef;
use crate::error::Error;
use crate::keys::{HttpTargetRow, TargetRow, TransformerRow};
use crate::limits::TARGETS_MAX;
use crate::{connection, rule, target, transform};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64, pattern = r"[\.\-_A-Za-z0-9]+")]
    rule: String,
    #[shape(len = 1..=1600)]
    event_bus_name: Option<String>,
    #[shape(len = 1..=100)]
    targets: Vec<Target>,
}

/// A target, as it is put and listed.
#[derive(Clone, Debug, Shape)]
pub(crate) struct Target {
    #[shape(len = 1..=64, pattern = r"[\.\-_A-Za-z0-9]+")]
    pub(crate) id: String,
    #[shape(len = 1..=1600)]
    pub(crate) arn: String,
    #[shape(len = 1..=1600)]
    pub(crate) role_arn: Option<String>,
    #[shape(len = 0..=8192)]
    pub(crate) input: Option<String>,
    #[shape(len = 0..=256)]
    pub(crate) input_path: Option<String>,
    pub(crate) input_transformer: Option<InputTransformer>,
    pub(crate) kinesis_parameters: Option<KinesisParameters>,
    pub(crate) sqs_parameters: Option<SqsParameters>,
    pub(crate) run_command_parameters: Option<Value>,
    pub(crate) ecs_parameters: Option<Value>,
    pub(crate) batch_parameters: Option<Value>,
    pub(crate) http_parameters: Option<HttpParameters>,
    pub(crate) redshift_data_parameters: Option<Value>,
    pub(crate) sage_maker_pipeline_parameters: Option<Value>,
    pub(crate) app_sync_parameters: Option<Value>,
    pub(crate) dead_letter_config: Option<DeadLetterConfig>,
    pub(crate) retry_policy: Option<RetryPolicy>,
}

/// How an event is rewritten.
#[derive(Clone, Debug, Shape)]
pub(crate) struct InputTransformer {
    pub(crate) input_paths_map: Option<BTreeMap<String, String>>,
    #[shape(len = 1..=8192)]
    pub(crate) input_template: String,
}

/// What a call of an API destination has besides. Values may be paths into the event.
#[derive(Clone, Debug, Shape)]
pub(crate) struct HttpParameters {
    pub(crate) path_parameter_values: Option<Vec<String>>,
    pub(crate) header_parameters: Option<BTreeMap<String, String>>,
    pub(crate) query_string_parameters: Option<BTreeMap<String, String>>,
}

/// What a stream needs.
#[derive(Clone, Debug, Shape)]
pub(crate) struct KinesisParameters {
    #[shape(len = 0..=256)]
    pub(crate) partition_key_path: String,
}

/// What a FIFO queue needs.
#[derive(Clone, Debug, Shape)]
pub(crate) struct SqsParameters {
    pub(crate) message_group_id: Option<String>,
}

/// How long an event is tried.
#[derive(Clone, Debug, Shape)]
pub(crate) struct RetryPolicy {
    #[shape(range = 0..=185)]
    pub(crate) maximum_retry_attempts: Option<i32>,
    #[shape(range = 60..=86400)]
    pub(crate) maximum_event_age_in_seconds: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    failed_entry_count: i32,
    failed_entries: Vec<FailedEntry>,
}

/// A target that could not be put or removed.
#[derive(Shape)]
pub(crate) struct FailedEntry {
    pub(crate) target_id: String,
    pub(crate) error_code: String,
    pub(crate) error_message: String,
}

/// Adds targets to a rule; one with a known id takes that one's place.
///
/// Differs from AWS: targets are Lambda, SQS, SNS, Kinesis, API destinations, log groups and buses, as far as this cloud has them.
pub(crate) struct PutTargets;

impl Operation for PutTargets {
    const NAME: &'static str = "PutTargets";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let bus = BusRef::own(cx, input.event_bus_name.as_deref())?;
        Ok(rule::arn(cx, &bus, &input.rule).into())
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![("events:TargetArn", input.targets.iter().map(|target| target.arn.clone()).collect())])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let bus = BusRef::own(cx, input.event_bus_name.as_deref())?;
        let mut row = rule::open(cx, &bus, &input.rule).await?;
        for target in input.targets {
            let target = stored(cx, target)?;
            match row.targets.iter_mut().find(|old| old.id == target.id) {
                Some(old) => *old = target,
                None => row.targets.push(target),
            }
        }
        if row.targets.len() > TARGETS_MAX {
            return Err(Error::Limit);
        }
        table::put(cx.tx(), &row).await?;
        Ok(Output { failed_entry_count: 0, failed_entries: Vec::new() })
    }
}

/// Checks a target and takes what is stored of it.
fn stored(cx: &Cx, target: Target) -> Result<TargetRow, Error> {
    let id = target.id;
    target::check(cx, &target.arn)?;
    for (what, given) in [
        ("RunCommandParameters", target.run_command_parameters.is_some()),
        ("EcsParameters", target.ecs_parameters.is_some()),
        ("BatchParameters", target.batch_parameters.is_some()),
        ("RedshiftDataParameters", target.redshift_data_parameters.is_some()),
        ("SageMakerPipelineParameters", target.sage_maker_pipeline_parameters.is_some()),
        ("AppSyncParameters", target.app_sync_parameters.is_some()),
    ] {
        if given {
            return Err(Error::unsupported(what));
        }
    }
    let inputs = [target.input.is_some(), target.input_path.is_some(), target.input_transformer.is_some()];
    if inputs.iter().filter(|given| **given).count() > 1 {
        return Err(Error::invalid(format!(
            "Only one of Input, InputPath, or InputTransformer must be provided for target {id}."
        )));
    }
    if target.input.as_deref().is_some_and(|text| serde_json::from_str::<Value>(text).is_err()) {
        return Err(Error::invalid(format!("JSON syntax error in input for target {id}")));
    }
    if target.input_path.as_deref().is_some_and(|path| Path::parse(path).is_none()) {
        return Err(Error::invalid(format!("Invalid InputPath for target {id}.")));
    }
    let transformer = target.input_transformer.map(|transformer| TransformerRow {
        paths: transformer.input_paths_map.unwrap_or_default(),
        template: transformer.input_template,
    });
    if let Some(transformer) = &transformer {
        transform::check(&id, transformer)?;
    }
    let dead_letter = target.dead_letter_config.and_then(|config| config.arn);
    if dead_letter.as_deref().is_some_and(|arn| !arn.contains(":sqs:")) {
        return Err(Error::invalid(format!("Dead Letter Queue for target {id} is not a queue.")));
    }
    let message_group = target.sqs_parameters.and_then(|parameters| parameters.message_group_id);
    if target.arn.ends_with(".fifo") && target.arn.contains(":sqs:") && message_group.is_none() {
        return Err(Error::invalid(format!(
            "Parameter(s) SqsParameters must be specified for target: {id}."
        )));
    }
    let http = target.http_parameters.map(|http| HttpTargetRow {
        path: http.path_parameter_values.unwrap_or_default(),
        headers: http.header_parameters.unwrap_or_default(),
        query: http.query_string_parameters.unwrap_or_default(),
    });
    check_http(&id, &target.arn, target.role_arn.as_deref(), http.as_ref())?;
    if target.arn.contains(":kinesis:") && target.role_arn.is_none() {
        return Err(Error::invalid(format!("RoleArn is required for target {}.", target.arn)));
    }
    let retry = target.retry_policy;
    Ok(TargetRow {
        id,
        arn: target.arn,
        role_arn: target.role_arn,
        input: target.input,
        input_path: target.input_path,
        transformer,
        message_group,
        partition_key_path: target.kinesis_parameters.map(|parameters| parameters.partition_key_path),
        retries: retry.as_ref().and_then(|retry| retry.maximum_retry_attempts),
        age_seconds: retry.as_ref().and_then(|retry| retry.maximum_event_age_in_seconds),
        dead_letter,
        http,
    })
}

/// What only API destinations have, and what they cannot do without.
fn check_http(id: &str, arn: &str, role: Option<&str>, http: Option<&HttpTargetRow>) -> Result<(), Error> {
    let is_destination = arn.contains(":api-destination/");
    if is_destination && role.is_none() {
        return Err(Error::invalid(format!("RoleArn is required for target {arn}.")));
    }
    if !is_destination && http.is_some() {
        return Err(Error::invalid(format!("HttpParameters are not supported for target {id}.")));
    }
    http.map_or(Ok(()), |http| http.headers.keys().try_for_each(|name| connection::check_header(name)))
}
