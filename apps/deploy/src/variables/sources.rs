//! Where each kind of variable looks.

use serde_json::Value;

use super::parse::{Param, Template};
use super::remote::Request;
use super::{Found, Origin, Resolver, Stop};

impl Resolver {
    /// Looks a variable up. Null: this source does not know it.
    pub(super) fn look(
        &mut self,
        path: &str,
        kind: &str,
        params: Option<&[Param]>,
        address: Option<&Template>,
    ) -> Result<Found, Stop> {
        if !matches!(
            kind,
            "self" | "opt" | "env" | "param" | "sls" | "aws" | "file" | "ssm" | "cf" | "s3" | "strToBool"
        ) {
            return Err(Stop::Unknown(kind.to_owned()));
        }
        let mut values = Vec::new();
        for param in params.unwrap_or_default() {
            values.push(match param {
                Param::Literal(value) => value.clone(),
                Param::Template(template) => self.inner(path, template, 0)?,
            });
        }
        let address = match address {
            None => None,
            Some(template) => match self.inner(path, template, 0)? {
                Value::String(text) => Some(text),
                other => {
                    let message =
                        format!("Non-string address argument in variable \"{kind}\" source: {other}");
                    return Err(self.failed(path, &message));
                }
            },
        };
        match kind {
            "self" => self.own(path, address.as_deref()),
            "opt" => Ok(self.option(address.as_deref()).into()),
            "file" => self.file(path, values.first(), address.as_deref()),
            "strToBool" => self.text_to_bool(path, values.first()),
            _ => {
                let Some(address) = address.filter(|address| !address.is_empty()) else {
                    let message = format!("Missing address argument in variable \"{kind}\" source");
                    return Err(self.failed(path, &message));
                };
                self.addressed(path, kind, &values, &address)
            }
        }
    }

    /// The sources that cannot do without an address.
    fn addressed(&mut self, path: &str, kind: &str, params: &[Value], address: &str) -> Result<Found, Stop> {
        match kind {
            "env" => Ok(self.environment(address).into()),
            "param" => self.param(path, address),
            "sls" => self.framework(path, address).map(Found::from),
            "aws" => self.account(path, address).map(Found::from),
            "ssm" => {
                let words: Vec<&str> = params.iter().filter_map(Value::as_str).collect();
                let region = words.iter().find(|word| !matches!(**word, "raw" | "noDecrypt"));
                self.ask(
                    path,
                    Request::Parameter {
                        region: region.map(|region| (*region).to_owned()),
                        name: address.to_owned(),
                        decrypt: !words.contains(&"noDecrypt"),
                        raw: words.contains(&"raw"),
                    },
                )
                .map(Found::from)
            }
            "cf" => {
                let Some((stack, output)) = address.split_once('.') else {
                    return Err(self.unsupported(path, kind, address, "<stack-name>.<output-id>"));
                };
                let region = params.first().and_then(Value::as_str).map(str::to_owned);
                let outputs = self.ask(path, Request::Outputs { region, stack: stack.to_owned() })?;
                Ok(outputs.get(output).cloned().unwrap_or(Value::Null).into())
            }
            _ => {
                let Some((bucket, key)) = address.split_once('/') else {
                    return Err(self.unsupported(path, kind, address, "<bucket-name>/<key>"));
                };
                self.ask(path, Request::Object { bucket: bucket.to_owned(), key: key.to_owned() })
                    .map(Found::from)
            }
        }
    }

    fn unsupported(&self, path: &str, kind: &str, address: &str, format: &str) -> Stop {
        let message = format!(
            "Unsupported \"{address}\" address argument in variable \"{kind}\" source. Expected \"{format}\" format"
        );
        self.failed(path, &message)
    }

    fn own(&mut self, path: &str, address: Option<&str>) -> Result<Found, Stop> {
        let keys: Vec<String> = match address {
            Some(address) if !address.is_empty() => address.split('.').map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let value = self.dependent(path, &keys)?;
        Ok(Found { value, origin: Some(Origin::Config(keys)) })
    }

    fn option(&self, address: Option<&str>) -> Value {
        match address {
            None => Value::Object(self.facts.options.clone()),
            Some(name) => self.facts.options.get(name).cloned().unwrap_or(Value::Null),
        }
    }

    fn environment(&mut self, name: &str) -> Value {
        match self.facts.environment.get(name) {
            Some(value) => Value::String(value.clone()),
            None => {
                self.missing.insert(name.to_owned());
                Value::Null
            }
        }
    }

    /// `--param`, then `params.<stage>`, then `params.default`.
    fn param(&mut self, path: &str, name: &str) -> Result<Found, Stop> {
        if let Some((_, value)) = self.facts.params.iter().rev().find(|(key, _)| key == name) {
            return Ok(Value::String(value.clone()).into());
        }
        let stage = self.stage(path)?;
        for group in [stage.as_str(), "default"] {
            let keys = ["params", group, name].map(str::to_owned).to_vec();
            let value = self.dependent(path, &keys)?;
            if !value.is_null() {
                return Ok(Found { value, origin: Some(Origin::Config(keys)) });
            }
        }
        Ok(Value::Null.into())
    }

    fn framework(&mut self, path: &str, address: &str) -> Result<Value, Stop> {
        match address {
            "instanceId" => Ok(Value::String(self.facts.instance_id.clone())),
            "stage" => self.stage(path).map(Value::String),
            _ => Err(self.failed(
                path,
                &format!("Unsupported \"{address}\" address argument in variable \"sls\" source"),
            )),
        }
    }

    /// The stage: the option, or `provider.stage`, or `dev`.
    fn stage(&mut self, path: &str) -> Result<String, Stop> {
        let stage = match self.facts.options.get("stage") {
            Some(stage) if !stage.is_null() => stage.clone(),
            _ => self.dependent(path, &["provider".to_owned(), "stage".to_owned()])?,
        };
        match stage {
            Value::Null => Ok("dev".to_owned()),
            Value::String(stage) if is_stage(&stage) => Ok(stage),
            _ => Err(self.failed(path, STAGE_INVALID)),
        }
    }

    fn account(&mut self, path: &str, address: &str) -> Result<Value, Stop> {
        match address {
            "accountId" => self.ask(path, Request::Account),
            "region" => match self.facts.options.get("region") {
                Some(Value::String(region)) if !region.is_empty() => Ok(Value::String(region.clone())),
                _ => match self.dependent(path, &["provider".to_owned(), "region".to_owned()])? {
                    Value::Null => Ok(Value::String("us-east-1".to_owned())),
                    region => Ok(region),
                },
            },
            _ => Err(self.failed(
                path,
                &format!("Unsupported \"{address}\" address argument in variable \"aws\" source"),
            )),
        }
    }

    fn text_to_bool(&self, path: &str, value: Option<&Value>) -> Result<Found, Stop> {
        let message = match value {
            None | Some(Value::Null) => "Missing \"strToBool\" input".to_owned(),
            Some(value) => {
                // The grammar reads `strToBool(1)` and `strToBool(true)` as a number and a boolean already.
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                match text.trim().to_lowercase().as_str() {
                    "true" | "1" => return Ok(Value::Bool(true).into()),
                    "false" | "0" => return Ok(Value::Bool(false).into()),
                    _ => format!(
                        "Invalid \"strToBool\" input: Expected either \"true\", \"false\", \"0\", or \"1\". Received: {value}"
                    ),
                }
            }
        };
        Err(self.failed(path, &message))
    }

    /// The account's answer, or a note that it must be asked.
    fn ask(&mut self, path: &str, request: Request) -> Result<Value, Stop> {
        match self.answers.get(&request) {
            Some(Ok(value)) => Ok(value.clone()),
            Some(Err(error)) => Err(self.failed(path, &error.clone())),
            None => {
                self.wanted.insert(request);
                Err(Stop::Asked)
            }
        }
    }
}

/// What the framework says of a stage with other characters.
pub(crate) const STAGE_INVALID: &str =
    "Invalid stage name. Stage names may contain only ASCII letters, numbers, and hyphens.";

/// Whether a stage may be called so.
pub(crate) fn is_stage(stage: &str) -> bool {
    !stage.is_empty() && stage.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
