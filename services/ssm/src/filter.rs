//! Filters of DescribeParameters and GetParametersByPath.

use cloud::prelude::*;

use crate::error::Error;
use crate::keys::ParameterRow;

/// One filter as the request has it.
#[derive(Clone, Debug, Shape)]
pub(crate) struct ParameterStringFilter {
    #[shape(len = 1..=132, pattern = "tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType")]
    pub(crate) key: String,
    #[shape(len = 1..=10)]
    pub(crate) option: Option<String>,
    #[shape(len = 1..=50, each(len = 1..=1024))]
    pub(crate) values: Option<Vec<String>>,
}

impl ParameterStringFilter {
    /// Refuses what the key does not know.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let options: &[&str] = match self.key.as_str() {
            "Name" => &["Equals", "BeginsWith", "Contains"],
            "Path" => &["OneLevel", "Recursive"],
            "Label" => return Err(Error::InvalidFilterKey),
            _ => &["Equals", "BeginsWith"],
        };
        match &self.option {
            Some(option) if !options.contains(&option.as_str()) => Err(Error::InvalidFilterOption(format!(
                "The following filter option is not valid: {option}. Valid options include: [{}].",
                options.join(", ")
            ))),
            _ => Ok(()),
        }
    }

    /// Whether `row` passes.
    pub(crate) fn matches(&self, row: &ParameterRow) -> bool {
        let values = self.values.as_deref().unwrap_or_default();
        let option = self.option.as_deref();
        if self.key == "Path" {
            return values.iter().any(|path| under(&row.name, path, option == Some("Recursive")));
        }
        let subject = match self.key.as_str() {
            "Name" => Some(row.name.as_str()),
            "Type" => Some(row.current.kind.as_str()),
            "Tier" => Some(row.current.tier.as_str()),
            "DataType" => Some(row.current.data_type.as_str()),
            key => key.strip_prefix("tag:").and_then(|tag| row.tags.get(tag)).map(String::as_str),
        };
        let Some(subject) = subject else {
            return false;
        };
        let name = self.key == "Name";
        values.is_empty()
            || values.iter().any(|value| compare(subject, value, option.unwrap_or("Equals"), name))
    }
}

fn compare(subject: &str, value: &str, option: &str, name: bool) -> bool {
    // A name of one level is stored without its slash.
    let value =
        if name && !subject.starts_with('/') { value.strip_prefix('/').unwrap_or(value) } else { value };
    match option {
        "BeginsWith" => subject.starts_with(value),
        "Contains" => subject.contains(value),
        _ => subject == value,
    }
}

/// Whether the parameter `name` lies under `path`: directly, or at any depth when `recursive`.
pub(crate) fn under(name: &str, path: &str, recursive: bool) -> bool {
    let name = name.strip_prefix('/').unwrap_or(name);
    let path = path.trim_matches('/');
    let rest = if path.is_empty() {
        Some(name)
    } else {
        name.strip_prefix(path).and_then(|rest| rest.strip_prefix('/'))
    };
    rest.is_some_and(|rest| recursive || !rest.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_whole_levels() {
        assert!(under("/a/b", "/a", false));
        assert!(!under("/a/b/c", "/a", false));
        assert!(under("/a/b/c", "/a/", true));
        assert!(!under("/ab/c", "/a", true));
        assert!(under("top", "/", false));
    }
}
