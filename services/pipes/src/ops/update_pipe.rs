//! UpdatePipe.

use cloud::prelude::*;
use serde_json::Value;
use store::layer::table;

use super::create_pipe::{check_enrichment, check_source};
use super::{Changed, RequestedState};
use crate::error::Error;
use crate::shapes::{self, EnrichmentParameters, SourceParameters, StreamParameters, TargetParameters};
use crate::target;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=64, pattern = r"[\.\-_A-Za-z0-9]+")]
    name: String,
    #[shape(len = 0..=512)]
    description: Option<String>,
    desired_state: Option<RequestedState>,
    source_parameters: Option<SourceParameters>,
    #[shape(len = 0..=1600)]
    enrichment: Option<String>,
    enrichment_parameters: Option<EnrichmentParameters>,
    #[shape(len = 1..=1600)]
    target: Option<String>,
    target_parameters: Option<TargetParameters>,
    #[shape(len = 1..=1600, pattern = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z0-9+=,.@\-_/]+")]
    role_arn: String,
    log_configuration: Option<Value>,
    #[shape(len = 0..=2048)]
    kms_key_identifier: Option<String>,
}

/// Changes a pipe. Parameters that are given take the place of all old ones of their kind; where a stream was begun
/// stays. It goes on where it has read to.
pub(crate) struct UpdatePipe;

impl Operation for UpdatePipe {
    const NAME: &'static str = "UpdatePipe";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/v1/pipes/{Name}", 200));
    type Input = Input;
    type Output = Changed;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(super::arn(cx, &input.name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Changed, Error> {
        if input.log_configuration.is_some() {
            return Err(Error::unsupported("LogConfiguration"));
        }
        let mut row = super::open(cx, &input.name).await?;
        let arn = super::arn(cx, &input.name);
        super::check_role(cx, &arn, &input.role_arn).await?;
        if let Some(mut parameters) = input.source_parameters {
            let old: SourceParameters = shapes::read(row.source_parameters.as_ref())?;
            begin_as(&mut parameters.kinesis_stream_parameters, old.kinesis_stream_parameters);
            begin_as(&mut parameters.dynamodb_stream_parameters, old.dynamodb_stream_parameters);
            check_source(cx, &row.source, &parameters)?;
            row.source_parameters = shapes::store(Some(parameters));
        }
        if let Some(enrichment) = input.enrichment {
            row.enrichment = Some(enrichment).filter(|arn| !arn.is_empty());
            check_enrichment(cx, row.enrichment.as_deref())?;
        }
        row.enrichment_parameters = shapes::store(input.enrichment_parameters).or(row.enrichment_parameters);
        row.target = input.target.unwrap_or(row.target);
        row.target_parameters = shapes::store(input.target_parameters).or(row.target_parameters);
        target::check(cx, &row.target, &shapes::read(row.target_parameters.as_ref())?)?;
        row.description = input.description.or(row.description);
        row.kms_key = input.kms_key_identifier.or(row.kms_key);
        row.role_arn = input.role_arn;
        row.runs = input.desired_state.map_or(row.runs, |state| state == RequestedState::Running);
        row.state = "UPDATING".to_owned();
        row.revision += 1;
        row.modified_at_millis = cx.now().millis();
        table::put(cx.tx(), &row).await?;
        Ok(Changed::from(&row))
    }
}

/// Where a stream is begun cannot be changed, and is not given again.
fn begin_as(new: &mut Option<StreamParameters>, old: Option<StreamParameters>) {
    match (new.as_mut(), old) {
        (Some(new), Some(old)) => {
            new.starting_position = old.starting_position;
            new.starting_position_timestamp = old.starting_position_timestamp;
        }
        (None, old) => *new = old,
        (Some(_), None) => {}
    }
}
