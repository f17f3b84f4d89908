//! ListTargetsByRule.

use cloud::prelude::*;

use super::create_event_bus::DeadLetterConfig;
use super::put_targets::{
    HttpParameters, InputTransformer, KinesisParameters, RetryPolicy, SqsParameters, Target,
};
use crate::bus::BusRef;
use crate::error::Error;
use crate::keys::TargetRow;
use crate::paging::Page;
use crate::rule;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64, pattern = r"[\.\-_A-Za-z0-9]+")]
    rule: String,
    #[shape(len = 1..=1600)]
    event_bus_name: Option<String>,
    #[shape(flatten)]
    page: Page,
}

#[derive(Shape)]
pub(crate) struct Output {
    targets: Vec<Target>,
    next_token: Option<String>,
}

/// Lists the targets of a rule.
pub(crate) struct ListTargetsByRule;

impl Operation for ListTargetsByRule {
    const NAME: &'static str = "ListTargetsByRule";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let bus = BusRef::own(cx, input.event_bus_name.as_deref())?;
        Ok(rule::arn(cx, &bus, &input.rule).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let bus = BusRef::own(cx, input.event_bus_name.as_deref())?;
        let row = rule::open(cx, &bus, &input.rule).await?;
        let start: usize = match &input.page.next_token {
            Some(token) => token.parse().map_err(|_| Error::token())?,
            None => 0,
        };
        let limit = input.page.size();
        let total = row.targets.len();
        let targets = row.targets.into_iter().skip(start).take(limit).map(shown).collect();
        let end = start.saturating_add(limit);
        Ok(Output { targets, next_token: (end < total).then(|| end.to_string()) })
    }
}

fn shown(row: TargetRow) -> Target {
    let retries = row.retries.is_some() || row.age_seconds.is_some();
    Target {
        id: row.id,
        arn: row.arn,
        role_arn: row.role_arn,
        input: row.input,
        input_path: row.input_path,
        input_transformer: row.transformer.map(|transformer| InputTransformer {
            input_paths_map: Some(transformer.paths).filter(|paths| !paths.is_empty()),
            input_template: transformer.template,
        }),
        kinesis_parameters: row
            .partition_key_path
            .map(|partition_key_path| KinesisParameters { partition_key_path }),
        sqs_parameters: row.message_group.map(|group| SqsParameters { message_group_id: Some(group) }),
        run_command_parameters: None,
        ecs_parameters: None,
        batch_parameters: None,
        http_parameters: row.http.map(|http| HttpParameters {
            path_parameter_values: Some(http.path).filter(|path| !path.is_empty()),
            header_parameters: Some(http.headers).filter(|headers| !headers.is_empty()),
            query_string_parameters: Some(http.query).filter(|query| !query.is_empty()),
        }),
        redshift_data_parameters: None,
        sage_maker_pipeline_parameters: None,
        app_sync_parameters: None,
        dead_letter_config: row.dead_letter.map(|arn| DeadLetterConfig { arn: Some(arn) }),
        retry_policy: retries.then_some(RetryPolicy {
            maximum_retry_attempts: row.retries,
            maximum_event_age_in_seconds: row.age_seconds,
        }),
    }
}
