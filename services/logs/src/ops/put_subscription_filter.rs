//! PutSubscriptionFilter.

use cloud::caller::Caller;
use cloud::prelude::*;
use cloud::role::{self, Unusable};
use logfilter::Pattern;
use serde_json::json;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::group;
use crate::keys::{GroupRow, SubscriptionRow};
use crate::limits::SUBSCRIPTIONS_MAX;
use crate::subscription::{self, PRINCIPAL};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(len = 1..=512, pattern = r"[\.\-_/#A-Za-z0-9]+")]
    log_group_name: String,
    #[shape(len = 1..=512, pattern = "[^:*]*")]
    filter_name: String,
    #[shape(len = 0..=1024)]
    filter_pattern: String,
    #[shape(len = 1..)]
    destination_arn: String,
    #[shape(len = 1..)]
    role_arn: Option<String>,
    distribution: Option<Distribution>,
    apply_on_transformed_logs: Option<bool>,
    #[shape(len = 0..=2000)]
    field_selection_criteria: Option<String>,
    emit_system_fields: Option<Vec<String>>,
}

/// How events are spread over the shards of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
pub(crate) enum Distribution {
    Random,
    ByLogStream,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Lets a function or a stream have the events of a group as they come.
///
/// Differs from AWS: destinations are functions and Kinesis streams of the same account; logs are not transformed. A
/// function cannot subscribe to its own log group, which on AWS calls it for ever. What is denied or gone when an event
/// comes is dropped at once, as the trace tells.
pub(crate) struct PutSubscriptionFilter;

impl Operation for PutSubscriptionFilter {
    const NAME: &'static str = "PutSubscriptionFilter";
    const KIND: Kind = Kind::Free;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(group::access_arn(cx, &input.log_group_name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        for (parameter, given) in [
            ("applyOnTransformedLogs", input.apply_on_transformed_logs == Some(true)),
            ("fieldSelectionCriteria", input.field_selection_criteria.is_some()),
            ("emitSystemFields", input.emit_system_fields.is_some()),
        ] {
            if given {
                return Err(Error::unsupported(parameter));
            }
        }
        Pattern::parse(&input.filter_pattern).map_err(|error| Error::invalid(error.to_string()))?;
        let arn: Arn =
            input.destination_arn.parse().map_err(|_| Error::invalid("destinationArn is not a valid ARN"))?;
        // Destinations are looked at before the group. (Recorded: test_put_subscription_filter_errors)
        match arn.service() {
            "lambda" if arn.resource().starts_with("function:") => check_function(cx, &input, &arn).await?,
            "kinesis" if arn.resource().starts_with("stream/") => check_stream(cx, &input, &arn).await?,
            other => return Err(Error::unsupported(&format!("destinationArn of vendor {other}"))),
        }
        let key = (cx.account().to_owned(), cx.region().to_owned(), input.log_group_name.clone());
        let row = SubscriptionRow {
            group_id: 0,
            name: input.filter_name,
            pattern: input.filter_pattern,
            destination_arn: input.destination_arn,
            role_arn: input.role_arn,
            by_stream: input.distribution != Some(Distribution::Random),
            created_at_millis: cx.now().millis(),
        };
        cx.transact(move |tx| {
            let (key, mut row) = (key.clone(), row.clone());
            Box::pin(async move {
                let group: Option<GroupRow> = table::get(tx, key).await?;
                row.group_id = group.ok_or(Error::NoSuchGroup)?.id;
                let there: Vec<SubscriptionRow> =
                    table::list(tx, row.group_id, &Paging::first(SUBSCRIPTIONS_MAX)).await?.items;
                match there.iter().find(|other| other.name == row.name) {
                    Some(before) => row.created_at_millis = before.created_at_millis,
                    None if there.len() >= SUBSCRIPTIONS_MAX => return Err(Error::Limit),
                    None => {}
                }
                Ok::<_, Error>(table::put(tx, &row).await?)
            })
        })
        .await?;
        Ok(Output)
    }
}

fn service(cx: &Cx, group: &str) -> Caller {
    Caller::service(PRINCIPAL, cx.account(), cx.region(), Some(&subscription::source_arn(cx, group)))
}

/// A function must let CloudWatch Logs invoke it. Texts: recorded in test_put_subscription_filter_errors, and that of
/// the permission in the documents of AWS about it.
async fn check_function(cx: &mut Cx, input: &Input, arn: &Arn) -> Result<(), Error> {
    if arn.account() != cx.account() {
        return Err(Error::CrossAccount);
    }
    if input.role_arn.is_some() {
        return Err(Error::invalid("destinationArn for vendor lambda cannot be used with roleArn"));
    }
    let name = arn.resource().split(':').nth(1).unwrap_or_default();
    if input.log_group_name == format!("/aws/lambda/{name}") {
        return Err(Error::invalid(
            "a function cannot subscribe to its own log group: each call would cause the next one",
        ));
    }
    let caller = service(cx, &input.log_group_name);
    let dry = json!({"FunctionName": arn.as_str(), "InvocationType": "DryRun"});
    match cx.call_json(caller, "lambda", "Invoke", &dry).await {
        Ok(_) => Ok(()),
        Err(failure) if failure.status() >= 500 => Err(failure.into()),
        Err(_) => Err(Error::invalid(
            "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.",
        )),
    }
}

/// A stream gets a test message.
async fn check_stream(cx: &mut Cx, input: &Input, arn: &Arn) -> Result<(), Error> {
    let Some(role_arn) = input.role_arn.as_deref() else {
        return Err(Error::invalid("destinationArn for vendor kinesis cannot be used without roleArn"));
    };
    let caller = service(cx, &input.log_group_name);
    match role::check(cx, &caller, role_arn).await {
        Ok(()) => {}
        Err(Unusable::Failed(failure)) => return Err(failure.into()),
        Err(Unusable::Untrusted) => {
            return Err(Error::invalid(
                "Could not deliver test message to specified Kinesis stream. CloudWatch Logs cannot assume the role: check its trust policy.",
            ));
        }
    }
    let assumed = role::assume(cx, &caller, role_arn, &cx.new_id()).await?;
    let message = subscription::control_message(cx.now().millis())?;
    let target = subscription::target(arn, &cx.new_id(), &message)?;
    match cx.call_json(assumed, &target.service, &target.operation, &target.input).await {
        Ok(_) => Ok(()),
        Err(failure) if failure.status() >= 500 => Err(failure.into()),
        Err(_) => Err(Error::invalid(
            "Could not deliver test message to specified Kinesis stream. Check if the given kinesis stream is in ACTIVE state.",
        )),
    }
}
