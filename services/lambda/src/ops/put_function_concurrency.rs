//! PutFunctionConcurrency.

use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::function;
use crate::keys::FunctionRow;
use crate::limits::{CONCURRENCY, UNRESERVED_CONCURRENCY_MIN};
use crate::names::FunctionRef;
use crate::shapes::Concurrency;

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
        let others = reserved_by_others(cx, &function).await?;
        if others.saturating_add(wanted) > CONCURRENCY - UNRESERVED_CONCURRENCY_MIN {
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

/// Functions read at once.
const PAGE: usize = 1000;

/// What other functions of the account and region have reserved.
async fn reserved_by_others(cx: &mut Cx, function: &FunctionRef) -> Result<u32, Error> {
    let mut paging = Paging::first(PAGE);
    let mut sum: u32 = 0;
    loop {
        let page =
            table::list::<FunctionRow>(cx.tx(), (&function.account, &function.region), &paging).await?;
        let others = page.items.iter().filter(|row| row.name != function.name);
        sum += others.filter_map(|row| row.reserved_concurrency).sum::<u32>();
        match page.next {
            None => return Ok(sum),
            next => paging = Paging::after(PAGE, next),
        }
    }
}
