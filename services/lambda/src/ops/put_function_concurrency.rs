//! PutFunctionConcurrency.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::limits::UNRESERVED_CONCURRENCY_MIN;
use crate::names::FunctionRef;
use crate::runner::Runner;
use crate::shapes::Concurrency;
use crate::{concurrency, function};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(range = 0..)]
    reserved_concurrent_executions: i32,
}

/// Reserves concurrent executions for a function; it gets no more than these.
pub(crate) struct PutFunctionConcurrency;

impl Operation for PutFunctionConcurrency {
    const NAME: &'static str = "PutFunctionConcurrency";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("PUT", "/2017-10-31/functions/{FunctionName}/concurrency", 200));
    type Input = Input;
    type Output = Concurrency;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Concurrency, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?.unqualified();
        let mut row = function::open(cx.tx(), &function).await?;
        let wanted = u32::try_from(input.reserved_concurrent_executions).unwrap_or(0);
        let provisioned: u32 =
            concurrency::of_function(cx.tx(), &function).await?.iter().map(|row| row.requested).sum();
        if wanted < provisioned {
            // LocalStack's provider.py, whose tests were checked against AWS; two blanks and all.
            return Err(Error::invalid(format!(
                " ReservedConcurrentExecutions  {wanted} should not be lower than function's total provisioned \
                 concurrency [{provisioned}]."
            )));
        }
        let limit = Runner::of(cx).admission.limit();
        let mut taken = concurrency::taken(cx.tx(), &function.account, &function.region).await?;
        taken.remove(&function.name);
        let others = taken.values().sum::<u32>();
        if others.saturating_add(wanted) > limit.saturating_sub(UNRESERVED_CONCURRENCY_MIN) {
            return Err(Error::invalid(format!(
                "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution \
                 below its minimum value of [{UNRESERVED_CONCURRENCY_MIN}]."
            )));
        }
        row.reserved_concurrency = Some(wanted);
        table::put(cx.tx(), &row).await?;
        Ok(Concurrency { reserved_concurrent_executions: Some(input.reserved_concurrent_executions) })
    }
}
