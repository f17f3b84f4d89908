//! What is known of a value before its resources exist: the rest stays in its `Fn::` form.

use serde_json::{Map, Value, json};

use crate::Invalid;
use crate::eval::Scope;
use crate::expr::{Expr, Function, Part};

impl Scope<'_> {
    /// As [`Scope::value`], but a function that asks for something the resolver does not have stays in its long form,
    /// its arguments evaluated as far as possible.
    pub fn partial(&self, expr: &Expr) -> Result<Option<Value>, Invalid> {
        match expr {
            Expr::Plain(value) => Ok(Some(value.clone())),
            Expr::List(items) => {
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    list.extend(self.partial(item)?);
                }
                Ok(Some(Value::Array(list)))
            }
            Expr::Map(entries) => {
                let mut map = Map::with_capacity(entries.len());
                for (key, entry) in entries {
                    if let Some(value) = self.partial(entry)? {
                        map.insert(key.clone(), value);
                    }
                }
                Ok(Some(Value::Object(map)))
            }
            Expr::Call(call) => match call.as_ref() {
                Function::If(condition, yes, no) if self.conditions.contains_key(condition) => {
                    self.partial(if self.conditions[condition] { yes } else { no })
                }
                _ if self.is_known(expr) => self.value(expr),
                call => self.long_form(call).map(Some),
            },
        }
    }

    /// Whether everything that the expression asks for is there.
    fn is_known(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Plain(_) => true,
            Expr::List(items) => items.iter().all(|item| self.is_known(item)),
            Expr::Map(entries) => entries.iter().all(|(_, item)| self.is_known(item)),
            Expr::Call(call) => match call.as_ref() {
                Function::Ref(name) => self.has_reference(name),
                Function::GetAtt(resource, attribute) => match self.partial(attribute) {
                    Ok(Some(Value::String(name))) => self.resolver.attribute(resource, &name).is_ok(),
                    _ => false,
                },
                Function::Sub(parts, own) => {
                    let variables = parts.iter().all(|part| match part {
                        Part::Text(_) => true,
                        Part::Variable(name) => match name.split_once('.') {
                            _ if own.iter().any(|(own, _)| own == name) => true,
                            Some((resource, attribute)) => {
                                self.resolver.attribute(resource, attribute).is_ok()
                            }
                            None => self.has_reference(name),
                        },
                    });
                    variables && own.iter().all(|(_, value)| self.is_known(value))
                }
                Function::If(condition, yes, no) => match self.conditions.get(condition) {
                    Some(true) => self.is_known(yes),
                    Some(false) => self.is_known(no),
                    None => false,
                },
                Function::ImportValue(name) => match self.partial(name) {
                    Ok(Some(Value::String(name))) => self.resolver.import(&name).is_some(),
                    _ => false,
                },
                call => crate::check::arguments(call).into_iter().all(|argument| self.is_known(argument)),
            },
        }
    }

    fn has_reference(&self, name: &str) -> bool {
        self.pseudo.get(name).is_some()
            || self.parameters.contains_key(name)
            || self.resolver.reference(name).is_some()
    }

    fn long_form(&self, call: &Function) -> Result<Value, Invalid> {
        let part = |expr: &Expr| Ok(self.partial(expr)?.unwrap_or(Value::Null));
        Ok(match call {
            Function::Ref(name) => json!({"Ref": name}),
            Function::GetAtt(resource, attribute) => json!({"Fn::GetAtt": [resource, part(attribute)?]}),
            Function::Sub(parts, own) => {
                let mut text = String::new();
                for part in parts {
                    match part {
                        Part::Text(plain) => text.push_str(&plain.replace("${", "${!")),
                        Part::Variable(name) => text.push_str(&format!("${{{name}}}")),
                    }
                }
                let mut map = Map::new();
                for (name, value) in own {
                    map.insert(name.clone(), part(value)?);
                }
                json!({"Fn::Sub": [text, map]})
            }
            Function::Join(delimiter, list) => json!({"Fn::Join": [delimiter, part(list)?]}),
            Function::Select(index, list) => json!({"Fn::Select": [part(index)?, part(list)?]}),
            Function::Split(delimiter, text) => json!({"Fn::Split": [delimiter, part(text)?]}),
            Function::If(condition, yes, no) => json!({"Fn::If": [condition, part(yes)?, part(no)?]}),
            Function::FindInMap(map, top, second) => {
                json!({"Fn::FindInMap": [part(map)?, part(top)?, part(second)?]})
            }
            Function::ImportValue(name) => json!({"Fn::ImportValue": part(name)?}),
            Function::Base64(text) => json!({"Fn::Base64": part(text)?}),
            Function::Cidr(block, count, bits) => {
                let mut list = vec![part(block)?, part(count)?];
                if let Some(bits) = bits {
                    list.push(part(bits)?);
                }
                json!({"Fn::Cidr": list})
            }
            Function::GetAZs(region) => json!({"Fn::GetAZs": part(region)?}),
            Function::Condition(name) => json!({"Condition": name}),
            Function::Equals(one, other) => json!({"Fn::Equals": [part(one)?, part(other)?]}),
            Function::And(all) | Function::Or(all) => {
                let name = if matches!(call, Function::And(_)) { "Fn::And" } else { "Fn::Or" };
                let all: Vec<Value> = all.iter().map(part).collect::<Result<_, Invalid>>()?;
                json!({name: all})
            }
            Function::Not(one) => json!({"Fn::Not": [part(one)?]}),
        })
    }
}

/// Whether a partly evaluated value still has functions in it.
pub fn has_functions(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_functions),
        Value::Object(map) => {
            let lone = map.len() == 1 && map.keys().all(|key| key == "Ref" || key.starts_with("Fn::"));
            lone || map.values().any(has_functions)
        }
        _ => false,
    }
}
