//! Reserved and provisioned concurrency as it is configured.
//!
//! `admission.rs` counts by it, `runtime/provisioned.rs` keeps the environments.

use std::collections::BTreeMap;

use store::Tx;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::function;
use crate::keys::{self, AliasRow, FunctionRow, ProvisionedRow};
use crate::names::{FunctionRef, LATEST, is_number};

/// Rows read at once.
const PAGE: usize = 1000;

/// What of an account's concurrency belongs to certain functions, by their names: the reservation, or without one the
/// provisioned concurrency.
pub(crate) async fn taken(
    tx: &Tx,
    account: &str,
    region: &str,
) -> Result<BTreeMap<String, u32>, store::Error> {
    let mut taken = BTreeMap::new();
    for row in all::<ProvisionedRow>(tx, (account, region)).await? {
        *taken.entry(row.name).or_insert(0_u32) += row.requested;
    }
    for row in all::<FunctionRow>(tx, (account, region)).await? {
        if let Some(reserved) = row.reserved_concurrency {
            taken.insert(row.name, reserved);
        }
    }
    Ok(taken)
}

/// All rows below `parts`.
pub(crate) async fn all<R: table::Record>(
    tx: &Tx,
    parts: impl store::tuple::Pack,
) -> Result<Vec<R>, store::Error> {
    let mut rows = Vec::new();
    let mut paging = Paging::first(PAGE);
    loop {
        let page = table::list::<R>(tx, &parts, &paging).await?;
        rows.extend(page.items);
        match page.next {
            None => return Ok(rows),
            next => paging = Paging::after(PAGE, next),
        }
    }
}

/// The configurations of a function.
pub(crate) async fn of_function(
    tx: &Tx,
    function: &FunctionRef,
) -> Result<Vec<ProvisionedRow>, store::Error> {
    all(tx, keys::of(function)).await
}

/// The configuration for a qualifier.
pub(crate) async fn find(tx: &Tx, function: &FunctionRef) -> Result<ProvisionedRow, Error> {
    let qualifier = function.qualifier.as_deref().unwrap_or(LATEST);
    let key = (&function.account, &function.region, &function.name, qualifier);
    table::get(tx, key).await?.ok_or(Error::NoProvisionedConcurrency)
}

/// The versions that a configuration is for, with their shares of it.
pub(crate) async fn versions(tx: &Tx, row: &ProvisionedRow) -> Result<Vec<(String, u32)>, store::Error> {
    if is_number(&row.qualifier) {
        return Ok(vec![(row.qualifier.clone(), row.requested)]);
    }
    let key = (&row.account, &row.region, &row.name, &row.qualifier);
    let Some(alias) = table::get::<AliasRow>(tx, key).await? else { return Ok(Vec::new()) };
    Ok(shares(&alias, row.requested))
}

/// Both versions of an alias get environments in proportion to their weights.
fn shares(alias: &AliasRow, requested: u32) -> Vec<(String, u32)> {
    let Some((other, weight)) = &alias.routing else { return vec![(alias.version.clone(), requested)] };
    // The weight is between 0 and 1.
    let theirs = (f64::from(requested) * weight).round() as u32;
    vec![(alias.version.clone(), requested.saturating_sub(theirs)), (other.clone(), theirs)]
}

/// Refuses a qualifier that can have no provisioned concurrency, or that leads nowhere.
pub(crate) async fn check_qualifier(tx: &Tx, function: &FunctionRef) -> Result<(), Error> {
    let qualifier = function.qualifier.as_deref().unwrap_or(LATEST);
    if qualifier == LATEST {
        return Err(unpublished());
    }
    if is_number(qualifier) {
        function::find(tx, function).await.map(|_found| ())
    } else {
        function::open_alias(tx, &function.clone().unqualified(), qualifier).await.map(|_alias| ())
    }
}

fn unpublished() -> Error {
    // LocalStack tests/aws/services/lambda_, test_provisioned_concurrency_exceptions (checked against AWS).
    Error::invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions.")
}

/// Refuses a configuration for a version that has one already in another way: by itself, or by an alias.
pub(crate) async fn check_overlap(tx: &Tx, function: &FunctionRef) -> Result<(), Error> {
    let qualifier = function.qualifier.as_deref().unwrap_or(LATEST);
    let others = of_function(tx, function).await?;
    if is_number(qualifier) {
        for row in others.iter().filter(|row| !is_number(&row.qualifier)) {
            if versions(tx, row).await?.iter().any(|(version, _)| version == qualifier) {
                return Err(Error::Conflict(
                    "Version is pointed by a Provisioned Concurrency alias".to_string(),
                ));
            }
        }
        return Ok(());
    }
    let alias = function::open_alias(tx, &function.clone().unqualified(), qualifier).await?;
    for (version, _) in shares(&alias, 0) {
        if version == LATEST {
            return Err(unpublished());
        }
        if others.iter().any(|row| row.qualifier == version) {
            return Err(Error::Conflict(
                "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
                    .to_string(),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_share_provisioned_concurrency() {
        let mut alias = AliasRow {
            account: String::new(),
            region: String::new(),
            name: "f".into(),
            alias: "live".into(),
            version: "1".into(),
            description: String::new(),
            routing: None,
            revision_id: String::new(),
        };
        assert_eq!(shares(&alias, 5), [("1".to_string(), 5)]);
        alias.routing = Some(("2".into(), 0.1));
        assert_eq!(shares(&alias, 10), [("1".to_string(), 9), ("2".to_string(), 1)]);
        assert_eq!(shares(&alias, 1), [("1".to_string(), 1), ("2".to_string(), 0)]);
    }
}
