//! Event source mappings: functions that are fed from queues and streams.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html>
//!
//! Reading, batching, retries and checkpoints are [`cloud::feed`]'s; this module is what Lambda adds: `shapes` on the wire,
//! `settings` with the rules for each kind of source, `permissions` of the function's role, `feeds` for the feed layer,
//! `event` what functions get and answer, and what destinations get of what was given up.
//!
//! Differs from AWS: Kafka, Amazon MQ and DocumentDB are refused, and so are provisioned pollers, metrics and log levels of
//! mappings, and customer keys for filters. A registered consumer of a Kinesis stream is read like the stream itself.

mod event;
pub(crate) mod feeds;
mod permissions;
mod settings;
pub(crate) mod shapes;

use cloud::prelude::*;
use store::Tx;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::function;
use crate::keys::{MappingRow, MappingState};
use crate::names::FunctionRef;

use self::settings::Source;
pub(crate) use self::settings::{Beginning, Change, new, refuse};

/// Mappings of one source and one function that are looked through: versions and aliases have their own.
const SAME_MAX: usize = 1_000;
/// Between the parts of a mapping's ARN.
const ARN_PREFIX: &str = "event-source-mapping:";

impl MappingRow {
    /// The function that is fed.
    pub(crate) fn function(&self) -> FunctionRef {
        FunctionRef {
            account: self.account.clone(),
            region: self.region.clone(),
            name: self.name.clone(),
            qualifier: self.qualifier.clone(),
        }
    }
}

/// The ARN of the mapping with this id.
pub(crate) fn arn(cx: &Cx, id: &str) -> Arn {
    cx.arn("lambda", format_args!("{ARN_PREFIX}{id}"))
}

/// The id in a mapping's ARN; none in the ARN of something else.
pub(crate) fn id_of_arn(arn: &str) -> Option<String> {
    let arn: Arn = arn.parse().ok()?;
    arn.resource().strip_prefix(ARN_PREFIX).map(str::to_string)
}

/// The mapping with this id.
pub(crate) async fn open(cx: &mut Cx, id: &str) -> Result<MappingRow, Error> {
    let key = (cx.account().to_string(), cx.region().to_string(), id.to_string());
    table::get(cx.tx(), key).await?.ok_or_else(Error::no_resource)
}

/// The function that a mapping is for: one of the caller's account.
pub(crate) fn own_function(cx: &Cx, name: &str) -> Result<FunctionRef, Error> {
    let function = FunctionRef::parse(cx, name, None)?;
    match function.account == cx.account() {
        true => Ok(function),
        false => Err(Error::AccessDenied("Cross-account event source mappings are not allowed.".to_string())),
    }
}

/// Checks a new or changed mapping against the function, the source and what the function's role may do.
pub(crate) async fn check(cx: &mut Cx, row: &MappingRow) -> Result<(), Error> {
    let function = row.function();
    let found = match function::find(cx.tx(), &function).await {
        // Recorded: LocalStack tests/aws/services/lambda_, test_event_source_mapping_exceptions.
        Err(Error::NotFound(_)) => return Err(Error::invalid("Function does not exist")),
        found => found?,
    };
    let source = Source::of(&row.source)?;
    permissions::check(cx, row, source, &found.config).await
}

/// Refuses a mapping that would feed a function twice from one source.
pub(crate) async fn check_single(tx: &Tx, row: &MappingRow) -> Result<(), Error> {
    let parts = (&row.account, &row.region, &row.source, &row.name);
    let same = table::list_by::<MappingRow>(tx, 1, parts, &Paging::first(SAME_MAX)).await?.items;
    let other = same.into_iter().find(|other| {
        other.id != row.id && other.qualifier == row.qualifier && other.state != MappingState::Deleting
    });
    let Some(other) = other else { return Ok(()) };
    let (source, name, id) = (&row.source, &row.name, &other.id);
    // Recorded: LocalStack tests/aws/services/lambda_/event_source_mapping, test_duplicate_event_source_mappings.
    let text = match Source::of(source)? {
        Source::Queue { .. } => format!(
            "An event source mapping with SQS arn (\" {source} \") and function (\" {name} \") already exists."
        ),
        Source::DynamoDb | Source::Kinesis => {
            format!(
                "The event source arn (\" {source} \") and function (\" {name} \") provided mapping already exists."
            )
        }
    };
    Err(Error::Conflict(format!("{text} Please update or delete the existing mapping with UUID {id}")))
}
