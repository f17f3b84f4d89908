//! Every limit of the service, from "Parameter Store quotas" in the AWS General Reference unless it says otherwise.

/// Characters of a standard parameter's value.
pub(crate) const STANDARD_VALUE_MAX: usize = 4096;
/// Characters of an advanced parameter's value.
pub(crate) const ADVANCED_VALUE_MAX: usize = 8192;
/// Levels of a hierarchical name.
pub(crate) const LEVELS_MAX: usize = 15;
/// Versions that are kept; the oldest goes when one more is written.
pub(crate) const VERSIONS_MAX: i64 = 100;
/// Characters of a whole name with its ARN prefix (PutParameter, "Name"): 1011 for the name alone.
pub(crate) const NAME_CHARS_MAX: usize = 1011;
/// Tags of a resource.
pub(crate) const TAGS_MAX: usize = 50;
/// Results of GetParametersByPath when the request names no number.
pub(crate) const BY_PATH_RESULTS: usize = 10;
/// Results of other listings when the request names no number.
pub(crate) const RESULTS: usize = 50;
