//! Permissions boundaries of new users and roles.

use cloud::prelude::*;

use crate::tags::{self, Tag};

/// The conditions of a request that makes a user or role, so that policies can demand a boundary.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>, "Delegating
/// responsibility to others using permissions boundaries".
pub(crate) fn conditions(boundary: Option<&String>, tags: Option<&Vec<Tag>>) -> Conditions {
    let mut conditions = tags::conditions(tags);
    if let Some(arn) = boundary {
        conditions.push(("iam:PermissionsBoundary", vec![arn.clone()]));
    }
    conditions
}
