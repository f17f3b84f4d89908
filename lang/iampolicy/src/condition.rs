//! The `Condition` element: operators over the facts of a request.
//!
//! Sources: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html> and
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::context::Context;
use crate::date;
use crate::template::{ArnPattern, ArnText, Syntax, Template};

/// One operator with one key: true when any of the values fits.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    quantifier: Quantifier,
    /// The operator ends in `IfExists`: true when the request has no such key.
    if_exists: bool,
    /// The operator is a `Not…` one: true when none of the values fits.
    negated: bool,
    /// In lower case.
    key: String,
    test: Test,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    None,
    ForAllValues,
    ForAnyValue,
}

/// The values of the policy, parsed for their operator.
#[derive(Debug, Clone)]
enum Test {
    /// `StringEquals` and `StringLike`: they differ only in how their values were parsed.
    Text(Vec<Template>),
    TextIgnoringCase(Vec<Template>),
    Arn(Vec<ArnPattern>),
    Number(Comparison, Vec<f64>),
    Date(Comparison, Vec<i64>),
    Bool(Vec<bool>),
    Binary(Vec<String>),
    Ip(Vec<Network>),
    Null(Vec<bool>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    fn holds<T: PartialOrd>(self, found: &T, wanted: &T) -> bool {
        match self {
            Self::Equal => found == wanted,
            Self::Less => found < wanted,
            Self::LessOrEqual => found <= wanted,
            Self::Greater => found > wanted,
            Self::GreaterOrEqual => found >= wanted,
        }
    }
}

/// Why a condition cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// There is no such operator.
    Operator,
    /// A value is no number, date, address or truth value.
    Value,
}

/// What an operator's name stands for, without its prefix and suffix.
#[derive(Debug, Clone, Copy)]
enum Operator {
    TextEqual,
    TextIgnoringCase,
    TextLike,
    Arn,
    Number(Comparison),
    Date(Comparison),
    Bool,
    Binary,
    Ip,
    Null,
}

/// Every operator: name, meaning, whether it is negated.
const OPERATORS: &[(&str, Operator, bool)] = &[
    ("StringEquals", Operator::TextEqual, false),
    ("StringNotEquals", Operator::TextEqual, true),
    ("StringEqualsIgnoreCase", Operator::TextIgnoringCase, false),
    ("StringNotEqualsIgnoreCase", Operator::TextIgnoringCase, true),
    ("StringLike", Operator::TextLike, false),
    ("StringNotLike", Operator::TextLike, true),
    ("ArnEquals", Operator::Arn, false),
    ("ArnLike", Operator::Arn, false),
    ("ArnNotEquals", Operator::Arn, true),
    ("ArnNotLike", Operator::Arn, true),
    ("NumericEquals", Operator::Number(Comparison::Equal), false),
    ("NumericNotEquals", Operator::Number(Comparison::Equal), true),
    ("NumericLessThan", Operator::Number(Comparison::Less), false),
    ("NumericLessThanEquals", Operator::Number(Comparison::LessOrEqual), false),
    ("NumericGreaterThan", Operator::Number(Comparison::Greater), false),
    ("NumericGreaterThanEquals", Operator::Number(Comparison::GreaterOrEqual), false),
    ("DateEquals", Operator::Date(Comparison::Equal), false),
    ("DateNotEquals", Operator::Date(Comparison::Equal), true),
    ("DateLessThan", Operator::Date(Comparison::Less), false),
    ("DateLessThanEquals", Operator::Date(Comparison::LessOrEqual), false),
    ("DateGreaterThan", Operator::Date(Comparison::Greater), false),
    ("DateGreaterThanEquals", Operator::Date(Comparison::GreaterOrEqual), false),
    ("Bool", Operator::Bool, false),
    ("BinaryEquals", Operator::Binary, false),
    ("IpAddress", Operator::Ip, false),
    ("NotIpAddress", Operator::Ip, true),
    ("Null", Operator::Null, false),
];

impl Condition {
    /// Reads `"ForAnyValue:StringEqualsIfExists": {"key": values}`.
    pub(crate) fn new(operator: &str, key: &str, values: &[String], variables: bool) -> Result<Self, Fault> {
        let (quantifier, rest) = if let Some(rest) = operator.strip_prefix("ForAllValues:") {
            (Quantifier::ForAllValues, rest)
        } else if let Some(rest) = operator.strip_prefix("ForAnyValue:") {
            (Quantifier::ForAnyValue, rest)
        } else {
            (Quantifier::None, operator)
        };
        let (name, if_exists) = match rest.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (rest, false),
        };
        let (_, meaning, negated) =
            OPERATORS.iter().find(|(known, ..)| *known == name).copied().ok_or(Fault::Operator)?;
        if if_exists && matches!(meaning, Operator::Null) {
            return Err(Fault::Operator);
        }
        let test = Test::new(meaning, values, variables)?;
        Ok(Self { quantifier, if_exists, negated, key: key.to_ascii_lowercase(), test })
    }

    /// Whether the condition holds for the request.
    pub(crate) fn holds(&self, context: &dyn Context) -> bool {
        let found = context.values(&self.key);
        if let Test::Null(wanted) = &self.test {
            let absent = found.is_none_or(|values| values.is_empty());
            return wanted.contains(&absent);
        }
        let Some(found) = found else {
            return self.if_exists
                || match self.quantifier {
                    Quantifier::ForAllValues => true,
                    Quantifier::ForAnyValue => false,
                    // "The key does not have this value" is true of a key that is not there.
                    Quantifier::None => self.negated,
                };
        };
        let fits = |value: &Cow<'_, str>| self.test.fits(value, context);
        match self.quantifier {
            Quantifier::None => found.iter().any(fits) != self.negated,
            Quantifier::ForAllValues => found.iter().all(|value| fits(value) != self.negated),
            Quantifier::ForAnyValue => found.iter().any(|value| fits(value) != self.negated),
        }
    }
}

impl Test {
    fn new(operator: Operator, values: &[String], variables: bool) -> Result<Self, Fault> {
        let plain = Syntax { variables, wildcards: false };
        let like = Syntax { variables, wildcards: true };
        let texts = |syntax| values.iter().map(|value| Template::parse(value, syntax)).collect();
        Ok(match operator {
            Operator::TextEqual => Self::Text(texts(plain)),
            Operator::TextIgnoringCase => Self::TextIgnoringCase(texts(plain)),
            Operator::TextLike => Self::Text(texts(like)),
            Operator::Arn => {
                Self::Arn(values.iter().map(|value| ArnPattern::parse(value, like, false)).collect())
            }
            Operator::Number(comparison) => Self::Number(comparison, parse_all(values, number)?),
            Operator::Date(comparison) => Self::Date(comparison, parse_all(values, date::parse)?),
            Operator::Bool => Self::Bool(parse_all(values, truth)?),
            Operator::Binary => {
                Self::Binary(values.iter().map(|value| unpadded(value).to_string()).collect())
            }
            Operator::Ip => Self::Ip(parse_all(values, Network::parse)?),
            Operator::Null => Self::Null(parse_all(values, truth)?),
        })
    }

    /// Whether one value of the request fits one of the values of the policy.
    fn fits(&self, found: &str, context: &dyn Context) -> bool {
        match self {
            Self::Text(wanted) => wanted.iter().any(|wanted| wanted.matches(found, context)),
            Self::TextIgnoringCase(wanted) => {
                wanted.iter().any(|wanted| wanted.matches_ignoring_case(found, context))
            }
            Self::Arn(wanted) => {
                let found = ArnText::new(found);
                wanted.iter().any(|wanted| wanted.matches(&found, context))
            }
            Self::Number(comparison, wanted) => number(found)
                .is_some_and(|found| wanted.iter().any(|wanted| comparison.holds(&found, wanted))),
            Self::Date(comparison, wanted) => date::parse(found)
                .is_some_and(|found| wanted.iter().any(|wanted| comparison.holds(&found, wanted))),
            Self::Bool(wanted) => truth(found).is_some_and(|found| wanted.contains(&found)),
            Self::Binary(wanted) => wanted.iter().any(|wanted| wanted == unpadded(found)),
            Self::Ip(wanted) => found
                .trim()
                .parse::<IpAddr>()
                .is_ok_and(|found| wanted.iter().any(|network| network.contains(found))),
            Self::Null(wanted) => wanted.contains(&false),
        }
    }
}

fn parse_all<T>(values: &[String], parse: fn(&str) -> Option<T>) -> Result<Vec<T>, Fault> {
    values.iter().map(|value| parse(value).ok_or(Fault::Value)).collect()
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

fn truth(text: &str) -> Option<bool> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Base64 without the padding that writers may leave out.
fn unpadded(base64: &str) -> &str {
    base64.trim().trim_end_matches('=')
}

/// A range of addresses in CIDR form. Addresses of version 4 inside version 6 count as version 4.
#[derive(Debug, Clone, Copy)]
struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.trim().split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Some(bits), |prefix| prefix.parse().ok())?;
        (prefix <= bits).then_some(Self { address, prefix })
    }

    fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - self.prefix).unwrap_or(0);
                u32::from(network) & mask == u32::from(address) & mask
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0);
                u128::from(network) & mask == u128::from(address) & mask
            }
            _ => false,
        }
    }
}
