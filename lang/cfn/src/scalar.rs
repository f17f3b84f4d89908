//! What a plain YAML scalar means: YAML 1.2's core schema as js-yaml 4 reads it, which is what the authors of
//! `serverless.yml` files write for. `yes`, `on` and dates are therefore texts, and `012` is twelve.

use serde_json::Number;

use crate::node::Value;

/// The value of an unquoted, untagged scalar.
///
/// Differs from AWS: CloudFormation reads templates as YAML 1.1, where `yes` is true and `012` is ten.
pub(crate) fn plain(text: &str) -> Result<Value, String> {
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => match number(text)? {
            Some(number) => Value::Number(number),
            None => Value::Text(text.to_owned()),
        },
    })
}

/// The number that `text` spells, if it does.
pub(crate) fn number(text: &str) -> Result<Option<Number>, String> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return Err(format!("`{text}` has no JSON form; write it in quotes"));
    }
    if let Some(number) = integer(text, unsigned) {
        return Ok(Some(number));
    }
    // `-.5` is a text to js-yaml: a sign wants a digit behind it.
    if !is_float(unsigned) || (unsigned.len() < text.len() && unsigned.starts_with('.')) {
        return Ok(None);
    }
    let Ok(value) = text.parse::<f64>() else {
        return Ok(None);
    };
    // JavaScript has one kind of number: `1.0` is 1. What is not finite stays a text.
    match value.fract() == 0.0 && value.abs() < 9e15 {
        true => Ok(Some(Number::from(value as i64))),
        false => Ok(Number::from_f64(value)),
    }
}

fn integer(text: &str, unsigned: &str) -> Option<Number> {
    let (radix, digits) = match unsigned.get(..2) {
        Some("0b") => (2, &unsigned[2..]),
        Some("0o") => (8, &unsigned[2..]),
        Some("0x") => (16, &unsigned[2..]),
        _ => (10, unsigned),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let value = i128::from_str_radix(digits, radix).ok()?; // too long for 128 bits: a float, or a text
    let value = if text.starts_with('-') { -value } else { value };
    if let Ok(value) = i64::try_from(value) {
        return Some(Number::from(value));
    }
    match u64::try_from(value) {
        Ok(value) => Some(Number::from(value)),
        Err(_) => Number::from_f64(value as f64),
    }
}

/// `1.5`, `1.`, `.5`, `1e3`: digits, an optional fraction, an optional exponent.
fn is_float(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let mantissa_fits = match fraction {
        Some(fraction) => digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty()),
        None => !whole.is_empty() && digits(whole),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    mantissa_fits && exponent_fits
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::node::{Node, Span};

    fn check(text: &str, expected: Json) {
        let value = plain(text).unwrap();
        let json = Node::new(Span::default(), value).to_json().unwrap();
        assert_eq!(json, expected, "{text}");
    }

    /// Expected values are js-yaml 4.3's (`yaml.load(text, {schema: yaml.CORE_SCHEMA})`).
    #[test]
    fn plain_scalars_mean_what_js_yaml_says() {
        for text in ["", "~", "null", "NULL"] {
            check(text, Json::Null);
        }
        check("True", json!(true));
        check("FALSE", json!(false));
        for text in [
            "yes",
            "no",
            "on",
            "off",
            "y",
            "nUll",
            "tRue",
            "2012-10-17",
            "12:30",
            "1.2.3",
            "0x",
            "0b2",
            "1_",
            "1_000",
            "-.5",
            "+.5",
            "1e400",
            "_1",
            "-",
            "+",
            ".",
            "1e",
            "0xfg",
            "1 2",
            "--1",
            "a",
            "1e+",
        ] {
            check(text, json!(text));
        }
        check("12", json!(12));
        check("-12", json!(-12));
        check("+12", json!(12));
        check("012", json!(12));
        check("0o14", json!(12));
        check("0xff", json!(255));
        check("-0xff", json!(-255));
        check("0b11", json!(3));
        check("1.50", json!(1.5));
        check("1.0", json!(1));
        check("1.", json!(1));
        check(".5", json!(0.5));
        check("1e3", json!(1000));
        check("1.5E-2", json!(0.015));
        check("18446744073709551615", json!(18446744073709551615u64));
        check("123456789012345678901234567890", json!(1.2345678901234568e29));
        assert!(plain(".nan").is_err());
        assert!(plain("-.inf").is_err());
    }
}
