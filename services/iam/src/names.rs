//! Which names and paths are allowed.

use crate::error::Error;

/// Refuses names of users, roles, groups, policies and instance profiles with other characters than IAM allows.
/// `member` is the member of the request: `userName`.
pub(crate) fn check(member: &str, name: &str) -> Result<(), Error> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
    if !name.is_empty() && name.bytes().all(fits) {
        return Ok(());
    }
    Err(Error::Validation(format!(
        "The specified value for {member} is invalid. It must contain only alphanumeric characters and/or the \
         following: +=,.@_-"
    )))
}

/// The path of a new entity: `/` unless given.
pub(crate) fn path(path: Option<String>) -> Result<String, Error> {
    let path = path.unwrap_or_else(|| "/".to_owned());
    let fits = path.starts_with('/')
        && path.ends_with('/')
        && path.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
    if fits && !path.contains("//") {
        return Ok(path);
    }
    Err(Error::Validation(
        "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric \
         characters and/or / characters."
            .into(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_paths() {
        assert!(check("userName", "a.b+c=d,e@f_g-h").is_ok());
        for bad in ["", "a b", "a/b", "é", "a:b"] {
            assert!(check("userName", bad).is_err(), "{bad}");
        }
        assert_eq!(path(None).unwrap(), "/");
        assert_eq!(path(Some("/a/b/".into())).unwrap(), "/a/b/");
        for bad in ["", "a/", "/a", "/a b/", "//"] {
            assert!(path(Some(bad.into())).is_err(), "{bad}");
        }
    }
}
