//! CreatePipe.

use std::collections::BTreeMap;

use cloud::access;
use cloud::prelude::*;
use serde_json::Value;
use store::layer::table::{self, Paging};

use super::{Changed, RequestedState};
use crate::error::Error;
use crate::keys::PipeRow;
use crate::limits::{PIPES_MAX, TAGS_MAX};
use crate::shapes::{self, EnrichmentParameters, SourceParameters, TargetParameters};
use crate::{keeper, target};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=64, pattern = r"[\.\-_A-Za-z0-9]+")]
    name: String,
    #[shape(len = 0..=512)]
    description: Option<String>,
    desired_state: Option<RequestedState>,
    #[shape(len = 1..=1600)]
    source: String,
    source_parameters: Option<SourceParameters>,
    #[shape(len = 0..=1600)]
    enrichment: Option<String>,
    enrichment_parameters: Option<EnrichmentParameters>,
    #[shape(len = 1..=1600)]
    target: String,
    target_parameters: Option<TargetParameters>,
    #[shape(len = 1..=1600, pattern = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z0-9+=,.@\-_/]+")]
    role_arn: String,
    tags: Option<BTreeMap<String, String>>,
    log_configuration: Option<Value>,
    #[shape(len = 0..=2048)]
    kms_key_identifier: Option<String>,
}

/// Makes a pipe.
///
/// Differs from AWS: sources are SQS, Kinesis and DynamoDB streams; enrichments Lambda and API destinations; targets
/// Lambda, SQS, SNS, Kinesis, event buses, log groups and API destinations. Logs of pipes are refused. Whether the source
/// is there is found when the pipe reads it. A KMS key is shown, but nothing is encrypted with it.
pub(crate) struct CreatePipe;

impl Operation for CreatePipe {
    const NAME: &'static str = "CreatePipe";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/v1/pipes/{Name}", 200));
    type Input = Input;
    type Output = Changed;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(super::arn(cx, &input.name).into())
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::request_tags(input.tags.iter().flatten())])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Changed, Error> {
        if input.log_configuration.is_some() {
            return Err(Error::unsupported("LogConfiguration"));
        }
        let enrichment = input.enrichment.filter(|arn| !arn.is_empty());
        check_source(cx, &input.source, &input.source_parameters.clone().unwrap_or_default())?;
        check_enrichment(cx, enrichment.as_deref())?;
        target::check(cx, &input.target, &input.target_parameters.clone().unwrap_or_default())?;
        let arn = super::arn(cx, &input.name);
        super::check_role(cx, &arn, &input.role_arn).await?;
        let tags = input.tags.unwrap_or_default();
        if tags.len() > TAGS_MAX {
            return Err(Error::Quota(format!("a pipe can have {TAGS_MAX} tags at most")));
        }
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let page = Paging::first(PIPES_MAX);
        let present = table::list::<PipeRow>(cx.tx(), (&account, &region), &page).await?;
        if present.items.len() >= PIPES_MAX {
            return Err(Error::Quota(format!("the account has {PIPES_MAX} pipes already")));
        }
        let now_millis = cx.now().millis();
        let row = PipeRow {
            account,
            region,
            name: input.name,
            id: cx.new_id(),
            description: input.description,
            runs: input.desired_state != Some(RequestedState::Stopped),
            state: "CREATING".to_owned(),
            source: input.source,
            source_parameters: shapes::store(input.source_parameters),
            enrichment,
            enrichment_parameters: shapes::store(input.enrichment_parameters),
            target: input.target,
            target_parameters: shapes::store(input.target_parameters),
            role_arn: input.role_arn,
            kms_key: input.kms_key_identifier,
            revision: 1,
            created_at_millis: now_millis,
            modified_at_millis: now_millis,
            tags,
        };
        if !table::insert(cx.tx(), &row).await? {
            return Err(Error::Conflict(format!("Pipe {} already exists.", row.name)));
        }
        Ok(Changed::from(&row))
    }
}

/// Refuses sources that this cloud does not have, and parameters that do not fit the source.
pub(super) fn check_source(cx: &Cx, source: &str, parameters: &SourceParameters) -> Result<(), Error> {
    parameters.check()?;
    let arn: Arn = source.parse().map_err(|_| Error::unsupported(&format!("the source `{source}`")))?;
    let needs = match arn.service() {
        "sqs" => None,
        "kinesis" if arn.resource().starts_with("stream/") => {
            Some(("KinesisStreamParameters", parameters.kinesis_stream_parameters.as_ref()))
        }
        "dynamodb" if arn.resource().contains("/stream/") => {
            Some(("DynamoDBStreamParameters", parameters.dynamodb_stream_parameters.as_ref()))
        }
        service => return Err(Error::unsupported(&format!("a source in `{service}` ({source})"))),
    };
    if cx.cloud().registry().service(arn.service()).is_none() {
        return Err(Error::unsupported(&format!("a source in `{}` ({source})", arn.service())));
    }
    if let Some((name, given)) = needs
        && given.and_then(|given| given.starting_position.as_ref()).is_none()
    {
        return Err(Error::Invalid(format!("{name} with a StartingPosition must be specified.")));
    }
    keeper::settings(source, parameters).map(drop)
}

/// Refuses enrichments that this cloud does not have.
pub(super) fn check_enrichment(cx: &Cx, enrichment: Option<&str>) -> Result<(), Error> {
    let Some(text) = enrichment else { return Ok(()) };
    let arn: Arn = text.parse().map_err(|_| Error::Invalid(format!("{text} is not a valid ARN.")))?;
    let is_there = match arn.service() {
        "lambda" => arn.resource().starts_with("function:"),
        "events" => arn.resource().starts_with("api-destination/"),
        _ => false,
    };
    if is_there && cx.cloud().registry().service(arn.service()).is_some() {
        return Ok(());
    }
    Err(Error::unsupported(&format!("an enrichment by `{}` ({text})", arn.service())))
}
