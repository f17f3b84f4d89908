//! A deployment's copy of its API.

use std::collections::BTreeMap;

use cloud::cx::Cx;
use store::layer::table::{self, Paging};
use store::{Error as StoreError, Tx};

use crate::api::parts;
use crate::error::Error;
use crate::keys::{
    ApiRow, AuthorizerRow, GatewayResponseRow, ModelRow, Part, ResourceRow, SnapshotPart, SnapshotRow,
    ValidatorRow,
};
use crate::views::MethodSnapshot;

/// Rows that are read at once.
const PAGE: usize = 200;

/// Copies the API for a deployment. An API without methods, or with a method that nothing stands behind, cannot be
/// deployed.
pub(crate) async fn take(cx: &mut Cx, api: ApiRow, deployment_id: &str) -> Result<(), Error> {
    let resources: Vec<ResourceRow> = parts(cx.tx(), &api.id).await?;
    check(&resources)?;
    let api_id = api.id.clone();
    let mut all = vec![SnapshotPart::Api(api)];
    all.extend(resources.into_iter().map(SnapshotPart::Resource));
    all.extend(parts::<ModelRow>(cx.tx(), &api_id).await?.into_iter().map(SnapshotPart::Model));
    all.extend(parts::<ValidatorRow>(cx.tx(), &api_id).await?.into_iter().map(SnapshotPart::Validator));
    all.extend(parts::<AuthorizerRow>(cx.tx(), &api_id).await?.into_iter().map(SnapshotPart::Authorizer));
    let responses = parts::<GatewayResponseRow>(cx.tx(), &api_id).await?;
    all.extend(responses.into_iter().map(SnapshotPart::GatewayResponse));
    for (number, part) in (0..).zip(all) {
        let row =
            SnapshotRow { api_id: api_id.clone(), deployment_id: deployment_id.to_owned(), number, part };
        table::put(cx.tx(), &row).await?;
    }
    Ok(())
}

fn check(resources: &[ResourceRow]) -> Result<(), Error> {
    if resources.iter().all(|resource| resource.methods.is_empty()) {
        return Err(Error::bad("The REST API doesn't contain any methods"));
    }
    let bare = |resource: &ResourceRow| resource.methods.values().any(|method| method.integration.is_none());
    if resources.iter().any(bare) {
        return Err(Error::bad("No integration defined for method"));
    }
    Ok(())
}

/// Reads the copy.
pub(crate) async fn read(
    tx: &Tx,
    api_id: &str,
    deployment_id: &str,
) -> Result<Vec<SnapshotPart>, StoreError> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let key = (api_id, SnapshotRow::KIND, deployment_id);
        let listing = table::list::<SnapshotRow>(tx, key, &Paging::after(PAGE, after)).await?;
        found.extend(listing.items.into_iter().map(|row| row.part));
        match listing.next {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
}

/// Deletes the copy.
pub(crate) async fn delete(tx: &mut Tx, api_id: &str, deployment_id: &str) -> Result<(), StoreError> {
    table::delete_under::<SnapshotRow>(tx, (api_id, SnapshotRow::KIND, deployment_id), usize::MAX).await?;
    Ok(())
}

/// The methods of a copy by path and name.
pub(crate) fn summary(parts: &[SnapshotPart]) -> BTreeMap<String, BTreeMap<String, MethodSnapshot>> {
    let mut summary = BTreeMap::new();
    for part in parts {
        let SnapshotPart::Resource(resource) = part else { continue };
        let methods: BTreeMap<_, _> = resource
            .methods
            .iter()
            .map(|(name, method)| {
                let snapshot = MethodSnapshot {
                    authorization_type: method.authorization_type.clone(),
                    api_key_required: method.api_key_required,
                };
                (name.clone(), snapshot)
            })
            .collect();
        if !methods.is_empty() {
            summary.insert(resource.path.clone(), methods);
        }
    }
    summary
}
