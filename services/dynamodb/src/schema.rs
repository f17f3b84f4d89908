//! What a table and its indexes must be, in DynamoDB's words.
//!
//! The texts are those that dynalite's tests (test/createTable.js) and `nubo-db/dynamodb-conformance` (tests/tier3)
//! recorded from DynamoDB.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::error::Error;
use crate::limits::{GLOBAL_INDEXES_MAX, LOCAL_INDEXES_MAX, PROJECTED_ATTRIBUTES_MAX};
use crate::shapes::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, LocalSecondaryIndex,
    OnDemandThroughput, Projection, ProjectionType, ProvisionedThroughput,
};
use crate::table::{IndexRow, KeyKind, KeyNames, OnDemand, Projected, TableRow, Throughput};

/// Highest units that the API takes at all.
const UNITS_MAX: i64 = 1_000_000_000_000;

/// The words for what is not kept ready.
pub(crate) const NO_WARM_INDEX: &str = "warm throughput of single indexes is not supported by this cloud";

/// The attributes of keys, each defined once.
pub(crate) fn definitions(definitions: &[AttributeDefinition]) -> Result<BTreeMap<String, KeyKind>, Error> {
    let mut kinds = BTreeMap::new();
    for definition in definitions {
        if kinds.insert(definition.attribute_name.clone(), definition.attribute_type).is_some() {
            return Err(Error::parameter(format_args!(
                "Duplicate AttributeName in AttributeDefinitions: {}",
                definition.attribute_name
            )));
        }
    }
    Ok(kinds)
}

/// The key of a table or an index.
pub(crate) fn key(
    schema: &[KeySchemaElement],
    kinds: &BTreeMap<String, KeyKind>,
    is_index: bool,
) -> Result<KeyNames, Error> {
    if !is_index && schema.len() > kinds.len() {
        return Err(Error::validation("Invalid KeySchema: Some index key attribute have no definition"));
    }
    if schema.iter().any(|element| !kinds.contains_key(&element.attribute_name)) {
        return Err(Error::parameter(format_args!(
            "Some index key attributes are not defined in AttributeDefinitions. Keys: [{}], AttributeDefinitions: [{}]",
            joined(schema.iter().map(|element| element.attribute_name.as_str())),
            joined(kinds.keys().map(String::as_str)),
        )));
    }
    let (first, second) = match schema {
        [first] => (first, None),
        [first, second] => (first, Some(second)),
        _ => return Err(Error::validation("Invalid KeySchema: expected one or two elements")),
    };
    if first.key_type != KeyType::Hash {
        return Err(Error::validation(
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
        ));
    }
    if let Some(second) = second {
        if second.key_type != KeyType::Range {
            return Err(Error::validation(
                "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type",
            ));
        }
        if second.attribute_name == first.attribute_name {
            return Err(Error::validation(
                "Both the Hash Key and the Range Key element in the KeySchema have the same name",
            ));
        }
    }
    Ok(KeyNames {
        hash: first.attribute_name.clone(),
        range: second.map(|second| second.attribute_name.clone()),
    })
}

fn joined<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// What an index holds.
pub(crate) fn projected(projection: &Projection) -> Result<Projected, Error> {
    let names = projection.non_key_attributes.as_ref();
    match (projection.projection_type, names) {
        (None, _) => Err(Error::parameter("Unknown ProjectionType: null")),
        (Some(ProjectionType::All), Some(_)) => {
            Err(Error::parameter("ProjectionType is ALL, but NonKeyAttributes is specified"))
        }
        (Some(ProjectionType::KeysOnly), Some(_)) => {
            Err(Error::parameter("ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified"))
        }
        (Some(ProjectionType::Include), None) => {
            Err(Error::parameter("ProjectionType is INCLUDE, but NonKeyAttributes is not specified"))
        }
        (Some(ProjectionType::All), None) => Ok(Projected::All),
        (Some(ProjectionType::KeysOnly), None) => Ok(Projected::KeysOnly),
        (Some(ProjectionType::Include), Some(names)) => Ok(Projected::Include(names.clone())),
    }
}

/// The throughput of a table or index under a billing mode.
pub(crate) fn throughput(
    mode: BillingMode,
    units: Option<ProvisionedThroughput>,
    index: Option<&str>,
) -> Result<Throughput, Error> {
    let place = index.map(|name| format!(" for index: {name}")).unwrap_or_default();
    match (mode, units) {
        // (`ack-api-quirks`, DDB-TABLE-442; awsdocs/amazon-dynamodb-developer-guide, issue 246.)
        (BillingMode::Provisioned, None) if index.is_some() => {
            Err(Error::parameter(format_args!("ProvisionedThroughput is not specified{place}")))
        }
        (BillingMode::Provisioned, None) => Err(Error::parameter(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        )),
        (BillingMode::PayPerRequest, Some(_)) if index.is_some() => Err(Error::parameter(format_args!(
            "ProvisionedThroughput should not be specified{place} when BillingMode is PAY_PER_REQUEST"
        ))),
        (BillingMode::PayPerRequest, Some(_)) => Err(Error::parameter(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
        )),
        (BillingMode::PayPerRequest, None) => Ok(Throughput::default()),
        (BillingMode::Provisioned, Some(units)) => {
            let given = [
                ("ReadCapacityUnits", units.read_capacity_units),
                ("WriteCapacityUnits", units.write_capacity_units),
            ];
            if let Some((name, value)) = given.into_iter().find(|(_, value)| *value > UNITS_MAX) {
                let place = index.map(|name| format!(" for index {name}")).unwrap_or_default();
                return Err(Error::validation(format!(
                    "Given value {value} for {name} is out of bounds{place}"
                )));
            }
            Ok(Throughput {
                read: units.read_capacity_units,
                write: units.write_capacity_units,
                ..Throughput::default()
            })
        }
    }
}

/// The highest units of an on-demand table or index. Later on, -1 takes them away.
/// (Texts: `ack-api-quirks`, DDB-TABLE-442.)
pub(crate) fn on_demand(
    mode: BillingMode,
    asked: OnDemandThroughput,
    index: Option<&str>,
    is_new: bool,
) -> Result<OnDemand, Error> {
    let place = index.map_or_else(|| "for table".to_owned(), |name| format!("for index : {name}"));
    let units = [
        ("MaxReadRequestUnits", asked.max_read_request_units),
        ("MaxWriteRequestUnits", asked.max_write_request_units),
    ];
    for (name, units) in units {
        let Some(units) = units else { continue };
        if mode == BillingMode::Provisioned {
            return Err(Error::parameter(format_args!(
                "{name} for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED"
            )));
        }
        if units < 1 && (is_new || units != -1) {
            return Err(Error::parameter(format_args!(
                "Requested {name} for OnDemandThroughput {place} is outside of valid range"
            )));
        }
    }
    Ok(asked.into())
}

/// Refuses vector indexes.
pub(crate) fn check_no_vectors(asked: Option<&Json>) -> Result<(), Error> {
    match asked {
        None => Ok(()),
        Some(_) => Err(Error::validation("vector indexes are not supported by this cloud")),
    }
}

/// The local indexes of a new table, without numbers.
pub(crate) fn local_indexes(
    asked: &[LocalSecondaryIndex],
    table: &KeyNames,
    kinds: &BTreeMap<String, KeyKind>,
) -> Result<Vec<IndexRow>, Error> {
    if table.range.is_none() {
        return Err(Error::parameter(
            "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
        ));
    }
    if asked.is_empty() {
        return Err(Error::parameter("List of LocalSecondaryIndexes is empty"));
    }
    if asked.len() > LOCAL_INDEXES_MAX {
        return Err(Error::parameter(format_args!(
            "Number of LocalSecondaryIndexes exceeds per-table limit of {LOCAL_INDEXES_MAX}"
        )));
    }
    asked
        .iter()
        .map(|index| {
            let key = key(&index.key_schema, kinds, true)?;
            let name = &index.index_name;
            if key.range.is_none() {
                return Err(Error::parameter(format_args!(
                    "Index KeySchema does not have a range key for index: {name}"
                )));
            }
            if key.hash != table.hash {
                return Err(Error::parameter(format_args!(
                    "Index KeySchema does not have the same leading hash key as table KeySchema for index: {name}. index hash key: {}, table hash key: {}",
                    key.hash, table.hash
                )));
            }
            Ok(index_row(name, false, key, projected(&index.projection)?, Throughput::default()))
        })
        .collect()
}

/// A global index that is to be made, without a number.
pub(crate) fn global_index(
    asked: &GlobalSecondaryIndex,
    mode: BillingMode,
    kinds: &BTreeMap<String, KeyKind>,
) -> Result<IndexRow, Error> {
    let key = key(&asked.key_schema, kinds, true)?;
    let units = throughput(mode, asked.provisioned_throughput, Some(&asked.index_name))?;
    if asked.warm_throughput.is_some() {
        return Err(Error::validation(NO_WARM_INDEX));
    }
    let mut row = index_row(&asked.index_name, true, key, projected(&asked.projection)?, units);
    row.on_demand = match asked.on_demand_throughput {
        Some(asked_units) => Some(on_demand(mode, asked_units, Some(&asked.index_name), true)?),
        None => None,
    };
    Ok(row)
}

/// The global indexes of a new table, without numbers.
pub(crate) fn global_indexes(
    asked: &[GlobalSecondaryIndex],
    mode: BillingMode,
    kinds: &BTreeMap<String, KeyKind>,
) -> Result<Vec<IndexRow>, Error> {
    if asked.is_empty() {
        return Err(Error::parameter("List of GlobalSecondaryIndexes is empty"));
    }
    asked.iter().map(|index| global_index(index, mode, kinds)).collect()
}

fn index_row(
    name: &str,
    is_global: bool,
    key: KeyNames,
    projected: Projected,
    throughput: Throughput,
) -> IndexRow {
    IndexRow {
        number: 0,
        name: name.to_owned(),
        is_global,
        key,
        projected,
        throughput,
        on_demand: None,
        is_backfilling: false,
    }
}

/// What must hold of all indexes of a table together.
pub(crate) fn check_indexes(indexes: &[IndexRow]) -> Result<(), Error> {
    let mut names = BTreeSet::new();
    if let Some(twice) = indexes.iter().find(|index| !names.insert(&index.name)) {
        return Err(Error::parameter(format_args!("Duplicate index name: {}", twice.name)));
    }
    let globals = indexes.iter().filter(|index| index.is_global).count();
    if globals > GLOBAL_INDEXES_MAX {
        return Err(Error::parameter(format_args!(
            "GlobalSecondaryIndex count exceeds the per-table limit of {GLOBAL_INDEXES_MAX}"
        )));
    }
    let included = indexes.iter().map(|index| match &index.projected {
        Projected::Include(names) => names.len(),
        _ => 0,
    });
    let included: usize = included.sum();
    if included > PROJECTED_ATTRIBUTES_MAX {
        return Err(Error::parameter(format_args!(
            "Number of projected attributes exceeds the per-table limit of {PROJECTED_ATTRIBUTES_MAX}, found: {included}"
        )));
    }
    Ok(())
}

/// Refuses attributes that are defined and used in no key.
pub(crate) fn check_all_used(row: &TableRow) -> Result<(), Error> {
    let used = row.key_attributes();
    if used.len() == row.attributes.len() {
        return Ok(());
    }
    if row.indexes.is_empty() {
        return Err(Error::parameter(
            "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions",
        ));
    }
    Err(Error::parameter(format_args!(
        "Some AttributeDefinitions are not used. AttributeDefinitions: [{}], keys used: [{}]",
        joined(row.attributes.keys().map(String::as_str)),
        joined(used.into_iter()),
    )))
}
