//! Bucket policies: what S3 accepts as one, and when one is public.

use cloud::caller::Principal;
use cloud::prelude::*;
use iampolicy::{BUCKET_POLICY_BYTES_MAX, Kind as PolicyKind, Policy};
use serde_json::Value;

use crate::error::Error;
use crate::keys::BucketRow;
use crate::public_access;

/// Condition keys that keep a statement from being public when their values are fixed (S3 User Guide, "The meaning
/// of public", in lower case).
const NARROW: &[&str] = &[
    "aws:sourceip",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceowner",
    "aws:sourceaccount",
    "aws:userid",
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:dataaccesspointarn",
    "s3:dataaccesspointaccount",
];

/// Refuses what is no policy for this bucket.
pub(crate) fn check(document: &str, bucket: &str) -> Result<(), Error> {
    let malformed = |text: &str| Error::MalformedPolicy(text.to_owned());
    if document.len() > BUCKET_POLICY_BYTES_MAX {
        return Err(malformed("Policy exceeds the maximum allowed document size."));
    }
    if !document.starts_with('{') {
        return Err(malformed("Policies must be valid JSON and the first byte must be '{'"));
    }
    let Ok(value) = serde_json::from_str::<Value>(document) else {
        return Err(malformed("This policy contains invalid Json"));
    };
    if value.get("Statement").is_none() {
        return Err(malformed("Missing required field Statement"));
    }
    Policy::parse(document, PolicyKind::Resource).map_err(|error| Error::MalformedPolicy(error.message))?;
    for statement in statements(&value) {
        let resources = statement.get("Resource").or_else(|| statement.get("NotResource"));
        let own = |resource: &str| names(resource, bucket);
        if !texts(resources).iter().all(|resource| own(resource)) {
            return Err(malformed("Policy has invalid resource"));
        }
    }
    Ok(())
}

/// Whether a resource is this bucket or something in it. A wildcard may stand for the bucket's name.
fn names(resource: &str, bucket: &str) -> bool {
    let mut parts = resource.splitn(6, ':');
    if parts.next() != Some("arn") || parts.nth(1) != Some("s3") {
        return resource == "*";
    }
    let path = parts.nth(2).unwrap_or_default();
    let name = path.split('/').next().unwrap_or_default();
    match name.split_once(['*', '?', '$']) {
        Some((fixed, _)) => bucket.starts_with(fixed),
        None => name == bucket,
    }
}

/// Whether the policy lets everybody in.
pub(crate) fn is_public(document: &str) -> bool {
    // A stored policy was checked when it was set, so it always reads.
    let value: Value = serde_json::from_str(document).unwrap_or_default();
    statements(&value).into_iter().any(|statement| {
        statement["Effect"] == "Allow" && is_everybody(statement) && !is_narrow(&statement["Condition"])
    })
}

fn is_everybody(statement: &Value) -> bool {
    if statement.get("NotPrincipal").is_some() {
        return true;
    }
    let principal = &statement["Principal"];
    principal == "*" || texts(principal.get("AWS")).contains(&"*")
}

fn is_narrow(conditions: &Value) -> bool {
    let operators = conditions.as_object().into_iter().flatten();
    operators.filter(|(operator, _)| !operator.contains("Not") && !operator.ends_with("IfExists")).any(
        |(_, keys)| {
            keys.as_object().into_iter().flatten().any(|(key, values)| {
                let values = texts(Some(values));
                NARROW.contains(&key.to_ascii_lowercase().as_str())
                    && !values.is_empty()
                    && values.iter().all(|value| is_fixed(value))
            })
        },
    )
}

/// Whether a value stands for few: no wildcard in front, no address range that is the whole world.
fn is_fixed(value: &str) -> bool {
    let account = value.split(':').nth(4);
    let wild = value.starts_with('*') || account.is_some_and(|account| account.contains('*'));
    !wild && !value.contains("${") && !value.ends_with("/0")
}

fn statements(policy: &Value) -> Vec<&Value> {
    match &policy["Statement"] {
        Value::Array(list) => list.iter().collect(),
        single => vec![single],
    }
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The policy as far as it counts for this caller: strangers get nothing from a public policy on a bucket that
/// restricts public access.
pub(crate) fn for_caller(cx: &Cx, row: &BucketRow) -> Result<Option<String>, Error> {
    let Some(policy) = &row.policy else {
        return Ok(None);
    };
    let restricted = public_access::of(row)?.is_some_and(|block| block.restrict_public_buckets == Some(true));
    let stranger = cx.caller().principal == Principal::Anonymous || *cx.caller().account != row.owner;
    if restricted && stranger && !matches!(cx.caller().principal, Principal::Service(_)) && is_public(policy)
    {
        return Ok(None);
    }
    Ok(Some(policy.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(principal: &str, resource: &str, condition: &str) -> String {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},
            "Action":"s3:GetObject","Resource":"{resource}"{condition}}}]}}"#
        )
    }

    #[test]
    fn resources_are_in_the_bucket() {
        for good in
            ["arn:aws:s3:::photos/*", "arn:aws:s3:::photos", "arn:aws:s3:::ph*", "arn:aws:s3:::*/a", "*"]
        {
            assert!(check(&policy("\"*\"", good, ""), "photos").is_ok(), "{good}");
        }
        for bad in ["arn:aws:s3:::photos2/*", "arn:aws:sqs:::photos", "photos"] {
            assert!(check(&policy("\"*\"", bad, ""), "photos").is_err(), "{bad}");
        }
        for bad in ["", "[]", "{", "{}", r#"{"Statement":[{"Effect":"Maybe"}]}"#] {
            assert!(check(bad, "photos").is_err(), "{bad}");
        }
    }

    #[test]
    fn public_is_who_lets_everybody_in() {
        let with = |principal, condition| is_public(&policy(principal, "*", condition));
        assert!(with("\"*\"", "") && with(r#"{"AWS":"*"}"#, ""));
        assert!(!with(r#"{"AWS":"arn:aws:iam::000000000000:root"}"#, ""));
        assert!(!with(r#"{"Service":"s3.amazonaws.com"}"#, ""));
        assert!(!with("\"*\"", r#","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#));
        assert!(with("\"*\"", r#","Condition":{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#));
        assert!(with("\"*\"", r#","Condition":{"StringLike":{"aws:PrincipalArn":"*"}}"#));
        assert!(with("\"*\"", r#","Condition":{"Bool":{"aws:SecureTransport":"true"}}"#));
    }
}
