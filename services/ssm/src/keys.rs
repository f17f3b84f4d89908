//! The stored rows: the only file of the service that knows keys and bytes.

use std::collections::BTreeMap;

use cloud::prelude::*;
use serde::{Deserialize, Serialize};
use store::Tx;
use store::keyspace::{self, Prefix};
use store::layer::table::{self, Listing, Paging, Record};
use store::tuple::Tuple;

/// A parameter with its current version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ParameterRow {
    pub(crate) account: String,
    pub(crate) region: String,
    /// Without the slash in front of a name of one level: `/a` and `a` are the same parameter.
    pub(crate) name: String,
    pub(crate) current: Version,
    pub(crate) tags: BTreeMap<String, String>,
}

/// A version of a parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) number: i64,
    pub(crate) kind: String,
    pub(crate) value: String,
    pub(crate) description: Option<String>,
    pub(crate) allowed_pattern: Option<String>,
    pub(crate) tier: String,
    pub(crate) data_type: String,
    pub(crate) modified_at_millis: i64,
    pub(crate) modified_by: String,
}

/// An earlier or the current version, for history and selectors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct VersionRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) version: Version,
}

impl Record for ParameterRow {
    const PREFIX: Prefix = keyspace::SSM_PARAMETER;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.name))
    }
}

impl Record for VersionRow {
    const PREFIX: Prefix = keyspace::SSM_VERSION;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.name, self.version.number))
    }
}

/// The parameter with the stored name `name`.
pub(crate) async fn get(cx: &mut Cx, name: &str) -> Result<Option<ParameterRow>, store::Error> {
    let key = (cx.account().to_owned(), cx.region().to_owned(), name);
    table::get(cx.tx(), key).await
}

/// One version of a parameter.
pub(crate) async fn version(
    cx: &mut Cx,
    name: &str,
    number: i64,
) -> Result<Option<VersionRow>, store::Error> {
    let key = (cx.account().to_owned(), cx.region().to_owned(), name, number);
    table::get(cx.tx(), key).await
}

/// The versions of a parameter, oldest first.
pub(crate) async fn versions(
    cx: &mut Cx,
    name: &str,
    paging: &Paging,
) -> Result<Listing<VersionRow>, store::Error> {
    let under = (cx.account().to_owned(), cx.region().to_owned(), name);
    table::list(cx.tx(), under, paging).await
}

/// Parameters whose names begin with `prefix`, in name order.
pub(crate) async fn starting(
    cx: &mut Cx,
    prefix: &str,
    paging: &Paging,
) -> Result<Listing<ParameterRow>, store::Error> {
    let under = (cx.account().to_owned(), cx.region().to_owned());
    table::list_starting(cx.tx(), under, prefix, paging).await
}

/// Writes a parameter and its current version; the version that falls out of the history goes.
pub(crate) async fn put(tx: &mut Tx, row: &ParameterRow, versions_max: i64) -> Result<(), store::Error> {
    let version = VersionRow {
        account: row.account.clone(),
        region: row.region.clone(),
        name: row.name.clone(),
        version: row.current.clone(),
    };
    table::put(tx, row).await?;
    table::put(tx, &version).await?;
    let oldest = row.current.number - versions_max;
    if oldest > 0 {
        table::delete::<VersionRow>(tx, (&row.account, &row.region, &row.name, oldest)).await?;
    }
    Ok(())
}

/// Removes a parameter and its history.
pub(crate) async fn remove(tx: &mut Tx, row: &ParameterRow) -> Result<(), store::Error> {
    table::delete::<ParameterRow>(tx, row.key()).await?;
    table::delete_under::<VersionRow>(tx, (&row.account, &row.region, &row.name), usize::MAX).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Version 1 of the rows stays readable.
    #[test]
    fn rows_of_version_1() {
        let json = r#"{"account":"000000000000","region":"us-east-1","name":"a","current":{"number":1,
            "kind":"String","value":"v","description":null,"allowed_pattern":null,"tier":"Standard",
            "data_type":"text","modified_at_millis":5,"modified_by":"arn"},"tags":{}}"#;
        let row: ParameterRow = table::decode(&[&[1], json.as_bytes()].concat()).unwrap();
        assert_eq!((row.name.as_str(), row.current.value.as_str()), ("a", "v"));
    }
}
