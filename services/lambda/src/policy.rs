//! Resource-based policies of functions and layers.

use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::keys::{FunctionRow, Policy};
use crate::limits::POLICY_BYTES_MAX;
use crate::names::FunctionRef;

/// The policy of a function, or of the qualifier that is asked for.
pub(crate) fn of(row: &FunctionRow, function: &FunctionRef) -> Option<String> {
    let key = function.qualifier.as_deref().unwrap_or_default();
    row.policies.get(key).filter(|policy| !policy.statements.is_empty()).map(|policy| policy.text())
}

/// What AddPermission asks for.
pub(crate) struct Grant {
    pub(crate) statement_id: String,
    pub(crate) action: String,
    pub(crate) principal: String,
    pub(crate) resource: String,
    pub(crate) source_arn: Option<String>,
    pub(crate) source_account: Option<String>,
    pub(crate) organization: Option<String>,
    pub(crate) url_auth_type: Option<&'static str>,
    pub(crate) event_source_token: Option<String>,
    pub(crate) invoked_via_url: Option<bool>,
}

impl Grant {
    /// The statement that AWS writes for it.
    pub(crate) fn statement(&self) -> Result<Value, Error> {
        let mut statement = Map::new();
        statement.insert("Sid".into(), json!(self.statement_id));
        statement.insert("Effect".into(), json!("Allow"));
        statement.insert("Principal".into(), principal(&self.principal)?);
        statement.insert("Action".into(), json!(self.action));
        statement.insert("Resource".into(), json!(self.resource));
        let mut conditions = Map::new();
        let mut add = |operator: &str, key: &str, value: Option<Value>| {
            if let Some(value) = value {
                let keys = conditions.entry(operator).or_insert_with(|| json!({}));
                keys[key] = value;
            }
        };
        let text = |value: &Option<String>| value.as_ref().map(|value| json!(value));
        add("StringEquals", "AWS:SourceAccount", text(&self.source_account));
        add("StringEquals", "lambda:EventSourceToken", text(&self.event_source_token));
        add("StringEquals", "lambda:FunctionUrlAuthType", self.url_auth_type.map(|auth| json!(auth)));
        add("StringEquals", "aws:PrincipalOrgID", text(&self.organization));
        add("ArnLike", "AWS:SourceArn", text(&self.source_arn));
        add("Bool", "lambda:InvokedViaFunctionUrl", self.invoked_via_url.map(|via| json!(via.to_string())));
        if !conditions.is_empty() {
            statement.insert("Condition".into(), Value::Object(conditions));
        }
        Ok(Value::Object(statement))
    }
}

/// A service, an account, an ARN or everybody.
fn principal(text: &str) -> Result<Value, Error> {
    if text == "*" {
        return Ok(json!("*"));
    }
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(json!({"AWS": format!("arn:aws:iam::{text}:root")}));
    }
    if text.starts_with("arn:") {
        return Ok(json!({"AWS": text}));
    }
    if text.contains('.') {
        return Ok(json!({"Service": text}));
    }
    // Recorded: LocalStack tests/aws/services/lambda_, test_add_lambda_permission_exceptions.
    Err(Error::invalid("The provided principal was invalid. Please check the principal and try again."))
}

impl Policy {
    /// Adds a statement; the answer is its text.
    pub(crate) fn add(&mut self, grant: &Grant, revision_id: String) -> Result<String, Error> {
        if self.has(&grant.statement_id) {
            return Err(Error::Conflict(format!(
                "The statement id ({}) provided already exists. Please provide a new statement id, or remove the existing statement.",
                grant.statement_id
            )));
        }
        let statement = grant.statement()?;
        let text = statement.to_string();
        self.statements.push(statement);
        let size = self.text().len();
        if size > POLICY_BYTES_MAX {
            return Err(Error::PolicyLengthExceeded(format!(
                "The final policy size ({size}) is bigger than the limit ({POLICY_BYTES_MAX})."
            )));
        }
        self.revision_id = revision_id;
        Ok(text)
    }

    fn has(&self, id: &str) -> bool {
        self.statements.iter().any(|statement| statement["Sid"] == id)
    }

    /// Removes a statement.
    pub(crate) fn remove(&mut self, id: &str, revision_id: String) -> Result<(), Error> {
        if !self.has(id) {
            return Err(Error::NotFound(format!("Statement {id} is not found in resource policy.")));
        }
        self.statements.retain(|statement| statement["Sid"] != id);
        self.revision_id = revision_id;
        Ok(())
    }

    /// The policy as JSON.
    pub(crate) fn text(&self) -> String {
        json!({"Version": "2012-10-17", "Id": "default", "Statement": self.statements}).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(id: &str, principal: &str) -> Grant {
        Grant {
            statement_id: id.into(),
            action: "lambda:InvokeFunction".into(),
            principal: principal.into(),
            resource: "arn:aws:lambda:us-east-1:000000000000:function:f".into(),
            source_arn: Some("arn:aws:s3:::bucket".into()),
            source_account: Some("000000000000".into()),
            organization: None,
            url_auth_type: None,
            event_source_token: None,
            invoked_via_url: None,
        }
    }

    #[test]
    fn statements_are_those_of_aws() {
        // The example of the AddPermission reference and its answer.
        let mut policy = Policy::default();
        let text = policy.add(&grant("s3", "s3.amazonaws.com"), "r".into()).unwrap();
        assert_eq!(
            text,
            r#"{"Sid":"s3","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","Condition":{"StringEquals":{"AWS:SourceAccount":"000000000000"},"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::bucket"}}}"#
        );
        assert!(matches!(policy.add(&grant("s3", "*"), "r".into()), Err(Error::Conflict(_))));
        assert!(matches!(
            policy.add(&grant("x", "nobody"), "r".into()),
            Err(Error::InvalidParameterValue(_))
        ));
        assert!(matches!(policy.remove("y", "r".into()), Err(Error::NotFound(_))));
        policy.remove("s3", "r2".into()).unwrap();
        assert_eq!(policy.text(), r#"{"Version":"2012-10-17","Id":"default","Statement":[]}"#);
        assert_eq!(principal("123456789012").unwrap(), json!({"AWS": "arn:aws:iam::123456789012:root"}));
        for index in 0.. {
            if let Err(error) = policy.add(&grant(&format!("s{index}"), "*"), "r".into()) {
                assert!(matches!(error, Error::PolicyLengthExceeded(_)));
                break;
            }
        }
    }
}
