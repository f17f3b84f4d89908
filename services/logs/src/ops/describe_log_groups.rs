//! DescribeLogGroups.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};

use crate::error::Error;
use crate::group;
use crate::keys::{self, GroupRow};
use crate::limits::DESCRIBE_MAX;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    account_identifiers: Option<Vec<String>>,
    #[shape(len = 1..=512, pattern = r"[\.\-_/#A-Za-z0-9]+")]
    log_group_name_prefix: Option<String>,
    #[shape(len = 0..=512, pattern = r"[\.\-_/#A-Za-z0-9]*")]
    log_group_name_pattern: Option<String>,
    #[shape(len = 1..)]
    next_token: Option<String>,
    #[shape(range = 1..=50)]
    limit: Option<i32>,
    include_linked_accounts: Option<bool>,
    log_group_class: Option<String>,
    #[shape(len = 1..=50)]
    log_group_identifiers: Option<Vec<String>>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    log_groups: Vec<LogGroup>,
    next_token: Option<String>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct LogGroup {
    log_group_name: String,
    creation_time: i64,
    retention_in_days: Option<i32>,
    metric_filter_count: i32,
    arn: String,
    stored_bytes: i64,
    log_group_class: String,
    log_group_arn: String,
    deletion_protection_enabled: bool,
}

/// Describes groups, by the beginning of their names, a part of them, or their identifiers.
///
/// Differs from AWS: `storedBytes` is exact at once and counts events uncompressed. Groups of other accounts
/// (`accountIdentifiers`, `includeLinkedAccounts`) are refused.
pub(crate) struct DescribeLogGroups;

impl Operation for DescribeLogGroups {
    const NAME: &'static str = "DescribeLogGroups";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(group::access_arn(cx, "").into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if input.account_identifiers.is_some_and(|ids| !ids.is_empty())
            || input.include_linked_accounts == Some(true)
        {
            return Err(Error::unsupported("accountIdentifiers and includeLinkedAccounts"));
        }
        if input.log_group_name_prefix.is_some() && input.log_group_name_pattern.is_some() {
            return Err(Error::invalid(
                "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
            ));
        }
        if input.log_group_class.as_deref().is_some_and(|class| class != "STANDARD") {
            return Ok(Output { log_groups: Vec::new(), next_token: None });
        }
        if let Some(identifiers) = input.log_group_identifiers {
            return identified(cx, &identifiers).await;
        }
        let limit = input.limit.unwrap_or(DESCRIBE_MAX) as usize;
        let after = Cursor::of_token(input.next_token.as_deref(), Error::token)?;
        let filter = Filter { prefix: input.log_group_name_prefix, part: input.log_group_name_pattern };
        let (rows, next) = filter.list(cx, limit, after).await?;
        let mut log_groups = Vec::with_capacity(rows.len());
        for row in rows {
            log_groups.push(describe(cx, row).await?);
        }
        Ok(Output { log_groups, next_token: next.map(|cursor| cursor.to_text()) })
    }
}

/// Which groups are wanted.
struct Filter {
    prefix: Option<String>,
    part: Option<String>,
}

impl Filter {
    async fn list(
        &self,
        cx: &mut Cx,
        limit: usize,
        mut after: Option<Cursor>,
    ) -> Result<(Vec<GroupRow>, Option<Cursor>), Error> {
        let owner = (cx.account().to_owned(), cx.region().to_owned());
        let prefix = self.prefix.as_deref().unwrap_or("");
        let part = self.part.as_deref().unwrap_or("").to_ascii_lowercase();
        let mut rows = Vec::new();
        loop {
            let paging = Paging::after(limit - rows.len(), after);
            let listing = table::list_starting::<GroupRow>(cx.tx(), &owner, prefix, &paging).await?;
            rows.extend(
                listing.items.into_iter().filter(|row| row.name.to_ascii_lowercase().contains(&part)),
            );
            if listing.next.is_none() || rows.len() == limit {
                return Ok((rows, listing.next));
            }
            after = listing.next;
        }
    }
}

async fn identified(cx: &mut Cx, identifiers: &[String]) -> Result<Output, Error> {
    let mut log_groups = Vec::new();
    for identifier in identifiers {
        match group::open(cx, group::from_identifier(identifier)).await {
            Ok(row) => log_groups.push(describe(cx, row).await?),
            Err(Error::NoSuchGroup) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Output { log_groups, next_token: None })
}

async fn describe(cx: &mut Cx, row: GroupRow) -> Result<LogGroup, Error> {
    let stored_bytes = cx.tx().get_counter(&keys::bytes_of_group(row.id)).await?;
    let arn = group::arn(cx, &row.name);
    Ok(LogGroup {
        arn: format!("{arn}:*"),
        log_group_arn: arn.into(),
        log_group_name: row.name,
        creation_time: row.created_at_millis,
        retention_in_days: row.retention_days,
        metric_filter_count: 0,
        stored_bytes: stored_bytes.max(0),
        log_group_class: row.class,
        deletion_protection_enabled: row.deletion_protection,
    })
}
