//! Good and bad documents. The expected answers to bad identity policies are IAM's, as collected in moto's
//! `tests/test_iam/test_iam_policies.py` (Apache-2.0), where they were compared with AWS.

use crate::{Kind, Policy, size};

/// A statement with its effect, action and resource, for cases about one other element.
fn with(statement: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":{{{statement}}}}}"#)
}

fn refused(document: &str, kind: Kind) -> String {
    match Policy::parse(document, kind) {
        Ok(_) => panic!("accepted: {document}"),
        Err(malformed) => malformed.message,
    }
}

#[track_caller]
fn check(statement: &str, expected: &str) {
    assert_eq!(refused(&with(statement), Kind::Managed), expected, "{statement}");
}

const SYNTAX: &str = "Syntax errors in policy.";
const LEGACY: &str = "The policy failed legacy parsing";
const VENDOR: &str = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
const NO_ACTIONS: &str = "Policy statement must contain actions.";
const NO_RESOURCES: &str = "Policy statement must contain resources.";

#[test]
fn grammar_of_identity_policies() {
    for document in [
        "This is not a json document",
        "[]",
        r#"{"Version":"2012-10-17"}"#,
        r#"{"Version":"2012-10-17","Statement":[]}"#,
        r#"{"Version":"2012-10-17","Statement":["afd"]}"#,
        r#"{"Version":"2013-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#,
        r#"{"Version":"2012-10-17","Extra":1,"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#,
        r#"{"Version":"2012-10-17","Id":["a"],"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#,
    ] {
        assert_eq!(refused(document, Kind::Managed), SYNTAX, "{document}");
        assert_eq!(refused(document, Kind::Inline), SYNTAX, "{document}");
    }
    let ok = r#""Action":"s3:ListBucket","Resource":"arn:aws:s3:::b""#;
    check(r#""Effect":"invalid","Action":"s3:ListBucket","Resource":"*""#, SYNTAX);
    check(ok, SYNTAX);
    check(&format!(r#""Effect":"Allow",{ok},"Extra":1"#), SYNTAX);
    check(&format!(r#""Effect":"Allow",{ok},"NotAction":[]"#), SYNTAX);
    check(&format!(r#""Effect":"Allow",{ok},"NotResource":"*""#), SYNTAX);
    check(&format!(r#""Effect":"Allow",{ok},"Sid":{{}}"#), SYNTAX);
    check(r#""Effect":"Deny","Action":[[]],"Resource":"*""#, SYNTAX);
    check(r#""Effect":"Deny","Action":"s3:*","Resource":["adfdf",{}]"#, SYNTAX);
    for condition in [
        "[]",
        r#""a""#,
        r#"{"a":"b"}"#,
        r#"{"DateGreaterThan":"b"}"#,
        r#"{"DateGreaterThan":[]}"#,
        r#"{"DateGreaterThan":{"a":{}}}"#,
        r#"{"x":{"a":"1"}}"#,
        r#"{"ForAnyValue::StringEqualsIfExists":{"a":"asf"}}"#,
        r#"{"NullIfExists":{"a":"true"}}"#,
    ] {
        check(&format!(r#""Effect":"Allow",{ok},"Condition":{condition}"#), SYNTAX);
    }
}

#[test]
fn version_of_managed_policies() {
    let needs = "Policy document must be version 2012-10-17 or greater.";
    let statement = r#""Statement":{"Effect":"denY","Action":"s3:ListBucket","Resource":"*"}"#;
    assert_eq!(refused(&format!("{{{statement}}}"), Kind::Managed), needs);
    assert_eq!(refused(&format!(r#"{{"Version":"2008-10-17",{statement}}}"#), Kind::Managed), needs);
    // Inline policies may be older than managed policies are.
    assert!(
        Policy::parse(r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#, Kind::Inline)
            .is_ok()
    );
}

#[test]
fn legacy_parsing() {
    check(r#""Effect":"denY","Action":"s3:ListBucket","Resource":"*""#, LEGACY);
    check(r#""Effect":"allow","Resource":"arn:aws:s3:us-east-1::example_bucket""#, LEGACY);
    for resource in ["arn:aws:s3::example_bucket", "arn:aws::::example_bucket", "arn:aws::fdsasf"] {
        check(&format!(r#""Effect":"Allow","Action":"s3:ListBucket","Resource":"{resource}""#), LEGACY);
        check(&format!(r#""Effect":"Allow","Action":"s3:ListBucket","NotResource":"{resource}""#), LEGACY);
    }
    for date in ["sdfdsf", "234-13", "2016-12-13t2:00:00.593194+1", "2016-12-13t2:00:00.1999999999+10:59"] {
        let condition = format!(r#""Condition":{{"DateLessThan":{{"a":"{date}"}}}}"#);
        check(&format!(r#""Effect":"Allow","Action":"s3:ListBucket","Resource":"*",{condition}"#), LEGACY);
    }
}

#[test]
fn actions_resources_and_sids() {
    check(r#""Effect":"Allow""#, NO_ACTIONS);
    check(r#""Effect":"Allow","Action":[],"Resource":"*""#, NO_ACTIONS);
    check(r#""Effect":"Allow","Action":"invalid""#, NO_RESOURCES);
    check(r#""Effect":"Allow","Action":"s3:ListBucket","Resource":[]"#, NO_RESOURCES);
    check(r#""Effect":"Allow","Action":"invalid","Resource":"*""#, VENDOR);
    check(r#""Effect":"Allow","NotAction":"","Resource":"*""#, VENDOR);
    check(r#""Effect":"Allow","Action":"a a:ListBucket","Resource":"*""#, "Vendor a a is not valid");
    let colon = "Actions/Condition can contain only one colon.";
    check(r#""Effect":"Allow","Action":"s3:List:Bucket","Resource":"*""#, colon);
    let principal = r#""Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*""#;
    check(principal, "Policy document should not specify a principal.");
    let twice = r#"{"Version":"2012-10-17","Statement":[
        {"Sid":"sdf","Effect":"Allow","Action":"s3:ListBucket","Resource":"*"},{"Sid":"sdf","Effect":"Allow"}]}"#;
    assert_eq!(refused(twice, Kind::Managed), "Statement IDs (SID) in a single policy must be unique.");
}

#[test]
fn resource_arns() {
    for (resource, expected) in [
        ("invalid resource", r#"Resource invalid resource must be in ARN format or "*"."#),
        ("", r#"Resource  must be in ARN format or "*"."#),
        ("a:bsdfdsafsad", r#"Partition "bsdfdsafsad" is not valid for resource "arn:bsdfdsafsad:*:*:*:*"."#),
        ("a:b:cadfsdf", r#"Partition "b" is not valid for resource "arn:b:cadfsdf:*:*:*"."#),
        ("a:b:c:d:e:f:g:h", r#"Partition "b" is not valid for resource "arn:b:c:d:e:f:g:h"."#),
        (
            "aws:s3:::example_bucket",
            r#"Partition "s3" is not valid for resource "arn:s3:::example_bucket:*"."#,
        ),
        ("arn:error:s3:::b", r#"Partition "error" is not valid for resource "arn:error:s3:::b"."#),
        ("arn:aws", "Resource vendor must be fully qualified and cannot contain regexes."),
        (
            "arn:aws:iam:us-east-1::example_bucket",
            "IAM resource arn:aws:iam:us-east-1::example_bucket cannot contain region information.",
        ),
        (
            "arn:aws:s3:us-east-1::example_bucket",
            "Resource arn:aws:s3:us-east-1::example_bucket can not contain region information.",
        ),
        (
            "arn:aws:iam:::example_bucket",
            "IAM resource path must either be \"*\" or start with user/, federated-user/, role/, group/, \
             instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, \
             report/, access-report/.",
        ),
    ] {
        check(&format!(r#""Effect":"Allow","Action":"s3:ListBucket","Resource":"{resource}""#), expected);
    }
}

#[test]
fn good_identity_policies() {
    for statement in [
        r#""Effect":"Allow","Action":"iam: asdf safdsf af ","Resource":"arn:aws:s3:::b""#,
        r#""Effect":"Allow","Action":"*","Resource":["arn:aws:s3:::b","*"]"#,
        r#""Effect":"Allow","NotAction":"s3-s.x:ListBucket","NotResource":"*""#,
        r#""Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:iam:::user/b""#,
        r#""Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:fdsasf""#,
        r#""Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s33:::b""#,
        r#""Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:ec2:us-east-1::b""#,
        r#""Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:us-west-2:123456789012:accesspoint/a""#,
        r#""Effect":"Allow","Action":"iam:ChangePassword","Resource":"arn:aws:iam::*:user/${aws:username}""#,
        r#""Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:userid}/*""#,
        r#""Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{}"#,
        r#""Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{"DateGreaterThan":{"a":[]}}"#,
        r#""Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{"a":{}}"#,
        r#""Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":false}}"#,
        r#""Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"ForAnyValue:StringEqualsIfExists":{"a":"b"}}"#,
        r#""Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"DateLessThan":{"a":"-292275054"}}"#,
    ] {
        if let Err(malformed) = Policy::parse(&with(statement), Kind::Managed) {
            panic!("{statement}: {malformed}");
        }
    }
}

#[test]
fn trust_policies() {
    let trust = |statement: &str| refused(&with(statement), Kind::Trust);
    let lambda = r#""Principal":{"Service":"lambda.amazonaws.com"}"#;
    assert_eq!(refused("nonsense", Kind::Trust), "This policy contains invalid Json");
    assert_eq!(
        trust(&format!(r#""Effect":"Allow",{lambda},"Action":"sts:AssumeRole","Resource":"*""#)),
        "Has prohibited field Resource"
    );
    assert_eq!(trust(r#""Effect":"Allow","Action":"sts:AssumeRole""#), "Missing required field Principal");
    assert_eq!(
        trust(&format!(r#""Effect":"Allow",{lambda},"Action":"s3:GetObject""#)),
        "AssumeRole policy may only specify STS AssumeRole actions."
    );
    assert_eq!(
        trust(r#""Effect":"Allow","Principal":{"AWS":"bob"},"Action":"sts:AssumeRole""#),
        r#"Invalid principal in policy: "AWS":"bob""#
    );
    assert_eq!(
        trust(
            r#""Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/*"},"Action":"sts:AssumeRole""#
        ),
        r#"Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:user/*""#
    );
    let good = with(
        r#""Effect":"Allow","Principal":{"AWS":["111122223333","arn:aws:iam::111122223333:role/r"]},
           "Action":["sts:AssumeRole","sts:TagSession"],"Condition":{"StringEquals":{"sts:ExternalId":"x"}}"#,
    );
    let policy = Policy::parse(&good, Kind::Trust).expect("good");
    assert_eq!(policy.named_principals(), ["arn:aws:iam::111122223333:role/r"]);
}

#[test]
fn resource_policies() {
    // Recorded from S3: `{}` is answered with "Missing required field Statement" (replay vectors, test_bucket_policy_exc).
    assert_eq!(refused("{}", Kind::Resource), "Missing required field Statement");
    assert_eq!(
        refused(&with(r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject""#), Kind::Resource),
        "Missing required field Resource"
    );
    assert_eq!(
        refused(&with(r#""Effect":"Allow","Action":"s3:GetObject","Resource":"*""#), Kind::Resource),
        "Missing required field Principal"
    );
}

#[test]
fn white_space_does_not_count() {
    assert_eq!(size("{ \"a\" :\n\t1 }"), 7);
}
