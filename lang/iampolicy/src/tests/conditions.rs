//! Condition operators and variables. Expectations follow
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>.

use super::{ACCOUNT, facts, identity, user};
use crate::{Facts, Guard, Policies, Request, decide};

/// Whether a statement with this condition allows a request with these facts.
fn holds(condition: &str, context: &Facts) -> bool {
    let policy = identity(&format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}}}}}"#
    ));
    let principal = user("Bob");
    let request = Request {
        principal: &principal,
        action: "s3:GetObject",
        resource: "arn:aws:s3:::b/k",
        resource_account: Some(ACCOUNT),
        context,
    };
    let policies = Policies {
        identity: &[policy],
        boundary: None,
        session: None,
        resource: None,
        guard: Guard::ResourcePolicy,
    };
    decide(&request, &policies).is_allowed()
}

#[track_caller]
fn check(condition: &str, pairs: &[(&str, &str)], expected: bool) {
    assert_eq!(holds(condition, &facts(pairs)), expected, "{condition} with {pairs:?}");
}

#[test]
fn strings() {
    check(r#"{"StringEquals":{"aws:x":["a","b"]}}"#, &[("AWS:X", "b")], true);
    check(r#"{"StringEquals":{"aws:x":"a"}}"#, &[("aws:x", "A")], false);
    check(r#"{"StringEquals":{"aws:x":"a*"}}"#, &[("aws:x", "ab")], false);
    check(r#"{"StringEquals":{"aws:x":"a"}}"#, &[], false);
    check(r#"{"StringEqualsIfExists":{"aws:x":"a"}}"#, &[], true);
    check(r#"{"StringEqualsIfExists":{"aws:x":"a"}}"#, &[("aws:x", "b")], false);
    check(r#"{"StringNotEquals":{"aws:x":["a","b"]}}"#, &[("aws:x", "b")], false);
    check(r#"{"StringNotEquals":{"aws:x":["a","b"]}}"#, &[("aws:x", "c")], true);
    check(r#"{"StringNotEquals":{"aws:x":"a"}}"#, &[], true);
    check(r#"{"StringEqualsIgnoreCase":{"aws:x":"aBc"}}"#, &[("aws:x", "AbC")], true);
    check(r#"{"StringNotEqualsIgnoreCase":{"aws:x":"aBc"}}"#, &[("aws:x", "AbC")], false);
    check(r#"{"StringLike":{"aws:x":"a?c*"}}"#, &[("aws:x", "abcdef")], true);
    check(r#"{"StringLike":{"aws:x":"a?c*"}}"#, &[("aws:x", "acdef")], false);
    check(r#"{"StringNotLike":{"aws:x":"a*"}}"#, &[("aws:x", "abc")], false);
    // Several operators and keys: all of them.
    check(
        r#"{"StringEquals":{"a":"1","b":"2"},"StringLike":{"c":"*"}}"#,
        &[("a", "1"), ("b", "2"), ("c", "")],
        true,
    );
    check(r#"{"StringEquals":{"a":"1","b":"2"}}"#, &[("a", "1"), ("b", "3")], false);
}

#[test]
fn variables() {
    let bob = [("aws:username", "Bob"), ("s3:prefix", "home/Bob/x")];
    check(r#"{"StringLike":{"s3:prefix":"home/${aws:username}/*"}}"#, &bob, true);
    check(r#"{"StringLike":{"s3:prefix":"home/${AWS:UserName}/*"}}"#, &bob, true);
    check(r#"{"StringEquals":{"s3:prefix":"home/${aws:username}/x"}}"#, &bob, true);
    // "${aws:PrincipalTag/team, 'company-wide'}" of the documentation's example.
    let wide = r#"{"StringEquals":{"s3:prefix":"${aws:PrincipalTag/team, 'company-wide'}"}}"#;
    check(wide, &[("s3:prefix", "company-wide")], true);
    check(wide, &[("s3:prefix", "yellow"), ("aws:PrincipalTag/team", "yellow")], true);
    check(wide, &[("s3:prefix", "company-wide"), ("aws:PrincipalTag/team", "yellow")], false);
    // Without value and default nothing matches, and so "not" holds.
    check(r#"{"StringEquals":{"s3:prefix":"${aws:username}"}}"#, &[("s3:prefix", "")], false);
    check(r#"{"StringNotEquals":{"s3:prefix":"${aws:username}"}}"#, &[("s3:prefix", "")], true);
    // Escapes, and values that look like wildcards.
    check(r#"{"StringLike":{"x":"a${*}${?}${$}b"}}"#, &[("x", "a*?$b")], true);
    check(r#"{"StringLike":{"x":"a${*}b"}}"#, &[("x", "axb")], false);
    check(r#"{"StringLike":{"x":"${aws:username}"}}"#, &[("x", "Bob"), ("aws:username", "*")], false);
    check(
        r#"{"StringEqualsIgnoreCase":{"x":"${aws:username}"}}"#,
        &[("x", "BOB"), ("aws:username", "Bob")],
        true,
    );
}

#[test]
fn arns() {
    let topic = [("aws:SourceArn", "arn:aws:sns:us-east-1:111122223333:t")];
    check(r#"{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:*:111122223333:*"}}"#, &topic, true);
    check(r#"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-????-1:*:t"}}"#, &topic, true);
    // Each part is matched for itself.
    check(r#"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:t"}}"#, &topic, false);
    check(r#"{"ArnNotLike":{"aws:SourceArn":"arn:aws:sns:*:*:t"}}"#, &topic, false);
    check(r#"{"ArnNotEquals":{"aws:SourceArn":"arn:aws:sqs:*:*:t"}}"#, &topic, true);
    check(
        r#"{"ArnLike":{"aws:SourceArn":"arn:aws:s3:*:*:b"}}"#,
        &[("aws:SourceArn", "arn:aws:s3:::b")],
        true,
    );
    check(r#"{"ArnLike":{"aws:SourceArn":"arn:aws:events:*:*:rule/*"}}"#, &[], false);
}

#[test]
fn numbers_dates_truth_and_bytes() {
    check(r#"{"NumericLessThanEquals":{"s3:max-keys":10}}"#, &[("s3:max-keys", "10")], true);
    check(r#"{"NumericLessThan":{"s3:max-keys":"10"}}"#, &[("s3:max-keys", "10")], false);
    check(r#"{"NumericGreaterThan":{"s3:max-keys":"9.5"}}"#, &[("s3:max-keys", "10")], true);
    check(r#"{"NumericGreaterThanEquals":{"s3:max-keys":"10"}}"#, &[("s3:max-keys", "x")], false);
    check(r#"{"NumericEquals":{"n":["1","2"]}}"#, &[("n", "2.0")], true);
    check(r#"{"NumericNotEquals":{"n":["1","2"]}}"#, &[("n", "3")], true);
    let now = [("aws:CurrentTime", "2020-05-01T12:00:00Z")];
    check(r#"{"DateGreaterThan":{"aws:CurrentTime":"2020-04-01T00:00:00Z"}}"#, &now, true);
    check(r#"{"DateLessThanEquals":{"aws:CurrentTime":"2020-04-30T23:59:59Z"}}"#, &now, false);
    check(r#"{"DateLessThan":{"aws:CurrentTime":"1588334401"}}"#, &now, true);
    check(
        r#"{"DateGreaterThanEquals":{"aws:EpochTime":"2020-05-01"}}"#,
        &[("aws:EpochTime", "1588334400")],
        true,
    );
    check(r#"{"DateEquals":{"aws:CurrentTime":"2020-05-01T14:00:00+02:00"}}"#, &now, true);
    check(r#"{"DateNotEquals":{"aws:CurrentTime":"2020-05-01"}}"#, &now, true);
    check(r#"{"Bool":{"aws:SecureTransport":true}}"#, &[("aws:SecureTransport", "true")], true);
    check(r#"{"Bool":{"aws:MultiFactorAuthPresent":"false"}}"#, &[], false);
    check(r#"{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}"#, &[], true);
    check(
        r#"{"BinaryEquals":{"key":"QmluYXJ5VmFsdWVJbkJhc2U2NA=="}}"#,
        &[("key", "QmluYXJ5VmFsdWVJbkJhc2U2NA==")],
        true,
    );
    check(r#"{"Null":{"aws:TokenIssueTime":"true"}}"#, &[], true);
    check(r#"{"Null":{"aws:TokenIssueTime":"false"}}"#, &[], false);
    check(r#"{"Null":{"aws:TokenIssueTime":"false"}}"#, &[("aws:TokenIssueTime", "2020-05-01")], true);
}

#[test]
fn addresses() {
    let v4 = [("aws:SourceIp", "203.0.113.9")];
    check(r#"{"IpAddress":{"aws:SourceIp":["192.0.2.0/24","203.0.113.0/24"]}}"#, &v4, true);
    check(r#"{"IpAddress":{"aws:SourceIp":"203.0.113.10"}}"#, &v4, false);
    check(r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#, &v4, true);
    check(r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, &v4, false);
    check(r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, &[], true);
    let v6 = [("aws:SourceIp", "2001:db8:1234:5678:abcd::1")];
    check(r#"{"IpAddress":{"aws:SourceIp":"2001:DB8:1234:5678::/64"}}"#, &v6, true);
    check(r#"{"IpAddress":{"aws:SourceIp":"::/0"}}"#, &v6, true);
    check(r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#, &v6, false);
    check(r#"{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}"#, &[("aws:SourceIp", "::ffff:127.0.0.1")], true);
}

#[test]
fn sets() {
    // The tables in "Evaluation examples for multivalued context keys".
    let keys = |tags: &[&str]| {
        let mut facts = Facts::new();
        facts.set("aws:TagKeys", tags.iter().map(ToString::to_string).collect());
        facts
    };
    let all = r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["environment","cost-center"]}}"#;
    assert!(holds(all, &keys(&["environment"])));
    assert!(holds(all, &keys(&["environment", "cost-center"])));
    assert!(!holds(all, &keys(&["environment", "dept"])));
    assert!(holds(all, &Facts::new()), "ForAllValues holds when the key is not there");
    let any = r#"{"ForAnyValue:StringEquals":{"aws:TagKeys":["environment","cost-center"]}}"#;
    assert!(holds(any, &keys(&["environment", "dept"])));
    assert!(!holds(any, &keys(&["dept"])));
    assert!(!holds(any, &Facts::new()));
    let not_all = r#"{"ForAllValues:StringNotEquals":{"aws:TagKeys":["environment"]}}"#;
    assert!(!holds(not_all, &keys(&["environment", "dept"])));
    assert!(holds(not_all, &keys(&["dept"])));
    let not_any = r#"{"ForAnyValue:StringNotEquals":{"aws:TagKeys":["environment"]}}"#;
    assert!(holds(not_any, &keys(&["environment", "dept"])));
    assert!(!holds(not_any, &keys(&["environment"])));
}

#[test]
fn old_documents_have_no_variables() {
    let policy = identity(
        r#"{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*",
            "Condition":{"StringEquals":{"x":"${aws:username}"}}}}"#,
    );
    let principal = user("Bob");
    let context = facts(&[("aws:username", "Bob"), ("x", "${aws:username}")]);
    let request = Request {
        principal: &principal,
        action: "s3:Get",
        resource: "*",
        resource_account: None,
        context: &context,
    };
    let policies = Policies {
        identity: &[policy],
        boundary: None,
        session: None,
        resource: None,
        guard: Guard::ResourcePolicy,
    };
    assert!(decide(&request, &policies).is_allowed());
}
