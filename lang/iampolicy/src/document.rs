//! The grammar of policy documents.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.

use serde_json::{Map, Value};

use crate::condition::{Condition, Fault};
use crate::glob::Glob;
use crate::limits::DOCUMENT_BYTES_MAX;
use crate::principal::{Named, Principals};
use crate::template::{ArnPattern, Syntax};
use crate::validate;

/// What a document is for. It decides which elements it must and must not have, and in whose words it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A managed policy. Has to say that it is of version 2012-10-17.
    Managed,
    /// A policy inside a user, group or role, or passed for a session.
    Inline,
    /// The trust policy of a role: has principals, has no resource.
    Trust,
    /// The policy of a bucket, queue, topic, function, key…: has principals and resources.
    Resource,
}

impl Kind {
    pub(crate) fn is_identity(self) -> bool {
        matches!(self, Self::Managed | Self::Inline)
    }
}

/// A document that is no policy. The message is AWS's; the code depends on the service (`MalformedPolicyDocument` in
/// IAM, `MalformedPolicy` in S3).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Malformed {
    /// What the client is told.
    pub message: String,
}

impl Malformed {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

/// Says yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Yes.
    Allow,
    /// No, whatever others say.
    Deny,
}

/// A policy document, ready to be asked.
#[derive(Debug, Clone)]
pub struct Policy {
    pub(crate) statements: Vec<Statement>,
}

#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) effect: Effect,
    pub(crate) not_action: bool,
    /// In lower case.
    pub(crate) actions: Vec<Glob>,
    pub(crate) not_resource: bool,
    pub(crate) resources: Option<Vec<ArnPattern>>,
    pub(crate) principals: Option<Principals>,
    pub(crate) conditions: Vec<Condition>,
}

impl Policy {
    /// Reads a document and checks everything that can be checked without knowing who exists.
    pub fn parse(document: &str, kind: Kind) -> Result<Self, Malformed> {
        let drafts = Reader { kind }.document(document)?;
        validate::check(&drafts, kind)?;
        let statements = drafts.statements.into_iter().map(|draft| draft.finish(drafts.variables)).collect();
        Ok(Self { statements })
    }

    /// The ARNs of users, roles and sessions, and the unique ids, that the document names as principals. IAM refuses
    /// a trust policy that names someone who does not exist.
    pub fn named_principals(&self) -> Vec<&str> {
        let principals = self.statements.iter().filter_map(|statement| statement.principals.as_ref());
        principals
            .flat_map(|principals| &principals.aws)
            .filter_map(|named| match named {
                Named::Arn(text) | Named::UniqueId(text) => Some(text.as_str()),
                Named::Account(_) => None,
            })
            .collect()
    }
}

/// A document after the grammar and before the rules.
pub(crate) struct Drafts {
    /// The document says `"Version": "2012-10-17"`, so `${…}` stands for a value.
    pub(crate) variables: bool,
    pub(crate) statements: Vec<Draft>,
}

pub(crate) struct Draft {
    pub(crate) sid: Option<String>,
    pub(crate) effect: String,
    pub(crate) not_action: bool,
    pub(crate) actions: Option<Vec<String>>,
    pub(crate) not_resource: bool,
    pub(crate) resources: Option<Vec<String>>,
    pub(crate) principals: Option<Principals>,
    pub(crate) conditions: Vec<Condition>,
    /// A condition compares with something that is no number, date or address.
    pub(crate) bad_condition_value: bool,
}

impl Draft {
    fn finish(self, variables: bool) -> Statement {
        let syntax = Syntax { variables, wildcards: true };
        let actions = self.actions.unwrap_or_default();
        Statement {
            effect: if self.effect == "Deny" { Effect::Deny } else { Effect::Allow },
            not_action: self.not_action,
            actions: actions.iter().map(|action| Glob::parse(&action.to_ascii_lowercase())).collect(),
            not_resource: self.not_resource,
            resources: self.resources.map(|resources| {
                resources.iter().map(|resource| ArnPattern::parse(resource, syntax, true)).collect()
            }),
            principals: self.principals,
            conditions: self.conditions,
        }
    }
}

/// Walks the JSON of a document.
struct Reader {
    kind: Kind,
}

impl Reader {
    fn document(&self, document: &str) -> Result<Drafts, Malformed> {
        if document.len() > DOCUMENT_BYTES_MAX {
            return Err(self.refuse("This policy is too long"));
        }
        let Ok(Value::Object(top)) = serde_json::from_str(document) else {
            return Err(self.refuse("This policy contains invalid Json"));
        };
        self.only(&top, &["Version", "Id", "Statement"])?;
        let version = self.optional_text(&top, "Version")?;
        if !matches!(version, None | Some("2008-10-17" | "2012-10-17")) {
            return Err(self.refuse("The policy must contain a valid version string"));
        }
        self.optional_text(&top, "Id")?;
        let variables = version == Some("2012-10-17");
        let one;
        let list = match top.get("Statement") {
            Some(Value::Array(list)) if !list.is_empty() => list.as_slice(),
            Some(Value::Object(statement)) => {
                one = [Value::Object(statement.clone())];
                &one
            }
            None => return Err(self.refuse("Missing required field Statement")),
            Some(_) => return Err(self.refuse("Statement is empty!")),
        };
        let statements =
            list.iter().map(|value| self.statement(value, variables)).collect::<Result<_, _>>()?;
        Ok(Drafts { variables, statements })
    }

    fn statement(&self, value: &Value, variables: bool) -> Result<Draft, Malformed> {
        let Value::Object(map) = value else { return Err(self.wrong_type()) };
        let known = [
            "Sid",
            "Effect",
            "Principal",
            "NotPrincipal",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ];
        self.only(map, &known)?;
        let effect =
            self.optional_text(map, "Effect")?.ok_or_else(|| self.refuse("Missing required field Effect"))?;
        if !effect.eq_ignore_ascii_case("Allow") && !effect.eq_ignore_ascii_case("Deny") {
            return Err(self.refuse(&format!("Invalid effect: {effect}")));
        }
        let (not_action, actions) = self.either(map, "Action", "NotAction")?;
        let (not_resource, resources) = self.either(map, "Resource", "NotResource")?;
        let (conditions, bad_condition_value) = self.conditions(map.get("Condition"), variables)?;
        Ok(Draft {
            sid: self.optional_text(map, "Sid")?.map(ToString::to_string),
            effect: effect.to_string(),
            not_action,
            actions,
            not_resource,
            resources,
            principals: self.principals(map)?,
            conditions,
            bad_condition_value,
        })
    }

    /// An element and its `Not…` form, of which a statement has at most one.
    fn either(
        &self,
        map: &Map<String, Value>,
        plain: &str,
        negated: &str,
    ) -> Result<(bool, Option<Vec<String>>), Malformed> {
        match (map.get(plain), map.get(negated)) {
            (Some(_), Some(_)) => Err(self.wrong_type()),
            (Some(value), None) => Ok((false, Some(self.texts(value)?))),
            (None, Some(value)) => Ok((true, Some(self.texts(value)?))),
            (None, None) => Ok((false, None)),
        }
    }

    fn principals(&self, map: &Map<String, Value>) -> Result<Option<Principals>, Malformed> {
        let (negated, value) = match (map.get("Principal"), map.get("NotPrincipal")) {
            (Some(_), Some(_)) => return Err(self.wrong_type()),
            (Some(value), None) => (false, value),
            (None, Some(value)) => (true, value),
            (None, None) => return Ok(None),
        };
        let mut principals = Principals { negated, ..Principals::default() };
        match value {
            Value::String(text) if text == "*" => principals.everyone = true,
            Value::Object(kinds) if !kinds.is_empty() => {
                for (kind, names) in kinds {
                    for name in self.texts(names)? {
                        self.principal(&mut principals, kind, name)?;
                    }
                }
            }
            _ => return Err(self.refuse("Invalid principal in policy")),
        }
        Ok(Some(principals))
    }

    fn principal(&self, principals: &mut Principals, kind: &str, name: String) -> Result<(), Malformed> {
        let refused = || self.refuse(&format!("Invalid principal in policy: \"{kind}\":\"{name}\""));
        match kind {
            "AWS" if name == "*" => principals.everyone = true,
            "AWS" => principals.aws.push(Named::parse(&name).ok_or_else(refused)?),
            "Service" if name.contains('.') && !name.contains('*') => principals.services.push(name),
            "Federated" if !name.is_empty() => principals.federated.push(name),
            "CanonicalUser" if !name.is_empty() => principals.canonical.push(name),
            _ => return Err(refused()),
        }
        Ok(())
    }

    /// The conditions, and whether one of them has a value that its operator cannot compare with.
    fn conditions(
        &self,
        value: Option<&Value>,
        variables: bool,
    ) -> Result<(Vec<Condition>, bool), Malformed> {
        let mut conditions = Vec::new();
        let mut bad_value = false;
        let operators = match value {
            None => return Ok((conditions, bad_value)),
            Some(Value::Object(operators)) => operators,
            Some(_) => return Err(self.wrong_type()),
        };
        for (operator, keys) in operators {
            let Value::Object(keys) = keys else { return Err(self.wrong_type()) };
            for (key, values) in keys {
                let values = self.texts(values)?;
                match Condition::new(operator, key, &values, variables) {
                    Ok(condition) => conditions.push(condition),
                    Err(Fault::Value) => bad_value = true,
                    Err(Fault::Operator) => {
                        return Err(self.refuse(&format!("Invalid Condition type : {operator}")));
                    }
                }
            }
        }
        Ok((conditions, bad_value))
    }

    /// One text or a list of texts; numbers and truth values count as their text.
    fn texts(&self, value: &Value) -> Result<Vec<String>, Malformed> {
        let one = |value: &Value| match value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(truth) => Ok(truth.to_string()),
            _ => Err(self.wrong_type()),
        };
        match value {
            Value::Array(list) => list.iter().map(one).collect(),
            other => Ok(vec![one(other)?]),
        }
    }

    fn optional_text<'v>(
        &self,
        map: &'v Map<String, Value>,
        name: &str,
    ) -> Result<Option<&'v str>, Malformed> {
        match map.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong_type()),
        }
    }

    fn only(&self, map: &Map<String, Value>, known: &[&str]) -> Result<(), Malformed> {
        match map.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(self.refuse(&format!("Unknown field {key}"))),
            None => Ok(()),
        }
    }

    fn wrong_type(&self) -> Malformed {
        self.refuse("Invalid policy syntax.")
    }

    /// Identity policies have one text for every fault of the grammar; the others name the fault.
    fn refuse(&self, fault: &str) -> Malformed {
        Malformed::new(if self.kind.is_identity() { "Syntax errors in policy." } else { fault })
    }
}
