//! Layers: finding the versions that a function names, and how they look on the wire.

use std::path::Path;

use cloud::prelude::*;
use store::Tx;
use store::layer::table;

use crate::code;
use crate::error::Error;
use crate::keys::{LayerUse, LayerVersionRow};
use crate::names;
use crate::shapes::{LayerContent, LayerVersion, LayerVersionItem};
use crate::time;

/// The ARN of a layer.
pub(crate) fn arn(row: &LayerVersionRow) -> String {
    format!("arn:aws:lambda:{}:{}:layer:{}", row.region, row.account, row.name)
}

/// The ARN of a layer version.
pub(crate) fn version_arn(row: &LayerVersionRow) -> String {
    format!("{}:{}", arn(row), row.number)
}

/// The layer versions that a function names, in order. Each must be there, in this region, and readable for the caller.
pub(crate) async fn resolve(cx: &mut Cx, arns: &[String]) -> Result<Vec<LayerUse>, Error> {
    let tx = cx.snapshot().await?;
    let mut layers: Vec<LayerUse> = Vec::new();
    for text in arns {
        let missing = || Error::invalid(format!("Layer version {text} does not exist."));
        let (account, region, name, number) = names::layer_version(text).ok_or_else(missing)?;
        if region != cx.region() {
            return Err(Error::invalid(format!(
                "Layers are not in the same region as the function. Layer: {text}"
            )));
        }
        if let Some(twice) = layers.iter().find(|layer| {
            layer.arn.rsplit_once(':').map(|(arn, _)| arn) == text.rsplit_once(':').map(|(arn, _)| arn)
        }) {
            return Err(Error::invalid(format!(
                "Two different versions of the same layer are not allowed to be referenced in the same function. {} and {text} are versions of the same layer.",
                twice.arn
            )));
        }
        let row: Option<LayerVersionRow> = table::get(&tx, (account, region, name, number)).await?;
        let row = row.ok_or_else(missing)?;
        if account != cx.account() {
            // A layer of another account must allow it.
            let policy = (!row.policy.statements.is_empty()).then(|| row.policy.text());
            let resource = version_arn(&row);
            let caller = cx.caller().clone();
            let action = "lambda:GetLayerVersion";
            cloud::access::decide_plane(cx, &caller, action, &resource, policy.as_deref(), &Vec::new())
                .await?;
        }
        layers.push(LayerUse { arn: text.clone(), code: row.code });
    }
    Ok(layers)
}

/// The external extensions in the merged layers of a function, in order of their names: Lambda starts every file in
/// `/opt/extensions`.
pub(crate) async fn extensions(merged: Option<&Path>) -> Result<Vec<String>, Failure> {
    let Some(folder) = merged.map(|merged| merged.join("extensions")) else { return Ok(Vec::new()) };
    let read = tokio::task::spawn_blocking(move || {
        // Without the folder there are none.
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let files = entries.filter(|entry| entry.path().metadata().is_ok_and(|kind| kind.is_file()));
        let mut names: Vec<String> = files.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort_unstable();
        names
    });
    read.await.map_err(Failure::internal)
}

/// A layer version, or AWS's words that there is none.
pub(crate) async fn open(
    tx: &Tx,
    (account, region, name): &(String, String, String),
    number: i64,
) -> Result<LayerVersionRow, Error> {
    if number < 1 {
        return Err(Error::invalid("Layer Version Cannot be less than 1."));
    }
    table::get(tx, (account, region, name, number)).await?.ok_or_else(Error::no_resource)
}

fn listed(list: &[String]) -> Option<Vec<String>> {
    (!list.is_empty()).then(|| list.to_vec())
}

/// A layer version with its content, on the wire.
pub(crate) fn view(cx: &Cx, row: &LayerVersionRow) -> LayerVersion {
    LayerVersion {
        content: LayerContent {
            location: code::location(cx, &row.code),
            code_sha256: row.code.sha256.clone(),
            code_size: i64::try_from(row.code.blob.size).unwrap_or(i64::MAX),
        },
        layer_arn: arn(row),
        layer_version_arn: version_arn(row),
        description: row.description.clone(),
        created_date: time::last_modified(row.created_at_millis),
        version: row.number,
        compatible_runtimes: listed(&row.runtimes),
        license_info: row.license.clone(),
        compatible_architectures: listed(&row.architectures),
    }
}

/// A layer version in a listing.
pub(crate) fn item(row: &LayerVersionRow) -> LayerVersionItem {
    LayerVersionItem {
        layer_version_arn: version_arn(row),
        version: row.number,
        description: row.description.clone(),
        created_date: time::last_modified(row.created_at_millis),
        compatible_runtimes: listed(&row.runtimes),
        license_info: row.license.clone(),
        compatible_architectures: listed(&row.architectures),
    }
}

/// Whether a layer version fits a listing's filters.
pub(crate) fn matches(row: &LayerVersionRow, runtime: Option<&str>, architecture: Option<&str>) -> bool {
    let fits = |list: &[String], wanted: Option<&str>| {
        wanted.is_none_or(|wanted| list.iter().any(|one| one == wanted))
    };
    fits(&row.runtimes, runtime) && fits(&row.architectures, architecture)
}
