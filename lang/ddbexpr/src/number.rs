//! Exact decimal numbers of 38 digits.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html>

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::Error;
use crate::limits::{NUMBER_DIGITS_MAX, NUMBER_EXPONENT_MAX, NUMBER_EXPONENT_MIN};

/// A number as DynamoDB keeps it: `±coefficient · 10^exponent`.
///
/// Always normalised: the coefficient does not end in zero and has at most 38 digits; zero has no sign and no
/// exponent. So equality of the fields is equality of the numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Number {
    negative: bool,
    coefficient: u128,
    exponent: i16,
}

const OVERFLOW: &str =
    "Number overflow. Attempting to store a number with magnitude larger than supported range";
const UNDERFLOW: &str =
    "Number underflow. Attempting to store a number with magnitude smaller than supported range";
const PRECISION: &str = "Attempting to store more than 38 significant digits in a Number";

impl Number {
    /// Zero.
    pub const ZERO: Self = Self { negative: false, coefficient: 0, exponent: 0 };

    /// Whether this is below zero.
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// Whether this is zero.
    pub fn is_zero(&self) -> bool {
        self.coefficient == 0
    }

    /// The sum. DynamoDB does not round: a sum that needs more than 38 digits is refused, with the words for an
    /// overflow (observed: 1E50 + 1).
    pub fn plus(self, other: Self) -> Result<Self, Error> {
        if self.is_zero() {
            return Ok(other);
        }
        if other.is_zero() {
            return Ok(self);
        }
        let (high, low) = if self.exponent >= other.exponent { (self, other) } else { (other, self) };
        let shift = u32::try_from(high.exponent - low.exponent).expect("high has the larger exponent");
        // Where the scaled coefficient leaves u128, the result keeps 39 or more digits, the last of them not zero.
        let scaled = 10u128
            .checked_pow(shift)
            .and_then(|power| high.coefficient.checked_mul(power))
            .ok_or_else(|| Error::validation(OVERFLOW))?;
        let (negative, coefficient) = if high.negative == low.negative {
            let sum = scaled.checked_add(low.coefficient).ok_or_else(|| Error::validation(OVERFLOW))?;
            (high.negative, sum)
        } else if scaled >= low.coefficient {
            (high.negative, scaled - low.coefficient)
        } else {
            (low.negative, low.coefficient - scaled)
        };
        let sum = Self::normalised(negative, coefficient, i64::from(low.exponent));
        sum.map_err(|error| match error {
            Error::Validation(text) if text == PRECISION => Error::validation(OVERFLOW),
            other => other,
        })
    }

    /// The difference, with the rules of [`Number::plus`].
    pub fn minus(self, other: Self) -> Result<Self, Error> {
        self.plus(other.negated())
    }

    /// The number with the other sign.
    #[must_use]
    pub fn negated(self) -> Self {
        Self { negative: !self.negative && !self.is_zero(), ..self }
    }

    /// The value, if it is whole and fits.
    pub fn to_i64(self) -> Option<i64> {
        let power = 10i128.checked_pow(u32::try_from(self.exponent).ok()?)?;
        let magnitude = i128::try_from(self.coefficient).ok()?.checked_mul(power)?;
        i64::try_from(if self.negative { -magnitude } else { magnitude }).ok()
    }

    /// What DynamoDB counts for this number, found by measuring items at the 400 KB limit: one byte, one for each
    /// two digits before the point and one for each two after it, and one for a minus.
    pub fn size(&self) -> usize {
        if self.is_zero() {
            return 1;
        }
        let digits = i64::from(digits(self.coefficient));
        let fraction = (-i64::from(self.exponent)).clamp(0, digits);
        let whole = digits - fraction;
        let pairs = |count: i64| usize::try_from(count.max(0)).unwrap_or(0).div_ceil(2);
        1 + pairs(whole) + pairs(fraction) + usize::from(self.negative)
    }

    /// Sign, coefficient and exponent, for the stored form.
    pub(crate) fn parts(&self) -> (bool, u128, i16) {
        (self.negative, self.coefficient, self.exponent)
    }

    /// The number of these parts, which may come from anywhere.
    pub(crate) fn normalised(negative: bool, coefficient: u128, exponent: i64) -> Result<Self, Error> {
        if coefficient == 0 {
            return Ok(Self::ZERO);
        }
        let (mut coefficient, mut exponent) = (coefficient, exponent);
        while coefficient % 10 == 0 {
            coefficient /= 10;
            exponent += 1;
        }
        let digits = digits(coefficient);
        let top = exponent + i64::from(digits) - 1;
        if top > NUMBER_EXPONENT_MAX {
            return Err(Error::validation(OVERFLOW));
        }
        if top < NUMBER_EXPONENT_MIN {
            return Err(Error::validation(UNDERFLOW));
        }
        if digits > NUMBER_DIGITS_MAX {
            return Err(Error::validation(PRECISION));
        }
        let exponent = i16::try_from(exponent).expect("the range of exponents is checked above");
        Ok(Self { negative, coefficient, exponent })
    }

    /// The power of ten of the first digit, and the digits as a whole number of 38 digits.
    pub(crate) fn scientific(&self) -> (i64, u128) {
        let digits = digits(self.coefficient);
        let top = i64::from(self.exponent) + i64::from(digits) - 1;
        (top, self.coefficient * 10u128.pow(NUMBER_DIGITS_MAX - digits))
    }
}

/// How many digits a coefficient has; zero has one.
fn digits(coefficient: u128) -> u32 {
    coefficient.checked_ilog10().map_or(1, |log| log + 1)
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |number: &Self| match (number.is_zero(), number.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let magnitude = || self.scientific().cmp(&other.scientific());
        match sign(self).cmp(&sign(other)) {
            Ordering::Equal if self.is_zero() => Ordering::Equal,
            Ordering::Equal if self.negative => magnitude().reverse(),
            Ordering::Equal => magnitude(),
            unequal => unequal,
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::normalised(value < 0, u128::from(value.unsigned_abs()), 0)
            .expect("an i64 has at most 19 digits")
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Plain notation without an exponent, as DynamoDB answers.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negative {
            f.write_str("-")?;
        }
        let digits = self.coefficient.to_string();
        let exponent = i64::from(self.exponent);
        let Ok(places) = usize::try_from(-exponent) else {
            f.write_str(&digits)?;
            return (0..exponent).try_for_each(|_| f.write_str("0"));
        };
        if places == 0 {
            return f.write_str(&digits);
        }
        match digits.len().checked_sub(places) {
            Some(whole) if whole > 0 => write!(f, "{}.{}", &digits[..whole], &digits[whole..]),
            _ => write!(f, "0.{digits:0>places$}"),
        }
    }
}

/// The words for a text that is no number; DynamoDB repeats the text unless it is empty.
fn not_a_number(text: &str) -> Error {
    let words = "The parameter cannot be converted to a numeric value";
    match text {
        "" => Error::validation(words),
        _ => Error::validation(format!("{words}: {text}")),
    }
}

impl FromStr for Number {
    type Err = Error;

    /// Digits with an optional sign, point and exponent. Time is proportional to the length of the text.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (negative, unsigned) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
            Some(at) => (&unsigned[..at], exponent(&unsigned[at + 1..]).ok_or_else(|| not_a_number(text))?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
            return Err(not_a_number(text));
        }
        assemble(negative, whole, fraction, exponent)
    }
}

/// Reads an exponent; one that is beyond all measure is held at a bound far outside of the range.
fn exponent(text: &str) -> Option<i64> {
    const FAR: i64 = 1 << 40;
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value = digits.bytes().fold(0i64, |value, digit| (value * 10 + i64::from(digit - b'0')).min(FAR));
    Some(sign * value)
}

/// The number of the digits before and after the point, shifted by the exponent.
fn assemble(negative: bool, whole: &str, fraction: &str, exponent: i64) -> Result<Number, Error> {
    let places = i64::try_from(fraction.len()).expect("a text is shorter than 2^63");
    let count = whole.len() + fraction.len();
    let digit = |at: usize| {
        if at < whole.len() { whole.as_bytes()[at] } else { fraction.as_bytes()[at - whole.len()] }
    };
    let Some(first) = (0..count).find(|at| digit(*at) != b'0') else {
        return Ok(Number::ZERO);
    };
    let last = (first..count).rfind(|at| digit(*at) != b'0').expect("the first digit that is not zero");
    let span = |from: usize, to: usize| i64::try_from(to - from).expect("a text is shorter than 2^63");
    let exponent = exponent - places + span(last, count - 1);
    let top = exponent + span(first, last);
    if top > NUMBER_EXPONENT_MAX {
        return Err(Error::validation(OVERFLOW));
    }
    if top < NUMBER_EXPONENT_MIN {
        return Err(Error::validation(UNDERFLOW));
    }
    if last - first + 1 > NUMBER_DIGITS_MAX as usize {
        return Err(Error::validation(PRECISION));
    }
    let coefficient = (first..=last).fold(0u128, |value, at| value * 10 + u128::from(digit(at) - b'0'));
    Number::normalised(negative, coefficient, exponent)
}

#[cfg(test)]
pub(crate) mod tests;
