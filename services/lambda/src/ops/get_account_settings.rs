//! GetAccountSettings.

use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::keys::FunctionRow;
use crate::limits::{CODE_STORAGE_BYTES, CONCURRENCY, UNZIPPED_BYTES_MAX, ZIP_BYTES_MAX};

#[derive(Shape)]
pub(crate) struct Input;

#[derive(Shape)]
pub(crate) struct Output {
    account_limit: AccountLimit,
    account_usage: AccountUsage,
}

#[derive(Shape)]
struct AccountLimit {
    total_code_size: i64,
    code_size_unzipped: i64,
    code_size_zipped: i64,
    concurrent_executions: i32,
    unreserved_concurrent_executions: i32,
}

#[derive(Shape)]
struct AccountUsage {
    total_code_size: i64,
    function_count: i64,
}

/// Functions read at once.
const PAGE: usize = 1000;

/// Shows limits and usage of the account in the region.
///
/// Differs from AWS: the code size counts `$LATEST` of each function; the storage itself is not limited.
pub(crate) struct GetAccountSettings;

impl Operation for GetAccountSettings {
    const NAME: &'static str = "GetAccountSettings";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/2016-08-19/account-settings"));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, _input: Input) -> Result<Output, Error> {
        let place = (cx.account().to_string(), cx.region().to_string());
        let mut paging = Paging::first(PAGE);
        let (mut count, mut size, mut reserved) = (0, 0_u64, 0_u32);
        loop {
            let page = table::list::<FunctionRow>(cx.tx(), (&place.0, &place.1), &paging).await?;
            for row in &page.items {
                count += 1;
                size += row.latest.code.blob.size;
                reserved += row.reserved_concurrency.unwrap_or(0);
            }
            match page.next {
                None => break,
                next => paging = Paging::after(PAGE, next),
            }
        }
        let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
        let bytes = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        Ok(Output {
            account_limit: AccountLimit {
                total_code_size: CODE_STORAGE_BYTES,
                code_size_unzipped: bytes(UNZIPPED_BYTES_MAX),
                code_size_zipped: bytes(ZIP_BYTES_MAX as u64),
                concurrent_executions: number(CONCURRENCY),
                unreserved_concurrent_executions: number(CONCURRENCY.saturating_sub(reserved)),
            },
            account_usage: AccountUsage { total_code_size: bytes(size), function_count: count },
        })
    }
}
