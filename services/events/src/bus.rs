//! Event buses: names, ARNs, policies.

use std::collections::BTreeMap;

use cloud::prelude::*;
use serde_json::{Value, json};
use store::Tx;
use store::layer::table;

use crate::error::Error;
use crate::keys::BusRow;
use crate::limits::POLICY_BYTES_MAX;

/// The bus that every account has.
pub(crate) const DEFAULT: &str = "default";

/// A bus in an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BusRef {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
}

impl BusRef {
    /// The bus that a name or an ARN names; the default one without either.
    pub(crate) fn parse(cx: &Cx, given: Option<&str>) -> Result<Self, Error> {
        let own = |name: &str| Self {
            account: cx.account().to_owned(),
            region: cx.region().to_owned(),
            name: name.to_owned(),
        };
        let Some(given) = given else { return Ok(own(DEFAULT)) };
        if !given.starts_with("arn:") {
            return Ok(own(given));
        }
        let arn: Arn = given.parse().map_err(|_| Error::no_bus(given))?;
        match arn.resource().strip_prefix("event-bus/") {
            Some(name) if arn.service() == "events" && arn.region() == cx.region() => Ok(Self {
                account: arn.account().to_owned(),
                region: arn.region().to_owned(),
                name: name.to_owned(),
            }),
            _ => Err(Error::no_bus(given)),
        }
    }

    /// The name of a bus of the caller's own account.
    pub(crate) fn own(cx: &Cx, given: Option<&str>) -> Result<String, Error> {
        let bus = Self::parse(cx, given)?;
        if bus.account == cx.account() { Ok(bus.name) } else { Err(Error::no_bus(&bus.name)) }
    }

    /// Its ARN.
    pub(crate) fn arn(&self) -> Arn {
        Arn::new("events", &self.region, &self.account, format_args!("event-bus/{}", self.name))
    }
}

/// The ARN of a bus of the caller's account.
pub(crate) fn arn(cx: &Cx, name: &str) -> Arn {
    cx.arn("events", format_args!("event-bus/{name}"))
}

/// The bus with this name; the default one is there without having been made.
pub(crate) async fn find(tx: &Tx, account: &str, region: &str, name: &str) -> Result<Option<BusRow>, Error> {
    let stored: Option<BusRow> = table::get(tx, (account, region, name)).await?;
    Ok(stored.or_else(|| {
        (name == DEFAULT).then(|| BusRow {
            account: account.to_owned(),
            region: region.to_owned(),
            name: name.to_owned(),
            description: None,
            policy: None,
            created_at_millis: 0,
            modified_at_millis: 0,
            tags: BTreeMap::new(),
        })
    }))
}

/// The bus with this name in the caller's account.
pub(crate) async fn open(cx: &mut Cx, name: &str) -> Result<BusRow, Error> {
    let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
    find(cx.tx(), &account, &region, name).await?.ok_or_else(|| Error::no_bus(name))
}

/// `policy` with a statement more, in place of one with the same id.
pub(crate) fn with_statement(policy: Option<&str>, statement: Value) -> Result<String, Error> {
    let mut document = read(policy);
    let statements = statements(&mut document);
    statements.retain(|old| old["Sid"] != statement["Sid"]);
    statements.push(statement);
    checked(document.to_string())
}

/// `policy` without a statement; nothing when none is left.
pub(crate) fn without_statement(policy: Option<&str>, id: &str) -> Result<Option<String>, Error> {
    let mut document = read(policy);
    let statements = statements(&mut document);
    let before = statements.len();
    statements.retain(|old| old["Sid"] != id);
    if statements.len() == before {
        return Err(Error::NotFound("Statement with the provided id does not exist.".to_owned()));
    }
    let left = !statements.is_empty();
    Ok(left.then(|| document.to_string()))
}

/// A policy that was given as a whole.
pub(crate) fn checked(policy: String) -> Result<String, Error> {
    if policy.len() > POLICY_BYTES_MAX {
        return Err(Error::PolicyLength);
    }
    match serde_json::from_str::<Value>(&policy) {
        Ok(document) if document["Statement"].is_array() || document["Statement"].is_object() => Ok(policy),
        _ => Err(Error::invalid("This policy contains invalid Json")),
    }
}

fn read(policy: Option<&str>) -> Value {
    let document = policy.and_then(|text| serde_json::from_str(text).ok());
    document.unwrap_or_else(|| json!({"Version": "2012-10-17", "Statement": []}))
}

/// The statements of a document, which may hold a single one without a list.
fn statements(document: &mut Value) -> &mut Vec<Value> {
    let statements = &mut document["Statement"];
    if !statements.is_array() {
        *statements = match statements.take() {
            Value::Null => json!([]),
            one => json!([one]),
        };
    }
    statements.as_array_mut().expect("it was made a list above")
}
