//! Resource policies of tables and streams.

use cloud::prelude::*;

use crate::error::Error;
use crate::limits::POLICY_BYTES_MAX;
use crate::table::{PolicyRow, TableRow};
use crate::tables::TableName;

/// A policy that a request gives, with a new revision.
pub(crate) fn checked(cx: &Cx, text: &str) -> Result<PolicyRow, Error> {
    if text.len() > POLICY_BYTES_MAX {
        // (`ack-api-quirks`, DDB-TABLE-442, as the text below.)
        return Err(Error::parameter(format_args!(
            "Maximum policy size of {POLICY_BYTES_MAX} bytes exceeded"
        )));
    }
    if let Err(error) = iampolicy::Policy::parse(text, iampolicy::Kind::Resource) {
        return Err(Error::parameter(format_args!("Invalid policy document: {error}")));
    }
    Ok(PolicyRow { text: text.to_owned(), revision: revision(cx) })
}

/// AWS's revision ids are numbers of 13 digits: the time in milliseconds.
fn revision(cx: &Cx) -> String {
    cx.now().millis().to_string()
}

/// A table or one of its streams, as the owner of a policy.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    pub(crate) table: TableName,
    /// The label of the stream.
    pub(crate) stream: Option<String>,
}

impl Owner {
    /// Reads the ARN of a table or stream.
    pub(crate) fn read(cx: &Cx, arn: &str) -> Result<Self, Error> {
        let (table, stream) = match arn.split_once("/stream/") {
            Some((table, label)) => (table, Some(label.to_owned())),
            None => (arn, None),
        };
        let table = TableName::of_arn(table).filter(|table| table.region == cx.region());
        let table = table.ok_or_else(|| {
            Error::validation(format!("Invalid ResourceArn: Invalid ResourceArn provided as input {arn}"))
        })?;
        Ok(Self { table, stream })
    }

    /// The policy in the table's row.
    pub(crate) fn policy<'a>(&self, row: &'a TableRow) -> Option<&'a PolicyRow> {
        match &self.stream {
            None => row.policy.as_ref(),
            Some(label) => row.stream_policies.get(label),
        }
    }

    /// Whether the table has the stream, if it is one.
    pub(crate) fn is_there(&self, row: &TableRow) -> bool {
        let has = |label: &String| row.stream.as_ref().is_some_and(|stream| stream.label == *label);
        self.stream.as_ref().is_none_or(has)
    }

    /// Puts a policy into the table's row, or takes it out.
    pub(crate) fn set(&self, row: &mut TableRow, policy: Option<PolicyRow>) {
        match (&self.stream, policy) {
            (None, policy) => row.policy = policy,
            (Some(label), Some(policy)) => {
                row.stream_policies.insert(label.clone(), policy);
            }
            (Some(label), None) => {
                row.stream_policies.remove(label);
            }
        }
    }

    /// Refuses a change of another revision than the expected one.
    pub(crate) fn check_revision(&self, row: &TableRow, expected: Option<&str>) -> Result<(), Error> {
        let there = self.policy(row).map(|policy| policy.revision.as_str());
        match (expected, there) {
            (None, _) | (Some("NO_POLICY"), None) => Ok(()),
            (Some(expected), Some(there)) if expected == there => Ok(()),
            (Some(_), _) => Err(Error::PolicyNotFound(
                "Resource-based policy not found for the provided ResourceArn: the expected revision ID does not match the current one"
                    .to_owned(),
            )),
        }
    }
}

/// That there is no policy.
pub(crate) fn missing(arn: &str) -> Error {
    Error::PolicyNotFound(format!("Resource-based policy not found for the provided ResourceArn: {arn}"))
}
