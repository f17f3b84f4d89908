//! How functions and layers are named: name, partial ARN, ARN, with or without qualifier.

use cloud::prelude::*;

use crate::error::Error;

/// The version that can change.
pub(crate) const LATEST: &str = "$LATEST";

/// A function, and perhaps which version or alias of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct FunctionRef {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    /// A version number, `$LATEST` or an alias.
    pub(crate) qualifier: Option<String>,
}

impl FunctionRef {
    /// Reads a `FunctionName`; `qualifier` is that of the request.
    pub(crate) fn parse(cx: &Cx, text: &str, qualifier: Option<&str>) -> Result<FunctionRef, Error> {
        let bad = || Error::invalid(format!("Invalid function name or ARN: {text}"));
        let parts: Vec<&str> = text.split(':').collect();
        let (account, region, rest) = match parts.as_slice() {
            ["arn", _, "lambda", region, account, "function", rest @ ..] => (*account, *region, rest),
            [account, "function", rest @ ..] if is_account(account) => (*account, cx.region(), rest),
            ["function", rest @ ..] => (cx.account(), cx.region(), rest),
            rest => (cx.account(), cx.region(), rest),
        };
        if region != cx.region() {
            return Err(Error::NotFound(format!(
                "Functions from '{region}' are not reachable in this region ('{}')",
                cx.region()
            )));
        }
        let (name, own) = match rest {
            [name] => (*name, None),
            [name, own] => (*name, Some(*own)),
            _ => return Err(bad()),
        };
        if name.is_empty() || !is_name(name) {
            return Err(bad());
        }
        if let (Some(own), Some(qualifier)) = (own, qualifier)
            && own != qualifier
        {
            // Recorded: LocalStack tests/aws/services/lambda_, test_function_name_and_qualifier_validation.
            return Err(Error::invalid(
                "The derived qualifier from the function name does not match the specified qualifier.",
            ));
        }
        Ok(FunctionRef {
            account: account.to_string(),
            region: region.to_string(),
            name: name.to_string(),
            qualifier: own.or(qualifier).map(str::to_string),
        })
    }

    /// The ARN without qualifier.
    pub(crate) fn arn(&self) -> Arn {
        Arn::new("lambda", &self.region, &self.account, format_args!("function:{}", self.name))
    }

    /// The ARN with the qualifier, if there is one.
    pub(crate) fn qualified_arn(&self) -> Arn {
        match &self.qualifier {
            None => self.arn(),
            Some(qualifier) => Arn::new(
                "lambda",
                &self.region,
                &self.account,
                format_args!("function:{}:{qualifier}", self.name),
            ),
        }
    }

    /// The error that says it is not there.
    pub(crate) fn not_found(&self) -> Error {
        Error::NotFound(format!("Function not found: {}", self.qualified_arn()))
    }

    /// The same function without qualifier.
    pub(crate) fn unqualified(mut self) -> FunctionRef {
        self.qualifier = None;
        self
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_name(text: &str) -> bool {
    text.len() <= 140 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Whether a qualifier is a version number.
pub(crate) fn is_number(qualifier: &str) -> bool {
    !qualifier.is_empty() && qualifier.bytes().all(|byte| byte.is_ascii_digit())
}

/// The name of a layer from a name or an ARN without version, with account and region.
pub(crate) fn layer(cx: &Cx, text: &str) -> Result<(String, String, String), Error> {
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "lambda", region, account, "layer", name] => {
            Ok(((*account).to_string(), (*region).to_string(), (*name).to_string()))
        }
        [name] if is_name(name) && !name.is_empty() => {
            Ok((cx.account().to_string(), cx.region().to_string(), (*name).to_string()))
        }
        _ => Err(Error::invalid(format!("Layer name {text} is invalid."))),
    }
}

/// Account, region, name and version of a layer version's ARN.
pub(crate) fn layer_version(arn: &str) -> Option<(&str, &str, &str, i64)> {
    let parts: Vec<&str> = arn.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "lambda", region, account, "layer", name, version] => {
            Some((account, region, name, version.parse().ok()?))
        }
        _ => None,
    }
}
