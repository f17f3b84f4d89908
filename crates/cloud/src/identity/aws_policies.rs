//! The managed policies of AWS that serverless projects name.
//!
//! `aws_policies.json` holds them as AWS publishes them, one on a line. A policy that is not there is answered as one
//! that AWS does not have.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use iampolicy::{Kind, Policy};
use serde::Deserialize;
use serde_json::value::RawValue;

const FILE: &str = include_str!("aws_policies.json");
const ARN_START: &str = "arn:aws:iam::aws:policy";

/// A managed policy of AWS.
#[derive(Debug, Deserialize)]
pub struct AwsPolicy {
    /// Its name.
    pub name: &'static str,
    /// `/`, `/service-role/`, `/job-function/`.
    pub path: &'static str,
    /// The id of its default version, the only one that is here.
    pub version: &'static str,
    /// When it was made, as RFC 3339.
    pub created: &'static str,
    /// When it was changed last, as RFC 3339.
    pub updated: &'static str,
    #[serde(borrow)]
    document: &'static RawValue,
}

impl AwsPolicy {
    /// Its ARN.
    pub fn arn(&self) -> String {
        format!("{ARN_START}{}{}", self.path, self.name)
    }

    /// Its text.
    pub fn document(&self) -> &'static str {
        self.document.get()
    }
}

/// All of them, by name.
pub fn aws_policies() -> impl Iterator<Item = AwsPolicy> {
    lines().map(read)
}

/// The policy with this ARN.
pub fn aws_policy(arn: &str) -> Option<AwsPolicy> {
    static LINES: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    let name = arn.strip_prefix(ARN_START)?.rsplit('/').next()?;
    let by_name = LINES.get_or_init(|| lines().map(|line| (read(line).name, line)).collect());
    by_name.get(name).map(|line| read(line)).filter(|policy| policy.arn() == arn)
}

/// The policy with this ARN, parsed; once in a process.
pub(super) fn parsed(arn: &str) -> Option<Arc<Policy>> {
    static PARSED: OnceLock<Mutex<HashMap<String, Arc<Policy>>>> = OnceLock::new();
    let mut parsed = PARSED.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(policy) = parsed.get(arn) {
        return Some(policy.clone());
    }
    let document = aws_policy(arn)?.document();
    let policy = Policy::parse(document, Kind::Managed).expect("a test parses every policy of the file");
    let policy = Arc::new(policy);
    parsed.insert(arn.to_owned(), policy.clone());
    Some(policy)
}

fn lines() -> impl Iterator<Item = &'static str> {
    FILE.lines().filter(|line| line.starts_with('{')).map(|line| line.trim_end_matches(','))
}

fn read(line: &'static str) -> AwsPolicy {
    serde_json::from_str(line).expect("a test reads every line of the file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_can_be_read() {
        let mut count = 0;
        for policy in aws_policies() {
            let arn = policy.arn();
            assert!(parsed(&arn).is_some(), "{arn}");
            count += 1;
        }
        assert!(count > 90, "{count}");
    }

    #[test]
    fn policies_are_found_by_their_whole_arn() {
        let basic =
            aws_policy("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole").expect("known");
        assert_eq!((basic.version, basic.created), ("v1", "2015-04-09T15:03:43+00:00"));
        assert!(aws_policy("arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole").is_none());
        assert!(aws_policy("arn:aws:iam::aws:policy/Nothing").is_none());
    }
}
