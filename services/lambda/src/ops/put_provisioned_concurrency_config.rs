//! PutProvisionedConcurrencyConfig.

use cloud::prelude::*;
use store::Tx;
use store::layer::table;

use crate::concurrency;
use crate::error::Error;
use crate::function;
use crate::keys::ProvisionedRow;
use crate::limits::UNRESERVED_CONCURRENCY_MIN;
use crate::names::FunctionRef;
use crate::provisioning::Status;
use crate::runner::Runner;
use crate::shapes::{ProvisionedConcurrency, ProvisionedStatus};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(querystring = "Qualifier", len = 1..=128, pattern = r"(|[a-zA-Z0-9$_-]+)")]
    qualifier: String,
    #[shape(range = 1..)]
    provisioned_concurrent_executions: i32,
}

/// Keeps environments of a version or an alias ready, started ahead of invocations.
///
/// Differs from AWS: the environments of an alias also serve invocations of the version that it leads to.
pub(crate) struct PutProvisionedConcurrencyConfig;

impl Operation for PutProvisionedConcurrencyConfig {
    const NAME: &'static str = "PutProvisionedConcurrencyConfig";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("PUT", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency", 202));
    type Input = Input;
    type Output = ProvisionedConcurrency;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, Some(&input.qualifier))?.qualified_arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<ProvisionedConcurrency, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, Some(&input.qualifier))?;
        let requested = u32::try_from(input.provisioned_concurrent_executions).unwrap_or(0);
        let limit = Runner::of(cx).admission.limit();
        concurrency::check_qualifier(cx.tx(), &function).await?;
        check_limits(cx.tx(), &function, requested, limit).await?;
        concurrency::check_overlap(cx.tx(), &function).await?;
        let row = ProvisionedRow {
            account: function.account.clone(),
            region: function.region.clone(),
            name: function.name.clone(),
            qualifier: input.qualifier,
            requested,
            modified_at_millis: cx.now().millis(),
            revision_id: cx.new_id(),
        };
        table::put(cx.tx(), &row).await?;
        let begun = Status { allocated: 0, status: ProvisionedStatus::InProgress };
        Ok(ProvisionedConcurrency::new(&row, begun))
    }
}

/// The texts are those that LocalStack's provider.py has, whose tests were checked against AWS.
async fn check_limits(tx: &Tx, function: &FunctionRef, requested: u32, limit: u32) -> Result<(), Error> {
    let own = concurrency::of_function(tx, function).await?;
    let others = own.iter().filter(|row| Some(&row.qualifier) != function.qualifier.as_ref());
    let wanted = others.map(|row| row.requested).sum::<u32>().saturating_add(requested);
    if let Some(reserved) = function::open(tx, function).await?.reserved_concurrency {
        if wanted > reserved {
            return Err(Error::invalid(
                "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
            ));
        }
        return Ok(());
    }
    if requested > limit {
        return Err(Error::invalid(format!(
            "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [{limit}]."
        )));
    }
    let mut taken = concurrency::taken(tx, &function.account, &function.region).await?;
    taken.remove(&function.name);
    let taken = taken.values().sum::<u32>().saturating_add(wanted);
    if limit.saturating_sub(taken) < UNRESERVED_CONCURRENCY_MIN {
        return Err(Error::invalid(format!(
            "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its \
             minimum value of [{UNRESERVED_CONCURRENCY_MIN}]."
        )));
    }
    Ok(())
}
