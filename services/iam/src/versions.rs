//! Versions of managed policies.

use iampolicy::{Kind, MANAGED_POLICY_CHARACTERS_MAX, Policy};

use crate::error::Error;

/// Most versions of a managed policy.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
pub(crate) const VERSIONS_MAX: usize = 5;

/// Refuses a document that is no managed policy or is too long.
pub(crate) fn check(document: &str) -> Result<(), Error> {
    Policy::parse(document, Kind::Managed)?;
    if iampolicy::size(document) > MANAGED_POLICY_CHARACTERS_MAX {
        return Err(Error::LimitExceeded(format!(
            "Cannot exceed quota for PolicySize: {MANAGED_POLICY_CHARACTERS_MAX}"
        )));
    }
    Ok(())
}

/// The policy has no such version.
pub(crate) fn missing(arn: &str, version: &str) -> Error {
    Error::NoSuchEntity(format!("Policy {arn} version {version} does not exist or is not attachable."))
}
