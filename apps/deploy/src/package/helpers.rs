//! Functions of our own that a stack needs for what CloudFormation cannot do: the framework has such ones as well, with
//! the same names and handlers, so that a service goes from one to the other.

use std::path::Path;

use serde_json::Value;

use super::archive;
use crate::model::{Package, Service};
use crate::problem::Problem;
use crate::truth::truthy;

/// The archive's name, in the project's folder and in the deployment bucket.
pub(crate) const ARCHIVE: &str = "custom-resources.zip";

/// Files by their names in the archive. The path of each is the `Handler` of the function in the template.
const FILES: [(&str, &str); 1] = [("s3/handler.js", include_str!("helpers/existing_bucket.js"))];

/// The archive of the helper functions; none when the service does without.
pub(super) fn package(service: &Service, folder: &Path) -> Result<Option<Package>, Problem> {
    if !listens_to_existing_buckets(service) {
        return Ok(None);
    }
    let file = folder.join(ARCHIVE);
    let (sha256, size_bytes) = archive::write_texts(&file, &FILES)
        .map_err(|error| Problem::new(format!("cannot write {}: {error}", file.display())))?;
    Ok(Some(Package { file, name: ARCHIVE.to_owned(), sha256, size_bytes }))
}

fn listens_to_existing_buckets(service: &Service) -> bool {
    let events = service.functions().values().filter_map(|function| function["events"].as_array()).flatten();
    events.map(|event: &Value| &event["s3"]["existing"]).any(truthy)
}
