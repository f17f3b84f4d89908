//! ListLogGroups.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};

use crate::error::Error;
use crate::group;
use crate::keys::GroupRow;
use crate::limits::LIST_GROUPS_MAX;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(len = 3..=129, pattern = r"(\^?[\.\-_\/#A-Za-z0-9]{3,24})(\|\^?[\.\-_\/#A-Za-z0-9]{3,24}){0,4}")]
    log_group_name_pattern: Option<String>,
    log_group_class: Option<String>,
    include_linked_accounts: Option<bool>,
    account_identifiers: Option<Vec<String>>,
    #[shape(len = 1..)]
    next_token: Option<String>,
    #[shape(range = 1..=1000)]
    limit: Option<i32>,
    data_sources: Option<Vec<serde_json::Value>>,
    field_index_names: Option<Vec<String>>,
    log_group_tags: Option<Vec<serde_json::Value>>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    log_groups: Vec<LogGroupSummary>,
    next_token: Option<String>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct LogGroupSummary {
    log_group_name: String,
    log_group_arn: String,
    log_group_class: String,
}

/// Lists groups whose names fit one of up to five patterns.
///
/// Differs from AWS: groups of other accounts, and groups by data source, index or tag, are refused.
pub(crate) struct ListLogGroups;

impl Operation for ListLogGroups {
    const NAME: &'static str = "ListLogGroups";
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
        if input.data_sources.is_some() || input.field_index_names.is_some() || input.log_group_tags.is_some()
        {
            return Err(Error::unsupported("dataSources, fieldIndexNames and logGroupTags"));
        }
        if input.log_group_class.as_deref().is_some_and(|class| class != "STANDARD") {
            return Ok(Output { log_groups: Vec::new(), next_token: None });
        }
        let owner = (cx.account().to_owned(), cx.region().to_owned());
        let limit = input.limit.unwrap_or(LIST_GROUPS_MAX) as usize;
        let mut after = Cursor::of_token(input.next_token.as_deref(), Error::token)?;
        let mut log_groups = Vec::new();
        loop {
            let paging = Paging::after(limit - log_groups.len(), after);
            let listing = table::list::<GroupRow>(cx.tx(), &owner, &paging).await?;
            let fitting = listing
                .items
                .into_iter()
                .filter(|row| fits(&row.name, input.log_group_name_pattern.as_deref()));
            log_groups.extend(fitting.map(|row| LogGroupSummary {
                log_group_arn: group::arn(cx, &row.name).into(),
                log_group_name: row.name,
                log_group_class: row.class,
            }));
            if listing.next.is_none() || log_groups.len() == limit {
                return Ok(Output { log_groups, next_token: listing.next.map(|cursor| cursor.to_text()) });
            }
            after = listing.next;
        }
    }
}

/// Whether a name holds one of the patterns, parted by `|`; `^` in front of one means the name's beginning.
fn fits(name: &str, patterns: Option<&str>) -> bool {
    let Some(patterns) = patterns else { return true };
    patterns.split('|').any(|pattern| match pattern.strip_prefix('^') {
        Some(beginning) => name.starts_with(beginning),
        None => name.contains(pattern),
    })
}
