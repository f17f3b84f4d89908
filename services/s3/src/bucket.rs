//! What a bucket is: names, ARNs, who decides about it.

use std::net::Ipv4Addr;

use cloud::access::RESOURCE_ACCOUNT;
use cloud::prelude::*;

use crate::error::Error;
use crate::keys::BucketRow;
use crate::limits::KEY_BYTES_MAX;
use crate::policy;

/// Where a bucket keeps the older name of its region, by which it was created.
pub(crate) const OLD_NAME: &str = "location";

/// Refuses names that S3 does not allow ("General purpose bucket naming rules").
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    let label = |label: &str| {
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        edge(label.chars().next())
            && edge(label.chars().next_back())
            && label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    let good = (3..=63).contains(&name.len())
        && name.split('.').all(label)
        && name.parse::<Ipv4Addr>().is_err()
        && !["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|prefix| name.starts_with(prefix))
        && !["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"]
            .iter()
            .any(|suffix| name.ends_with(suffix));
    if good { Ok(()) } else { Err(Error::InvalidBucketName { bucket: name.to_owned() }) }
}

/// Refuses keys that are too long.
pub(crate) fn check_key(key: &str) -> Result<(), Error> {
    if key.len() > KEY_BYTES_MAX {
        return Err(Error::KeyTooLong { size: key.len(), max: KEY_BYTES_MAX });
    }
    Ok(())
}

/// The ARN of a bucket.
pub(crate) fn arn(name: &str) -> Resource {
    Arn::new("s3", "", "", name).into()
}

/// The ARN of an object.
pub(crate) fn object_arn(bucket: &str, key: &str) -> Resource {
    Arn::new("s3", "", "", format_args!("{bucket}/{key}")).into()
}

/// The bucket, or `NoSuchBucket`.
pub(crate) async fn open(cx: &Cx, name: &str) -> Result<BucketRow, Error> {
    cx.get::<BucketRow>((name,)).await?.ok_or_else(|| Error::no_bucket(name))
}

/// What a bucket brings to the decision on access to it: its policy, and who owns it, which S3's ARNs do not say. One
/// that is not there brings nothing.
pub(crate) async fn terms(cx: &Cx, name: &str) -> Result<Terms, Error> {
    let Some(row) = cx.get::<BucketRow>((name,)).await? else { return Ok(Terms::default()) };
    Ok(Terms { policy: policy::for_caller(cx, &row)?, conditions: vec![(RESOURCE_ACCOUNT, vec![row.owner])] })
}

/// Refuses a bucket that another account owns than the request expects.
pub(crate) fn check_owner(bucket: &BucketRow, expected: Option<&str>) -> Result<(), Error> {
    let Some(expected) = expected else {
        return Ok(());
    };
    if expected.len() != 12 || !expected.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::InvalidBucketOwner(expected.to_owned()));
    }
    if expected != bucket.owner {
        return Err(Error::AccessDenied("Access Denied".to_owned()));
    }
    Ok(())
}

/// The owner's canonical user id: 64 hexadecimal digits, one for each account.
pub(crate) fn canonical_id(account: &str) -> String {
    wire::digest::sha256_hex(format!("cloudlet canonical user {account}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules() {
        for name in ["abc", "my-bucket.2", "a1b"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in
            ["ab", "Abc", "a_b", "-ab", "ab-", "a..b", "192.168.1.1", "xn--a", "abc-s3alias", "a b", ""]
        {
            assert!(check_name(name).is_err(), "{name}");
        }
        assert!(check_name(&"a".repeat(64)).is_err());
    }
}
