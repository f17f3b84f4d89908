//! Documents and values of people who mean no good.

use proptest::prelude::*;

use super::{facts, user};
use crate::glob::Glob;
use crate::{Guard, Kind, Policies, Policy, Request, decide};

/// The plain definition of wildcards, to compare with.
fn slow_match(pattern: &[char], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('*', rest)) => (0..=text.len()).any(|skip| slow_match(rest, &text[skip..])),
        Some(('?', rest)) => !text.is_empty() && slow_match(rest, &text[1..]),
        Some((wanted, rest)) => text.first() == Some(wanted) && slow_match(rest, &text[1..]),
    }
}

proptest! {
    #[test]
    fn glob_is_what_wildcards_mean(pattern in "[abé*?]{0,9}", text in "[abé]{0,12}") {
        let letters: Vec<char> = pattern.chars().collect();
        let expected = slow_match(&letters, &text.chars().collect::<Vec<_>>());
        prop_assert_eq!(Glob::parse(&pattern).matches(&text), expected);
    }

    #[test]
    fn any_bytes_are_parsed_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let text = String::from_utf8_lossy(&bytes);
        for kind in [Kind::Managed, Kind::Inline, Kind::Trust, Kind::Resource] {
            let _parsed = Policy::parse(&text, kind).is_ok();
        }
    }

    #[test]
    fn any_strings_in_a_statement_are_parsed_or_refused_and_decide(
        action in "[a-z0-9:*?$\\{\\}]{0,20}",
        resource in "(arn|\\*|\\$\\{aws:[a-z*?,' ]{0,8}\\}|:|[a-z*?$\\{\\}é]){0,12}",
        operator in "(ForAllValues:|ForAnyValue:|)(StringLike|ArnLike|DateLessThan|NumericEquals|IpAddress|Bool|Null|BinaryEquals)(IfExists|)",
        value in "\\PC{0,20}",
        found in "\\PC{0,20}",
    ) {
        let document = serde_json::json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": action, "Resource": resource, "Principal": "*",
            "Condition": {operator: {"aws:x": [value, "${aws:x}"]}},
        }}).to_string();
        if let Ok(policy) = Policy::parse(&document, Kind::Resource) {
            let principal = user("Bob");
            let context = facts(&[("aws:x", &found)]);
            let request = Request {
                principal: &principal, action: &action, resource: &found, resource_account: None, context: &context,
            };
            let policies = Policies {
                identity: &[], boundary: None, session: None, resource: Some(&policy), guard: Guard::ResourcePolicy,
            };
            let decision = decide(&request, &policies);
            prop_assert_eq!(decision.is_allowed(), decision.denial(&request).is_none());
        }
    }
}

#[test]
fn deep_documents_are_refused() {
    let deep = format!("{{\"Statement\":{}{}}}", "[".repeat(50_000), "]".repeat(50_000));
    assert!(Policy::parse(&deep, Kind::Inline).is_err());
}

#[test]
fn huge_documents_are_refused() {
    let huge = format!("{{\"Statement\":\"{}\"}}", "a".repeat(200_000));
    assert!(Policy::parse(&huge, Kind::Resource).is_err());
}

/// Patterns with which a backtracking matcher would not come to an end.
#[test]
fn hostile_patterns_end() {
    let text = "a".repeat(2_000);
    let patterns = [
        format!("{}b", "*a".repeat(3_000)),
        format!("*{}b*", "a?".repeat(900)),
        format!("{}b", "*?a".repeat(2_000)),
        format!("*{}*", "?".repeat(2_001)),
    ];
    for pattern in &patterns {
        assert!(!Glob::parse(pattern).matches(&text));
    }
}
