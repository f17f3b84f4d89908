//! The rules for documents beyond their grammar, in the order in which IAM applies them: it names the first that is
//! broken. Texts and order are IAM's own answers to `CreatePolicy`, `PutRolePolicy` and `CreateRole`.

use crate::document::{Draft, Drafts, Kind, Malformed};

/// Checks a document of any kind.
pub(crate) fn check(drafts: &Drafts, kind: Kind) -> Result<(), Malformed> {
    if kind == Kind::Managed && !drafts.variables {
        return Err(Malformed::new("Policy document must be version 2012-10-17 or greater."));
    }
    match kind {
        Kind::Managed | Kind::Inline => check_identity(&drafts.statements),
        Kind::Trust => check_trust(&drafts.statements),
        Kind::Resource => check_resource(&drafts.statements),
    }
}

fn check_identity(statements: &[Draft]) -> Result<(), Malformed> {
    if statements.iter().any(|statement| statement.principals.is_some()) {
        return Err(Malformed::new("Policy document should not specify a principal."));
    }
    if statements.iter().any(fails_legacy_parsing) {
        return Err(Malformed::new("The policy failed legacy parsing"));
    }
    check_sids(statements)?;
    for statement in statements {
        if statement.actions.as_ref().is_none_or(Vec::is_empty) {
            return Err(Malformed::new("Policy statement must contain actions."));
        }
    }
    for statement in statements {
        let resources = statement.resources.as_deref().unwrap_or_default();
        if resources.is_empty() {
            return Err(Malformed::new("Policy statement must contain resources."));
        }
        for resource in resources {
            check_arn(resource)?;
        }
    }
    for action in statements.iter().filter_map(|statement| statement.actions.as_ref()).flatten() {
        check_action(action)?;
    }
    Ok(())
}

/// The older parser is stricter in three things: case of the effect, values of conditions, number of ARN parts.
fn fails_legacy_parsing(statement: &Draft) -> bool {
    let effect = !matches!(statement.effect.as_str(), "Allow" | "Deny");
    let resource = statement.resources.iter().flatten().any(|resource| {
        resource.strip_prefix("arn:aws:").is_some_and(|rest| {
            let parts = split_outside_variables(rest);
            parts[0].is_empty() || matches!(parts.len(), 2 | 3) && parts[1..].iter().all(|part| *part != "*")
        })
    });
    effect || statement.bad_condition_value || resource
}

fn check_sids(statements: &[Draft]) -> Result<(), Malformed> {
    let mut seen = std::collections::HashSet::new();
    for sid in statements.iter().filter_map(|statement| statement.sid.as_deref()) {
        if !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Malformed::new(
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression \
                 [0-9A-Za-z]*",
            ));
        }
        if !sid.is_empty() && !seen.insert(sid) {
            return Err(Malformed::new("Statement IDs (SID) in a single policy must be unique."));
        }
    }
    Ok(())
}

fn check_action(action: &str) -> Result<(), Malformed> {
    if action == "*" {
        return Ok(());
    }
    let Some((vendor, rest)) = action.split_once(':') else {
        return Err(Malformed::new(
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ));
    };
    if rest.contains(':') {
        return Err(Malformed::new("Actions/Condition can contain only one colon."));
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    if vendor.is_empty() || !vendor.bytes().all(fits) {
        return Err(Malformed::new(format!("Vendor {vendor} is not valid")));
    }
    Ok(())
}

/// The starts that an ARN of IAM may have after the account.
const IAM_PATHS: &[&str] = &[
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
];

fn check_arn(resource: &str) -> Result<(), Malformed> {
    if resource == "*" {
        return Ok(());
    }
    let parts = split_outside_variables(resource);
    if parts.len() < 2 {
        return Err(Malformed::new(format!("Resource {resource} must be in ARN format or \"*\".")));
    }
    if !is_partition(parts[1]) && parts[1] != "*" {
        let mut shown: Vec<&str> = parts[1..].to_vec();
        while shown.len() < 5 {
            shown.push("*");
        }
        return Err(Malformed::new(format!(
            "Partition \"{}\" is not valid for resource \"arn:{}\".",
            parts[1],
            shown.join(":")
        )));
    }
    let service = parts.get(2).copied().unwrap_or_default();
    if service.is_empty() || service.contains(['*', '?']) {
        return Err(Malformed::new("Resource vendor must be fully qualified and cannot contain regexes."));
    }
    let region = parts.get(3).copied().unwrap_or_default();
    let named_region = !region.is_empty() && region != "*";
    // Buckets and objects have neither region nor account; access points have both.
    let account = parts.get(4).copied().unwrap_or_default();
    match service {
        "iam" if named_region => {
            return Err(Malformed::new(format!(
                "IAM resource {resource} cannot contain region information."
            )));
        }
        "s3" if named_region && account.is_empty() => {
            return Err(Malformed::new(format!("Resource {resource} can not contain region information.")));
        }
        _ => {}
    }
    if service == "iam"
        && let Some(path) = parts.get(5)
        && !path.starts_with('*')
        && !IAM_PATHS.iter().any(|start| path.starts_with(start))
    {
        return Err(Malformed::new(format!(
            "IAM resource path must either be \"*\" or start with {}.",
            IAM_PATHS.join(", ")
        )));
    }
    Ok(())
}

fn check_trust(statements: &[Draft]) -> Result<(), Malformed> {
    for statement in statements {
        if statement.resources.is_some() {
            let field = if statement.not_resource { "NotResource" } else { "Resource" };
            return Err(Malformed::new(format!("Has prohibited field {field}")));
        }
        check_guard(statement)?;
        if statement.principals.as_ref().is_some_and(|principals| principals.negated) {
            return Err(Malformed::new("Has prohibited field NotPrincipal"));
        }
        for action in statement.actions.iter().flatten() {
            let service = action.split_once(':').map(|(service, _)| service);
            if action != "*" && !service.is_some_and(|service| service.eq_ignore_ascii_case("sts")) {
                return Err(Malformed::new("AssumeRole policy may only specify STS AssumeRole actions."));
            }
        }
    }
    Ok(())
}

fn check_resource(statements: &[Draft]) -> Result<(), Malformed> {
    for statement in statements {
        check_guard(statement)?;
        if statement.resources.as_ref().is_none_or(Vec::is_empty) {
            return Err(Malformed::new("Missing required field Resource"));
        }
    }
    Ok(())
}

/// What trust policies and the policies of resources have in common.
fn check_guard(statement: &Draft) -> Result<(), Malformed> {
    if !matches!(statement.effect.as_str(), "Allow" | "Deny") {
        return Err(Malformed::new(format!("Invalid effect: {}", statement.effect)));
    }
    if statement.principals.is_none() {
        return Err(Malformed::new("Missing required field Principal"));
    }
    if statement.actions.as_ref().is_none_or(Vec::is_empty) {
        return Err(Malformed::new("Missing required field Action"));
    }
    if statement.bad_condition_value {
        return Err(Malformed::new("Invalid value in condition"));
    }
    Ok(())
}

/// Whether the text is one of AWS's partitions.
pub(crate) fn is_partition(text: &str) -> bool {
    matches!(
        text,
        "aws" | "aws-cn" | "aws-us-gov" | "aws-iso" | "aws-iso-b" | "aws-iso-e" | "aws-iso-f" | "aws-eusc"
    )
}

/// Splits an ARN at its colons; those inside `${aws:username}` belong to the variable.
fn split_outside_variables(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut inside = false;
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        match character {
            '{' if before == '$' => inside = true,
            '}' => inside = false,
            ':' if !inside => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        before = character;
    }
    parts.push(&text[start..]);
    parts
}
