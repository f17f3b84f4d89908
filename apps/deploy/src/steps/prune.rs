//! Deleting old versions of functions.

use super::Session;
use super::deploy::function_name;
use crate::problem::Errors;

/// Deletes all but the newest versions of every function; a version that an alias points to stays. Returns how many
/// were deleted.
pub async fn prune(session: Session<'_>, kept: usize) -> Result<usize, Errors> {
    session.report.step("Pruning function versions");
    let mut deleted = 0;
    for key in session.service.functions().keys() {
        let name = function_name(session, key);
        let aliased: Vec<String> = session
            .api
            .list_aliases(&name)
            .await?
            .iter()
            .flat_map(|alias| {
                let more = alias["RoutingConfig"]["AdditionalVersionWeights"].as_object();
                let weighted = more.into_iter().flat_map(|weights| weights.keys().cloned());
                alias["FunctionVersion"]
                    .as_str()
                    .map(str::to_owned)
                    .into_iter()
                    .chain(weighted)
                    .collect::<Vec<_>>()
            })
            .collect();
        let versions = session.api.list_versions(&name).await?;
        let mut numbers: Vec<u64> =
            versions.iter().filter_map(|version| version["Version"].as_str()?.parse().ok()).collect();
        numbers.sort_unstable_by(|one, other| other.cmp(one));
        let old =
            numbers.into_iter().map(|number| number.to_string()).filter(|number| !aliased.contains(number));
        for version in old.skip(kept) {
            session.api.delete_function(&name, Some(&version)).await?;
            deleted += 1;
        }
    }
    Ok(deleted)
}
