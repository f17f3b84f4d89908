//! Which policies win. Each expectation names its page of the IAM user guide.

use std::sync::Arc;

use super::{ACCOUNT, facts, guard, identity, session, user};
use crate::{Decision, Guard, Kind, Policies, Policy, PolicyType, Principal, Request, decide};

const OTHER: &str = "444455556666";
const OBJECT: &str = "arn:aws:s3:::b/k";

struct Case<'c> {
    principal: Principal,
    action: &'c str,
    resource: &'c str,
    owner: &'c str,
    identity: Vec<Arc<Policy>>,
    boundary: Option<Arc<Policy>>,
    session: Option<Vec<Arc<Policy>>>,
    guard_policy: Option<Policy>,
    guard: Guard,
}

impl Case<'_> {
    fn of(principal: Principal) -> Self {
        Self {
            principal,
            action: "s3:GetObject",
            resource: OBJECT,
            owner: ACCOUNT,
            identity: Vec::new(),
            boundary: None,
            session: None,
            guard_policy: None,
            guard: Guard::ResourcePolicy,
        }
    }

    fn decide(&self) -> (Decision, Option<String>) {
        let context = facts(&[("aws:username", "Bob")]);
        let request = Request {
            principal: &self.principal,
            action: self.action,
            resource: self.resource,
            resource_account: Some(self.owner),
            context: &context,
        };
        let policies = Policies {
            identity: &self.identity,
            boundary: self.boundary.as_deref(),
            session: self.session.as_deref(),
            resource: self.guard_policy.as_ref(),
            guard: self.guard,
        };
        let decision = decide(&request, &policies);
        (decision, decision.denial(&request))
    }

    #[track_caller]
    fn is(&self, expected: Decision) {
        assert_eq!(self.decide().0, expected);
    }
}

fn allow(action: &str) -> Arc<Policy> {
    statement("Allow", action, "*")
}

fn statement(effect: &str, action: &str, resource: &str) -> Arc<Policy> {
    identity(&format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Action":"{action}","Resource":"{resource}"}}]}}"#
    ))
}

fn bucket_policy(effect: &str, principal: &str) -> Policy {
    guard(&format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Principal":{principal},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}]}}"#
    ))
}

#[test]
fn denials_in_the_words_of_aws() {
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    let mut case = Case::of(user("Bob"));
    let start = format!(
        "User: arn:aws:iam::{ACCOUNT}:user/Bob is not authorized to perform: s3:GetObject on resource: {OBJECT} "
    );
    let text = |case: &Case<'_>| {
        case.decide().1.expect("denied").strip_prefix(&start).expect("starts so").to_string()
    };
    assert_eq!(text(&case), "because no identity-based policy allows the s3:GetObject action");
    case.identity = vec![allow("s3:*")];
    case.boundary = Some(allow("sqs:*"));
    assert_eq!(text(&case), "because no permissions boundary allows the s3:GetObject action");
    case.boundary = None;
    case.session = Some(vec![allow("sqs:*")]);
    assert_eq!(text(&case), "because no session policy allows the s3:GetObject action");
    case.session = Some(vec![statement("Deny", "s3:GetObject", "*")]);
    assert_eq!(text(&case), "with an explicit deny in a session policy");
    case.session = None;
    assert_eq!(case.decide(), (Decision::Allow, None));
    case.boundary = Some(statement("Deny", "s3:*", "*"));
    assert_eq!(text(&case), "with an explicit deny in a permissions boundary");
    case.boundary = None;
    case.guard_policy = Some(bucket_policy("Deny", r#"{"AWS":"*"}"#));
    assert_eq!(text(&case), "with an explicit deny in a resource-based policy");
    case.identity.push(statement("Deny", "s3:Get*", "arn:aws:s3:::b/*"));
    assert_eq!(text(&case), "with an explicit deny in an identity-based policy");
    case.identity = Vec::new();
    case.guard_policy = None;
    case.guard = Guard::TrustPolicy;
    assert_eq!(text(&case), "because no role trust policy allows the s3:GetObject action");
    let nobody = Case::of(Principal::anonymous());
    assert_eq!(
        nobody.decide().1.expect("denied"),
        format!(
            "User: anonymous is not authorized to perform: s3:GetObject on resource: {OBJECT} because no resource-based policy allows the s3:GetObject action"
        )
    );
}

#[test]
fn same_account_is_a_union() {
    // reference_policies_evaluation-logic_policy-eval-basics: either policy is enough.
    let mut case = Case::of(user("Bob"));
    case.identity = vec![statement("Allow", "s3:getobject", "arn:aws:s3:::b/${aws:username}*")];
    case.is(Decision::ImplicitDeny(PolicyType::Identity));
    case.resource = "arn:aws:s3:::b/Bob.txt";
    case.is(Decision::Allow);
    let mut case = Case::of(user("Bob"));
    case.guard_policy =
        Some(bucket_policy("Allow", &format!(r#"{{"AWS":"arn:aws:iam::{ACCOUNT}:user/Bob"}}"#)));
    case.is(Decision::Allow);
    // Naming the account only delegates to the account's own policies (reference_policies_elements_principal).
    case.guard_policy = Some(bucket_policy("Allow", &format!(r#"{{"AWS":"{ACCOUNT}"}}"#)));
    case.is(Decision::ImplicitDeny(PolicyType::Identity));
    case.guard_policy = Some(bucket_policy("Allow", r#""*""#));
    case.is(Decision::Allow);
}

#[test]
fn boundaries_and_resource_policies() {
    // reference_policies_evaluation-logic_policy-eval-denyallow, "Resource-based policies".
    let nothing = || Some(allow("sqs:*"));
    let mut case = Case::of(user("Bob"));
    case.boundary = nothing();
    case.guard_policy =
        Some(bucket_policy("Allow", &format!(r#"{{"AWS":"arn:aws:iam::{ACCOUNT}:user/Bob"}}"#)));
    case.is(Decision::Allow);
    // The ARN of the role: limited by boundary and session policy.
    let mut case = Case::of(session("R"));
    case.boundary = nothing();
    case.guard_policy =
        Some(bucket_policy("Allow", &format!(r#"{{"AWS":"arn:aws:iam::{ACCOUNT}:role/R"}}"#)));
    case.is(Decision::ImplicitDeny(PolicyType::Boundary));
    case.boundary = None;
    case.is(Decision::Allow);
    case.session = Some(vec![allow("sqs:*")]);
    case.is(Decision::ImplicitDeny(PolicyType::Session));
    // The ARN of the session: not limited.
    case.boundary = nothing();
    let direct = format!(r#"{{"AWS":"arn:aws:sts::{ACCOUNT}:assumed-role/R/call"}}"#);
    case.guard_policy = Some(bucket_policy("Allow", &direct));
    case.is(Decision::Allow);
    case.boundary = Some(statement("Deny", "s3:*", "*"));
    case.is(Decision::ExplicitDeny(PolicyType::Boundary));
}

#[test]
fn across_accounts_both_sides_allow() {
    // reference_policies_evaluation-logic-cross-account.
    let mut case = Case::of(user("Bob"));
    case.owner = OTHER;
    case.is(Decision::ImplicitDeny(PolicyType::Identity));
    case.identity = vec![allow("s3:*")];
    case.is(Decision::ImplicitDeny(PolicyType::Resource));
    case.guard_policy = Some(bucket_policy("Allow", &format!(r#"{{"AWS":"{ACCOUNT}"}}"#)));
    case.is(Decision::Allow);
    case.identity = Vec::new();
    case.guard_policy =
        Some(bucket_policy("Allow", &format!(r#"{{"AWS":"arn:aws:iam::{ACCOUNT}:user/Bob"}}"#)));
    case.is(Decision::ImplicitDeny(PolicyType::Identity));
    // The root of one account is nobody in another.
    let mut root = Case::of(Principal::root(ACCOUNT));
    root.owner = OTHER;
    root.is(Decision::ImplicitDeny(PolicyType::Resource));
    root.guard_policy = Some(bucket_policy("Allow", &format!(r#"{{"AWS":"{ACCOUNT}"}}"#)));
    root.is(Decision::Allow);
}

#[test]
fn the_account_in_the_arn_is_the_owner() {
    let principal = Principal::root(ACCOUNT);
    let context = facts(&[]);
    let policies = Policies {
        identity: &[],
        boundary: None,
        session: None,
        resource: None,
        guard: Guard::ResourcePolicy,
    };
    let of = |resource: &str| {
        let request = Request {
            principal: &principal,
            action: "sqs:SendMessage",
            resource,
            resource_account: None,
            context: &context,
        };
        decide(&request, &policies)
    };
    assert_eq!(of("arn:aws:sqs:us-east-1:111122223333:q"), Decision::Allow);
    assert_eq!(of("arn:aws:sqs:us-east-1:444455556666:q"), Decision::ImplicitDeny(PolicyType::Resource));
    assert_eq!(of("*"), Decision::Allow);
    assert_eq!(of("arn:aws:iam::aws:policy/ReadOnlyAccess"), Decision::Allow);
}

#[test]
fn root_is_stopped_by_an_explicit_deny_only() {
    let mut case = Case::of(Principal::root(ACCOUNT));
    case.is(Decision::Allow);
    case.guard_policy = Some(bucket_policy("Deny", r#""*""#));
    case.is(Decision::ExplicitDeny(PolicyType::Resource));
}

#[test]
fn services_need_the_resource_policy() {
    let mut case = Case::of(Principal::service("events.amazonaws.com", "us-east-1"));
    case.identity = vec![allow("*")];
    case.is(Decision::ImplicitDeny(PolicyType::Resource));
    case.guard_policy =
        Some(bucket_policy("Allow", r#"{"Service":["sns.amazonaws.com","events.amazonaws.com"]}"#));
    case.is(Decision::Allow);
    case.guard_policy = Some(bucket_policy("Allow", &format!(r#"{{"AWS":"{ACCOUNT}"}}"#)));
    case.is(Decision::ImplicitDeny(PolicyType::Resource));
    // The service of one region.
    let of = |name: &str| Some(bucket_policy("Allow", &format!(r#"{{"Service":"{name}"}}"#)));
    case.guard_policy = of("events.us-east-1.amazonaws.com");
    case.is(Decision::Allow);
    for other in [
        "events.eu-west-1.amazonaws.com",
        "eventsus-east-1.amazonaws.com",
        "events.us-east-1.amazonaws.com.evil.com",
        "events.us-east-1.events.amazonaws.com",
        "us-east-1.amazonaws.com",
    ] {
        case.guard_policy = of(other);
        case.is(Decision::ImplicitDeny(PolicyType::Resource));
    }
}

#[test]
fn trust_policies_always_have_to_allow() {
    let trust = |principal: &str| {
        let document = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}]}}"#
        );
        Some(Policy::parse(&document, Kind::Trust).expect("good"))
    };
    let mut case = Case::of(user("Bob"));
    case.action = "sts:AssumeRole";
    case.resource = "arn:aws:iam::111122223333:role/R";
    case.guard = Guard::TrustPolicy;
    case.identity = vec![allow("sts:*")];
    case.guard_policy = trust(r#"{"Service":"lambda.amazonaws.com"}"#);
    case.is(Decision::ImplicitDeny(PolicyType::Trust));
    case.guard_policy = trust(&format!(r#"{{"AWS":"arn:aws:iam::{ACCOUNT}:root"}}"#));
    case.is(Decision::Allow);
    case.identity = Vec::new();
    case.is(Decision::ImplicitDeny(PolicyType::Identity));
    case.guard_policy = trust(&format!(r#"{{"AWS":"arn:aws:iam::{ACCOUNT}:user/Bob"}}"#));
    case.is(Decision::Allow);
    case.principal = Principal::service("lambda.amazonaws.com", "us-east-1");
    case.guard_policy = trust(r#"{"Service":"lambda.amazonaws.com"}"#);
    case.is(Decision::Allow);
}

#[test]
fn not_action_not_resource_not_principal() {
    let deny_rest = identity(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
            {"Effect":"Deny","NotAction":"s3:Get*","NotResource":["arn:aws:sqs:*:*:q"]}]}"#,
    );
    let mut case = Case::of(user("Bob"));
    case.identity = vec![deny_rest];
    case.is(Decision::Allow);
    case.action = "s3:PutObject";
    case.is(Decision::ExplicitDeny(PolicyType::Identity));
    case.action = "sqs:SendMessage";
    case.resource = "arn:aws:sqs:eu-west-1:111122223333:q";
    case.is(Decision::Allow);
    let others = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","NotPrincipal":{{"AWS":["arn:aws:iam::{ACCOUNT}:user/Bob","{ACCOUNT}"]}},"Action":"s3:*","Resource":"*"}}]}}"#
    );
    let mut case = Case::of(user("Bob"));
    case.identity = vec![allow("s3:*")];
    case.guard_policy = Some(guard(&others));
    case.is(Decision::Allow);
    case.principal.account = OTHER.to_string();
    case.principal.arn = format!("arn:aws:iam::{OTHER}:user/Eve");
    case.is(Decision::ExplicitDeny(PolicyType::Resource));
}

#[test]
fn wildcards_stay_within_their_part_of_the_arn() {
    let mut case = Case::of(user("Bob"));
    case.action = "logs:PutLogEvents";
    case.resource = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/f:log-stream:s";
    for (resource, expected) in [
        ("arn:aws:logs:*:*:*", true),
        ("arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/f:*", true),
        ("arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/f*:*:*", true),
        ("arn:aws:logs", true),
        ("arn:aws:logs:us-*:111122223333:log-group:/aws/lambda/?:log-stream:?", true),
        ("arn:aws:logs:us-east-1:*:log-group:/aws/lambda/g:*", false),
        ("arn:aws:logs:eu-*:*:*", false),
    ] {
        case.identity = vec![statement("Allow", "logs:*", resource)];
        assert_eq!(case.decide().0.is_allowed(), expected, "{resource}");
    }
    // A wildcard for the region does not reach over the account.
    case.resource = "arn:aws:logs:us-east-1:111122223333:x:log-group:admin";
    case.identity = vec![statement("Allow", "logs:*", "arn:aws:logs:*:log-group:*:admin")];
    case.is(Decision::ImplicitDeny(PolicyType::Identity));
}
