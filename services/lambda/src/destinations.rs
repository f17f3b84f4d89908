//! Where the results of asynchronous invocations and dead letters may go, and whether the function's role may send there.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cloud::prelude::*;
use cloud::target::Target;
use serde_json::{Value, json};

use crate::error::Error;
use crate::names::FunctionRef;
use crate::{roles, time};

/// A kind of destination: its service, the operation that sends there, the IAM action and AWS's word for it in errors.
struct Kind {
    service: &'static str,
    operation: &'static str,
    action: &'static str,
    call: &'static str,
}

const KINDS: &[Kind] = &[
    Kind { service: "sqs", operation: "SendMessage", action: "sqs:SendMessage", call: "SendMessage" },
    Kind { service: "sns", operation: "Publish", action: "sns:Publish", call: "Publish" },
    Kind {
        service: "lambda",
        operation: "AcceptEvent",
        action: "lambda:InvokeFunction",
        call: "InvokeFunction",
    },
    Kind { service: "events", operation: "PutEvents", action: "events:PutEvents", call: "PutEvents" },
    Kind { service: "s3", operation: "PutObject", action: "s3:PutObject", call: "PutObject" },
];

/// A result on its way.
pub(crate) struct Parcel<'a> {
    /// The function's name.
    pub(crate) function: &'a str,
    /// Where it goes.
    pub(crate) arn: &'a str,
    pub(crate) record: &'a Value,
    pub(crate) success: bool,
}

/// The call that delivers a result; none for a destination that this cloud does not know.
pub(crate) fn target(cx: &Cx, parcel: &Parcel<'_>) -> Result<Option<Target>, Error> {
    let arn: Arn = parcel.arn.parse().map_err(Failure::internal)?;
    let text = parcel.record.to_string();
    let (service, operation, input) = match arn.service() {
        "events" => {
            let end = if parcel.success { "Success" } else { "Failure" };
            let function_arn = &parcel.record["requestContext"]["functionArn"];
            let entry = json!({
                "Source": "lambda",
                "DetailType": format!("Lambda Function Invocation Result - {end}"),
                "Resources": [parcel.arn, function_arn],
                "Detail": text,
                "EventBusName": parcel.arn,
            });
            ("events", "PutEvents", json!({"Entries": [entry]}))
        }
        "s3" => {
            let now = time::iso_millis(cx.now().millis());
            let (date, clock) = (&now[..10], now[11..19].replace(':', "."));
            let key = format!(
                "aws/lambda/async/{}/{}/{date}T{clock}-{}",
                parcel.function,
                date.replace('-', "/"),
                cx.new_id()
            );
            let bucket = arn.resource().to_string();
            ("s3", "PutObject", json!({"Bucket": bucket, "Key": key, "Body": STANDARD.encode(&text)}))
        }
        _ => return Ok(Target::of(&arn, &text).ok()),
    };
    Ok(Some(Target { service: service.into(), operation: operation.into(), input }))
}

/// Refuses a destination that cannot be, that this cloud does not have, or to which the function's role may not send.
pub(crate) async fn check(cx: &mut Cx, function: &FunctionRef, role: &str, arn: &str) -> Result<(), Error> {
    let parsed: Arn =
        arn.parse().map_err(|_| Error::invalid(format!("The destination ARN {arn} is invalid.")))?;
    if parsed.service() == "lambda"
        && FunctionRef::parse(cx, arn, None).is_ok_and(|other| other.arn() == function.arn())
    {
        // Recorded: LocalStack tests/aws/services/lambda_, test_lambda_eventinvokeconfig_exceptions.
        return Err(Error::invalid("You can't specify the function as a destination for itself."));
    }
    let kind = kind_of(cx, &parsed)?;
    if may(cx, function, role, kind, &parsed).await? {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "The function's execution role does not have permissions to call {} on {arn}",
        kind.call
    )))
}

/// The same for the target of dead letters.
pub(crate) async fn check_dead_letters(
    cx: &mut Cx,
    function: &FunctionRef,
    role: &str,
    arn: &str,
) -> Result<(), Error> {
    let parsed: Arn = arn.parse().map_err(|_| {
        Error::invalid(format!("The provided dead letter target {arn} is not an SQS queue or an SNS topic."))
    })?;
    let kind = kind_of(cx, &parsed)?;
    if may(cx, function, role, kind, &parsed).await? {
        return Ok(());
    }
    // AWS's text, as many projects quote it.
    let service = kind.service.to_uppercase();
    Err(Error::invalid(format!(
        "The provided execution role does not have permissions to call {} on {service}",
        kind.call
    )))
}

fn kind_of(cx: &Cx, arn: &Arn) -> Result<&'static Kind, Error> {
    let service = arn.service();
    let kind = KINDS.iter().find(|kind| kind.service == service);
    let kind = kind.ok_or_else(|| Error::invalid(format!("The destination ARN {arn} is invalid.")))?;
    if cx.cloud().registry().operation(kind.service, kind.operation).is_none() {
        return Err(Error::unsupported(&format!("A destination of the service {service}")));
    }
    if arn.resource().ends_with(".fifo") {
        // Only standard queues and topics are destinations ("Adding a destination").
        return Err(Error::unsupported("A FIFO queue or topic as a destination"));
    }
    Ok(kind)
}

/// Whether the function's role may send there.
async fn may(cx: &mut Cx, function: &FunctionRef, role: &str, kind: &Kind, arn: &Arn) -> Result<bool, Error> {
    let caller = roles::caller(cx.cloud(), role, &function.name, &function.region).await?;
    let Some(caller) = caller else { return Ok(false) };
    let resource = match kind.service {
        "s3" => format!("{arn}/*").parse().map_err(Failure::internal)?,
        _ => arn.clone(),
    };
    match cx.act_as(caller).require(kind.action, &Resource::One(resource), &Vec::new()).await {
        Ok(()) => Ok(true),
        Err(failure) if failure.status() >= 500 => Err(failure.into()),
        Err(_) => Ok(false),
    }
}
