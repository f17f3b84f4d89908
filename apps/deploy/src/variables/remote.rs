//! What variables ask of the account that is deployed to.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::Value;

/// A parameter of SSM Parameter Store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// `String`, `StringList` or `SecureString`.
    pub kind: String,
    /// The value, decrypted where that was asked.
    pub value: String,
}

/// The account that is deployed to, as variables see it. Each answer is `None` where the thing does not exist; an
/// error is a text for the user.
#[async_trait]
pub trait Remote: Send + Sync {
    /// A parameter, for `${ssm:name}`.
    async fn parameter(
        &self,
        region: Option<&str>,
        name: &str,
        decrypt: bool,
    ) -> Result<Option<Parameter>, String>;
    /// The outputs of a stack, for `${cf:stack.Output}`.
    async fn outputs(
        &self,
        region: Option<&str>,
        stack: &str,
    ) -> Result<Option<BTreeMap<String, String>>, String>;
    /// An object's content, for `${s3:bucket/key}`.
    async fn object(&self, bucket: &str, key: &str) -> Result<Option<String>, String>;
    /// The account's number, for `${aws:accountId}`.
    async fn account(&self) -> Result<String, String>;
}

/// One question to the account; also the key under which its answer is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Request {
    Parameter { region: Option<String>, name: String, decrypt: bool, raw: bool },
    Outputs { region: Option<String>, stack: String },
    Object { bucket: String, key: String },
    Account,
}

impl Request {
    /// Asks the account. Null: it does not exist.
    pub(crate) async fn ask(&self, remote: &dyn Remote) -> Result<Value, String> {
        match self {
            Self::Parameter { region, name, decrypt, raw } => {
                let parameter = remote.parameter(region.as_deref(), name, *decrypt).await?;
                Ok(parameter.map_or(Value::Null, |parameter| parameter_value(parameter, *raw)))
            }
            Self::Outputs { region, stack } => {
                let outputs = remote.outputs(region.as_deref(), stack).await?;
                let object = |outputs: BTreeMap<String, String>| {
                    Value::Object(
                        outputs.into_iter().map(|(key, value)| (key, Value::String(value))).collect(),
                    )
                };
                Ok(outputs.map_or(Value::Null, object))
            }
            Self::Object { bucket, key } => {
                Ok(remote.object(bucket, key).await?.map_or(Value::Null, Value::String))
            }
            Self::Account => remote.account().await.map(Value::String),
        }
    }
}

/// A list becomes a list and a secret that holds JSON becomes its value, unless the raw text is wanted.
fn parameter_value(Parameter { kind, value }: Parameter, raw: bool) -> Value {
    match kind.as_str() {
        "StringList" if !raw => {
            Value::Array(value.split(',').map(|part| Value::String(part.to_owned())).collect())
        }
        "SecureString" if !raw && value.starts_with('{') => {
            serde_json::from_str(&value).unwrap_or(Value::String(value))
        }
        _ => Value::String(value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_have_the_types_of_the_framework() {
        let check = |kind: &str, value: &str, raw: bool| {
            parameter_value(Parameter { kind: kind.to_owned(), value: value.to_owned() }, raw)
        };
        assert_eq!(check("String", "{\"a\":1}", false), json!("{\"a\":1}"));
        assert_eq!(check("StringList", "a,b", false), json!(["a", "b"]));
        assert_eq!(check("StringList", "a,b", true), json!("a,b"));
        assert_eq!(check("SecureString", "{\"a\":1}", false), json!({"a": 1}));
        assert_eq!(check("SecureString", "{a", false), json!("{a"));
    }
}
