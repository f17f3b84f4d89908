//! A structure with members of every kind, for the tests of notations.

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::prelude::*;
use shape::{Shape, Timestamp};

#[derive(Debug, Clone, PartialEq, Shape)]
pub(crate) enum Value {
    S(String),
    N(f64),
    L(Vec<Value>),
}

#[derive(Debug, Clone, PartialEq, Shape)]
pub(crate) enum Mode {
    Fast,
    #[shape(name = "pass-through")]
    PassThrough,
}

#[derive(Debug, Clone, Default, PartialEq, Shape)]
pub(crate) struct Sample {
    pub(crate) text: Option<String>,
    pub(crate) number: Option<i32>,
    pub(crate) long: Option<i64>,
    pub(crate) float: Option<f32>,
    pub(crate) double: Option<f64>,
    pub(crate) flag: Option<bool>,
    pub(crate) blob: Option<Bytes>,
    pub(crate) at: Option<Timestamp>,
    #[shape(format = "iso8601")]
    pub(crate) iso: Option<Timestamp>,
    pub(crate) list: Option<Vec<String>>,
    pub(crate) sparse: Option<Vec<Option<i32>>>,
    pub(crate) map: Option<BTreeMap<String, i64>>,
    pub(crate) value: Option<Value>,
    pub(crate) mode: Option<Mode>,
    pub(crate) nested: Option<Box<Sample>>,
    pub(crate) document: Option<serde_json::Value>,
    #[shape(name = "MD5OfBody")]
    pub(crate) md5: Option<String>,
}

/// Any sample without a document, which CBOR does not have.
pub(crate) fn samples() -> impl Strategy<Value = Sample> {
    let scalars = (
        any::<Option<String>>(),
        any::<Option<i32>>(),
        any::<Option<i64>>(),
        any::<Option<f32>>(),
        any::<Option<f64>>(),
        any::<Option<bool>>(),
        any::<Option<Vec<u8>>>(),
        // Years from 6 to 9892.
        proptest::option::of(-62_000_000_000_000i64..250_000_000_000_000),
    );
    let rest = (
        any::<Option<Vec<String>>>(),
        any::<Option<Vec<Option<i32>>>>(),
        any::<Option<BTreeMap<String, i64>>>(),
        proptest::option::of(any::<String>().prop_map(|text| Value::L(vec![Value::S(text), Value::N(0.5)]))),
        proptest::option::of(prop_oneof![Just(Mode::Fast), Just(Mode::PassThrough)]),
        any::<Option<String>>(),
    );
    (scalars, rest).prop_map(|((text, number, long, float, double, flag, blob, at), rest)| {
        let (list, sparse, map, value, mode, md5) = rest;
        Sample {
            text,
            number,
            long,
            float: float.filter(|f| !f.is_nan()),
            double: double.filter(|d| !d.is_nan()),
            flag,
            blob: blob.map(Into::into),
            at: at.map(Timestamp::from_millis),
            iso: at.map(Timestamp::from_millis),
            list,
            sparse,
            map,
            value,
            mode,
            nested: Some(Box::default()),
            document: None,
            md5,
        }
    })
}
