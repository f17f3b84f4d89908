//! DescribePipe.

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::error::Error;
use crate::shapes::{self, EnrichmentParameters, SourceParameters, TargetParameters};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=64, pattern = r"[\.\-_A-Za-z0-9]+")]
    name: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    arn: String,
    name: String,
    description: Option<String>,
    desired_state: String,
    current_state: String,
    source: String,
    source_parameters: Option<SourceParameters>,
    enrichment: Option<String>,
    enrichment_parameters: Option<EnrichmentParameters>,
    target: String,
    target_parameters: Option<TargetParameters>,
    role_arn: String,
    tags: BTreeMap<String, String>,
    creation_time: Timestamp,
    last_modified_time: Timestamp,
    kms_key_identifier: Option<String>,
}

/// Shows a pipe.
pub(crate) struct DescribePipe;

impl Operation for DescribePipe {
    const NAME: &'static str = "DescribePipe";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/v1/pipes/{Name}"));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(super::arn(cx, &input.name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = super::open(cx, &input.name).await?;
        Ok(Output {
            arn: row.arn(),
            desired_state: row.desired().to_owned(),
            name: row.name,
            description: row.description,
            current_state: row.state,
            source: row.source,
            source_parameters: shapes::shown(row.source_parameters.as_ref())?,
            enrichment: row.enrichment,
            enrichment_parameters: shapes::shown(row.enrichment_parameters.as_ref())?,
            target: row.target,
            target_parameters: shapes::shown(row.target_parameters.as_ref())?,
            role_arn: row.role_arn,
            tags: row.tags,
            creation_time: Timestamp::from_millis(row.created_at_millis),
            last_modified_time: Timestamp::from_millis(row.modified_at_millis),
            kms_key_identifier: row.kms_key,
        })
    }
}
