//! GetAccountSettings.

use cloud::prelude::*;

use crate::concurrency;
use crate::error::Error;
use crate::keys::FunctionRow;
use crate::limits::{CODE_STORAGE_BYTES, UNZIPPED_BYTES_MAX, ZIP_BYTES_MAX};
use crate::runner::Runner;

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
        let (account, region) = (cx.account().to_string(), cx.region().to_string());
        let limit = Runner::of(cx).admission.limit();
        let functions = concurrency::all::<FunctionRow>(cx.tx(), (&account, &region)).await?;
        let size: u64 = functions.iter().map(|row| row.latest.code.blob.size).sum();
        let taken: u32 = concurrency::taken(cx.tx(), &account, &region).await?.values().sum();
        let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
        let bytes = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        Ok(Output {
            account_limit: AccountLimit {
                total_code_size: CODE_STORAGE_BYTES,
                code_size_unzipped: bytes(UNZIPPED_BYTES_MAX),
                code_size_zipped: bytes(ZIP_BYTES_MAX as u64),
                concurrent_executions: number(limit),
                unreserved_concurrent_executions: number(limit.saturating_sub(taken)),
            },
            account_usage: AccountUsage {
                total_code_size: bytes(size),
                function_count: bytes(functions.len() as u64),
            },
        })
    }
}
