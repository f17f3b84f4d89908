//! Tests of the language as its users see it.

mod conditions;
mod decisions;
mod documents;
mod hostile;

use std::sync::Arc;

use crate::{Facts, Kind, Policy, Principal, PrincipalKind};

const ACCOUNT: &str = "111122223333";

fn identity(document: &str) -> Arc<Policy> {
    Arc::new(Policy::parse(document, Kind::Inline).expect("the test's policy is good"))
}

fn guard(document: &str) -> Policy {
    Policy::parse(document, Kind::Resource).expect("the test's policy is good")
}

fn user(name: &str) -> Principal {
    Principal {
        kind: PrincipalKind::User,
        account: ACCOUNT.to_string(),
        arn: format!("arn:aws:iam::{ACCOUNT}:user/{name}"),
        unique_id: Some("AIDAEXAMPLEEXAMPLE123".to_string()),
    }
}

fn session(role: &str) -> Principal {
    Principal {
        kind: PrincipalKind::AssumedRole { role_arn: format!("arn:aws:iam::{ACCOUNT}:role/{role}") },
        account: ACCOUNT.to_string(),
        arn: format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/call"),
        unique_id: Some("AROAEXAMPLEEXAMPLE123".to_string()),
    }
}

fn facts(pairs: &[(&str, &str)]) -> Facts {
    let mut facts = Facts::new();
    for (key, value) in pairs {
        facts.add(key, *value);
    }
    facts
}
