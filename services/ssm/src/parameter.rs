//! What a parameter is: names, selectors, tiers, values. Pure.

use cloud::prelude::*;
use fancy_regex::Regex;

use crate::error::Error;
use crate::keys::{ParameterRow, Version};
use crate::limits::{ADVANCED_VALUE_MAX, LEVELS_MAX, NAME_CHARS_MAX, STANDARD_VALUE_MAX};

/// The kinds of parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
pub(crate) enum Kind {
    String,
    StringList,
    SecureString,
}

/// The tiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
pub(crate) enum Tier {
    Standard,
    Advanced,
    #[shape(name = "Intelligent-Tiering")]
    IntelligentTiering,
}

/// A parameter as the API shows it.
#[derive(Debug, Shape)]
pub(crate) struct Parameter {
    name: Option<String>,
    #[shape(name = "Type")]
    kind: Option<String>,
    value: Option<String>,
    version: Option<i64>,
    selector: Option<String>,
    last_modified_date: Option<Timestamp>,
    #[shape(name = "ARN")]
    arn: Option<String>,
    data_type: Option<String>,
}

impl Parameter {
    /// `version` of the parameter `row`, under the name by which it was asked for.
    pub(crate) fn of(row: &ParameterRow, version: &Version, asked: &Reference) -> Self {
        Self {
            name: Some(asked.shown.clone()),
            kind: Some(version.kind.clone()),
            value: Some(version.value.clone()),
            version: Some(version.number),
            selector: asked.selector.as_ref().map(|selector| format!(":{selector}")),
            last_modified_date: Some(Timestamp::from_millis(version.modified_at_millis)),
            arn: Some(arn(&row.region, &row.account, &asked.shown).into()),
            data_type: Some(version.data_type.clone()),
        }
    }
}

/// What a request's `Name` refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The name as it is stored.
    pub(crate) stored: String,
    /// The name as the request has it, without ARN and selector.
    pub(crate) shown: String,
    /// The version or label behind the colon.
    pub(crate) selector: Option<String>,
}

impl Reference {
    /// Reads `name`, `name:selector` or an ARN of either.
    pub(crate) fn parse(text: &str) -> Self {
        let name = match text.parse::<Arn>() {
            Ok(arn) => {
                let name = arn.resource().strip_prefix("parameter").unwrap_or(arn.resource()).to_owned();
                stored_name(&name).to_owned()
            }
            Err(_) => text.to_owned(),
        };
        let (shown, selector) = match name.split_once(':') {
            Some((name, selector)) => (name.to_owned(), Some(selector.to_owned())),
            None => (name, None),
        };
        Self { stored: stored_name(&shown).to_owned(), shown, selector }
    }
}

/// `/a` is stored as `a`; names of several levels keep their slash.
fn stored_name(name: &str) -> &str {
    match name.strip_prefix('/') {
        Some(rest) if !rest.contains('/') => rest,
        _ => name,
    }
}

/// The ARN of the parameter called `name`.
pub(crate) fn arn(region: &str, account: &str, name: &str) -> Arn {
    let slash = if name.starts_with('/') { "" } else { "/" };
    Arn::new("ssm", region, account, format_args!("parameter{slash}{name}"))
}

/// Refuses names that Parameter Store does not allow (PutParameter, "Name").
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    let invalid = |text: &str| Err(Error::Validation(text.to_owned()));
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(Error::Validation(format!(
            "Parameter name exceeds the maximum length constraint of {NAME_CHARS_MAX} characters."
        )));
    }
    if name.contains('/') && !name.starts_with('/') {
        return invalid("Parameter name must be a fully qualified name.");
    }
    let first = name.trim_start_matches('/').split('/').next().unwrap_or_default().to_ascii_lowercase();
    if first.starts_with("aws") || first.starts_with("ssm") {
        return invalid(concat!(
            "Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive). ",
            "If formed as a path, it can consist of sub-paths divided by slash symbol; ",
            "each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_"
        ));
    }
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let parts: Vec<&str> = name.strip_prefix('/').unwrap_or(name).split('/').collect();
    if parts.iter().any(|part| part.is_empty() || !part.chars().all(good)) {
        return invalid(concat!(
            "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). ",
            "If formed as a path, it can consist of sub-paths divided by slash symbol; ",
            "each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_"
        ));
    }
    if parts.len() > LEVELS_MAX {
        return Err(Error::TooManyLevels(LEVELS_MAX));
    }
    Ok(())
}

/// The tier that a value gets; refuses values that are too long for it.
pub(crate) fn tier(asked: Option<Tier>, current: Option<&str>, value: &str) -> Result<Tier, Error> {
    let length = value.chars().count();
    // An advanced parameter cannot be reverted to a standard one.
    let asked = if current == Some(Tier::Advanced.as_str()) { Some(Tier::Advanced) } else { asked };
    let tier = match asked.unwrap_or(Tier::Standard) {
        Tier::IntelligentTiering if length > STANDARD_VALUE_MAX => Tier::Advanced,
        Tier::IntelligentTiering => Tier::Standard,
        tier => tier,
    };
    let guide = "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html";
    match tier {
        Tier::Standard if length > STANDARD_VALUE_MAX => Err(Error::Validation(format!(
            "Standard tier parameters support a maximum parameter value of {STANDARD_VALUE_MAX} characters. \
             To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. \
             For more information, see {guide}"
        ))),
        _ if length > ADVANCED_VALUE_MAX => Err(Error::Validation(format!(
            "Advanced tier parameters support a maximum parameter value of {ADVANCED_VALUE_MAX} characters. \
             For more information, see {guide}"
        ))),
        tier => Ok(tier),
    }
}

/// Checks a value against the parameter's `AllowedPattern`.
pub(crate) fn check_pattern(pattern: Option<&str>, value: &str) -> Result<(), Error> {
    let Some(pattern) = pattern.filter(|pattern| !pattern.is_empty()) else {
        return Ok(());
    };
    let regex = Regex::new(pattern).map_err(|_| Error::InvalidAllowedPattern)?;
    // A pattern that backtracks without end counts as a mismatch.
    if regex.is_match(value).unwrap_or(false) {
        Ok(())
    } else {
        Err(Error::PatternMismatch(pattern.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_level_with_or_without_slash_is_one_parameter() {
        assert_eq!(Reference::parse("/a").stored, Reference::parse("a").stored);
        assert_eq!(Reference::parse("/a/b:3").stored, "/a/b");
        assert_eq!(Reference::parse("/a/b:3").selector.as_deref(), Some("3"));
        let reference = Reference::parse("arn:aws:ssm:us-east-1:000000000000:parameter/a/b");
        assert_eq!(reference.stored, "/a/b");
    }

    #[test]
    fn names_are_checked() {
        assert!(check_name("/prod/db.host-1_x").is_ok());
        for name in ["a/b", "/aws/x", "ssm-x", "a b", "/a//b", "/a/"] {
            assert!(check_name(name).is_err(), "{name}");
        }
        assert!(matches!(check_name(&"/x".repeat(16)), Err(Error::TooManyLevels(15))));
    }

    #[test]
    fn long_values_need_a_tier() {
        let long = "x".repeat(4097);
        assert!(tier(None, None, &long).is_err());
        assert_eq!(tier(Some(Tier::IntelligentTiering), None, &long).unwrap(), Tier::Advanced);
        assert_eq!(tier(None, Some("Advanced"), "x").unwrap(), Tier::Advanced);
    }
}
