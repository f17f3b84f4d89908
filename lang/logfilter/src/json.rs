//! Conditions on messages that are JSON objects.

use serde_json::Value;

use crate::Error;
use crate::expr::{Expr, Test};
use crate::scan::Cursor;

/// A whole pattern in braces.
#[derive(Debug, Clone)]
pub(crate) struct Condition(Expr<Selector>);

/// `$.a.b[0].*[*]`: a way into a JSON value.
#[derive(Debug, Clone)]
struct Selector(Vec<Step>);

#[derive(Debug, Clone)]
enum Step {
    Name(String),
    Index(usize),
    AnyName,
    AnyIndex,
}

impl Condition {
    pub(crate) fn parse(pattern: &str) -> Result<Self, Error> {
        let mut cursor = Cursor::new(pattern);
        cursor.eat("{");
        let expr = Expr::parse(&mut cursor, &mut selector)?;
        cursor.skip_blanks();
        if !cursor.eat("}") || !cursor.is_at_end() {
            return Err(cursor.unexpected());
        }
        Ok(Self(expr))
    }

    /// A message that is not a JSON object matches no condition, not even `NOT EXISTS`.
    pub(crate) fn matches(&self, message: &str) -> bool {
        if !message.trim_start().starts_with('{') {
            return false;
        }
        let Ok(value) = serde_json::from_str::<Value>(message) else { return false };
        self.0.holds(&|selector, test| selector.test(&value, test))
    }
}

fn selector(cursor: &mut Cursor<'_>) -> Result<Selector, Error> {
    cursor.skip_blanks();
    if !cursor.eat("$") {
        return Err(cursor.unexpected());
    }
    let mut steps = Vec::new();
    loop {
        if cursor.eat(".") {
            if cursor.eat("*") {
                steps.push(Step::AnyName);
                continue;
            }
            let name = cursor.take_while(|next| next.is_alphanumeric() || next == '_' || next == '-');
            if name.is_empty() {
                return Err(cursor.unexpected());
            }
            steps.push(Step::Name(name.to_owned()));
        } else if cursor.eat("[") {
            if cursor.eat("*") {
                steps.push(Step::AnyIndex);
            } else {
                let digits = cursor.take_while(|next| next.is_ascii_digit());
                steps.push(Step::Index(digits.parse().map_err(|_| cursor.unexpected())?));
            }
            if !cursor.eat("]") {
                return Err(cursor.unexpected());
            }
        } else if steps.is_empty() {
            return Err(cursor.unexpected());
        } else {
            return Ok(Selector(steps));
        }
    }
}

impl Selector {
    fn test(&self, value: &Value, test: &Test) -> bool {
        match test {
            Test::NotExists => !any(&self.0, value, &|_| true),
            _ => any(&self.0, value, &|found| holds(found, test)),
        }
    }
}

/// Whether one of the values that the steps lead to passes.
fn any(steps: &[Step], value: &Value, passes: &dyn Fn(&Value) -> bool) -> bool {
    let Some((step, rest)) = steps.split_first() else { return passes(value) };
    match (step, value) {
        (Step::Name(name), Value::Object(map)) => map.get(name).is_some_and(|inner| any(rest, inner, passes)),
        (Step::Index(index), Value::Array(list)) => {
            list.get(*index).is_some_and(|inner| any(rest, inner, passes))
        }
        (Step::AnyName, Value::Object(map)) => map.values().any(|inner| any(rest, inner, passes)),
        (Step::AnyIndex, Value::Array(list)) => list.iter().any(|inner| any(rest, inner, passes)),
        _ => false,
    }
}

fn holds(value: &Value, test: &Test) -> bool {
    match test {
        Test::IsTrue => *value == Value::Bool(true),
        Test::IsFalse => *value == Value::Bool(false),
        Test::IsNull => value.is_null(),
        Test::NotExists => false,
        Test::Order(order, limit) => value.as_f64().is_some_and(|number| order.holds(number, *limit)),
        Test::Equal(wanted) => equals(value, wanted),
        Test::NotEqual(wanted) => !value.is_null() && !equals(value, wanted),
    }
}

fn equals(value: &Value, wanted: &crate::text::Text) -> bool {
    match value {
        Value::String(text) => wanted.matches(text),
        Value::Number(number) => match wanted.as_number() {
            Some(wanted) => number.as_f64() == Some(wanted),
            None => wanted.matches(&number.to_string()),
        },
        Value::Bool(flag) => wanted.matches(if *flag { "true" } else { "false" }),
        Value::Null => false,
        Value::Array(_) | Value::Object(_) => wanted.is_anything(),
    }
}
