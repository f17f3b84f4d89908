//! Tags of groups, for the old and the new operations.

use std::collections::BTreeMap;

use cloud::cx::Cx;

use crate::error::Error;
use crate::group;
use crate::keys::GroupRow;
use crate::limits::TAGS_MAX;

/// Adds tags to a group.
pub(crate) fn add(group: &mut GroupRow, tags: BTreeMap<String, String>) -> Result<(), Error> {
    group.tags.extend(tags);
    if group.tags.len() > TAGS_MAX { Err(Error::TooManyTags(TAGS_MAX)) } else { Ok(()) }
}

/// Takes tags from a group; keys that it does not have are fine.
pub(crate) fn remove(group: &mut GroupRow, keys: &[String]) {
    for key in keys {
        group.tags.remove(key);
    }
}

/// The name of the group in an ARN of the new operations.
pub(crate) fn group_of(resource_arn: &str) -> Result<&str, Error> {
    let name =
        resource_arn.split_once(":log-group:").map(|(_, name)| name.strip_suffix(":*").unwrap_or(name));
    name.filter(|name| !name.is_empty() && !name.contains(':')).ok_or(Error::NoSuchResource)
}

/// The group that an ARN of the new operations names, in the caller's account and region.
pub(crate) async fn open(cx: &mut Cx, resource_arn: &str) -> Result<GroupRow, Error> {
    match group::open(cx, group_of(resource_arn)?).await {
        Err(Error::NoSuchGroup) => Err(Error::NoSuchResource),
        other => other,
    }
}
