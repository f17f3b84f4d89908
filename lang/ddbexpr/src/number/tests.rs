use proptest::prelude::*;

use super::*;

/// Any number, with many of equal and of neighbouring magnitude.
pub(crate) fn any() -> impl Strategy<Value = Number> {
    let coefficient = prop_oneof![0u128..1000, 0..10u128.pow(38), Just(10u128.pow(38) - 1)];
    (proptest::bool::ANY, coefficient, prop_oneof![-3i64..3, -130i64..88])
        .prop_filter_map("out of range", |(negative, coefficient, exponent)| {
            Number::normalised(negative, coefficient, exponent).ok()
        })
}

fn parse(text: &str) -> Result<String, String> {
    text.parse::<Number>().map(|number| number.to_string()).map_err(|error| error.to_string())
}

fn good(text: &str) -> Number {
    text.parse().unwrap()
}

/// DynamoDB's answers for stored numbers, from `nubo-db/dynamodb-conformance` and `scylladb/scylladb`
/// (test/alternator/test_number.py), which were both run against it.
#[test]
fn numbers_are_normalised() {
    let cases = [
        ("3", "3"),
        ("-7.1234", "-7.1234"),
        ("-17e5", "-1700000"),
        ("+3", "3"),
        (".123", "0.123"),
        ("0001.23", "1.23"),
        ("1e+5", "100000"),
        ("0e1000", "0"),
        ("0e99999999999999999999", "0"),
        ("-0", "0"),
        ("1.0", "1"),
        ("3.1400", "3.14"),
        ("1.5E2", "150"),
        ("1.", "1"),
        ("1e-5", "0.00001"),
        ("123456e-3", "123.456"),
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
    ];
    for (text, expected) in cases {
        assert_eq!(parse(text).as_deref(), Ok(expected), "{text}");
    }
    assert_eq!(parse("9.9999999999999999999999999999999999999E+125").unwrap().len(), 126);
    assert_eq!(parse("1e-130").unwrap(), format!("0.{}1", "0".repeat(129)));
}

/// The words are those of dynalite's tests (test/putItem.js), which were run against DynamoDB.
#[test]
fn what_is_no_number_is_refused_in_dynamodbs_words() {
    assert_eq!(parse("").unwrap_err(), "The parameter cannot be converted to a numeric value");
    for text in [
        "b",
        "NaN",
        "Infinity",
        "-Infinity",
        " 1",
        "1 ",
        "1e",
        "e1",
        ".",
        "-",
        "1e+",
        "--1",
        "1_0",
        "0x1",
        "1.2.3",
        "١",
    ] {
        let expected = format!("The parameter cannot be converted to a numeric value: {text}");
        assert_eq!(parse(text).unwrap_err(), expected);
    }
    for text in ["1e126", "-1e126", "11e125", "1e99999999999999999999", &format!("1{}", "0".repeat(126))] {
        assert_eq!(parse(text).unwrap_err(), OVERFLOW, "{text}");
    }
    for text in ["1e-131", "-1e-131", "0.9e-130", "1e-99999999999999999999"] {
        assert_eq!(parse(text).unwrap_err(), UNDERFLOW, "{text}");
    }
    for text in ["123456789012345678901234567890123456789", "-1.23456789012345678901234567890123456789"] {
        assert_eq!(parse(text).unwrap_err(), PRECISION, "{text}");
    }
}

#[test]
fn sums_are_exact_or_refused() {
    let sum = |left: &str, right: &str| {
        good(left).plus(good(right)).map(|n| n.to_string()).map_err(|e| e.to_string())
    };
    assert_eq!(sum("1", "10000000000000000000000").unwrap(), "10000000000000000000001");
    assert_eq!(sum("0.1", "0.2").unwrap(), "0.3");
    assert_eq!(sum("5", "-5").unwrap(), "0");
    assert_eq!(sum("1e38", "-1").unwrap(), "9".repeat(38));
    assert_eq!(sum("0", "-7").unwrap(), "-7");
    assert_eq!(sum("9e37", "1e37").unwrap(), format!("1{}", "0".repeat(38)));
    // test_update_expression_plus_overflow and …_imprecise of the Alternator tests above.
    for (left, right) in
        [("9e125", "9e125"), ("1e50", "1"), ("1e50", "-1"), ("1e125", "1e-130"), ("1e38", "1")]
    {
        assert_eq!(sum(left, right).unwrap_err(), OVERFLOW, "{left} + {right}");
    }
    assert_eq!(sum("1.1e-130", "-1e-130").unwrap_err(), UNDERFLOW);
}

#[test]
fn whole_numbers_convert() {
    assert_eq!(good("-9223372036854775808").to_i64(), Some(i64::MIN));
    assert_eq!(good("9223372036854775808").to_i64(), None);
    assert_eq!(good("1.5").to_i64(), None);
    assert_eq!(good("1e3").to_i64(), Some(1000));
    assert_eq!(good("1e125").to_i64(), None);
    assert_eq!(Number::from(i64::MIN).to_string(), "-9223372036854775808");
}

proptest! {
    #[test]
    fn text_round_trips(number in any()) {
        prop_assert_eq!(number.to_string().parse::<Number>(), Ok(number));
    }

    #[test]
    fn any_text_is_answered(text in ".{0,40}") {
        let _ = text.parse::<Number>();
    }

    #[test]
    fn sums_agree_with_whole_numbers(left in -1_000_000_000_000i64..1_000_000_000_000, right in -1_000_000_000_000i64..1_000_000_000_000) {
        prop_assert_eq!(Number::from(left).plus(Number::from(right)), Ok(Number::from(left + right)));
        prop_assert_eq!(Number::from(left).minus(Number::from(right)), Ok(Number::from(left - right)));
        prop_assert_eq!(Number::from(left).cmp(&Number::from(right)), left.cmp(&right));
    }

    #[test]
    fn a_sum_taken_back_gives_the_number(left in any(), right in any()) {
        if let Ok(sum) = left.plus(right) {
            prop_assert_eq!(sum.minus(right), Ok(left));
            prop_assert_eq!(right.plus(left), Ok(sum));
        }
    }

    #[test]
    fn the_order_is_the_sign_of_the_difference(left in any(), right in any()) {
        if let Ok(difference) = left.minus(right) {
            prop_assert_eq!(left.cmp(&right), difference.cmp(&Number::ZERO));
        }
    }
}
