//! What is particular to S3's addresses.

use super::rest::{Query, Route};

/// Its name in our tables and in credential scopes.
pub(super) const NAME: &str = "s3";

/// Query parameters that select another operation on the same path ("subresources" of the S3 API reference). One that
/// the found operation does not know must not be passed over: `GET /bucket?replication` is no ListObjects.
const SUBRESOURCES: [&str; 37] = [
    "accelerate",
    "acl",
    "analytics",
    "append",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "location",
    "logging",
    "metadataConfiguration",
    "metadataInventoryTable",
    "metadataJournalTable",
    "metadataTable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "renameObject",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "session",
    "tagging",
    "torrent",
    "uploads",
    "versions",
    "website",
];

/// As above, where the parameter's name alone would also fit other things.
const MORE_SUBRESOURCES: [&str; 2] = ["versioning", "abac"];

/// The subresource of the request that `route` does not know.
pub(super) fn unknown_subresource(query: &Query, route: &Route) -> Option<String> {
    SUBRESOURCES
        .iter()
        .chain(&MORE_SUBRESOURCES)
        .find(|name| query.has(name) && !route.knows_parameter(name))
        .map(|name| (*name).to_owned())
}

/// The path-style path of `path` in `bucket`.
pub(super) fn path_in_bucket(bucket: &str, path: &str) -> String {
    if path == "/" || path.is_empty() { format!("/{bucket}") } else { format!("/{bucket}{path}") }
}
