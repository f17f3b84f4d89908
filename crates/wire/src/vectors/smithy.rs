//! The malformed requests of Smithy's restJson1 protocol tests (Apache-2.0): each must be refused.
//!
//! The cases stand in Smithy's own notation, which is read here as far as they use it; the inputs are few and plain,
//! so they are declared as types.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Request;
use serde_json::{Map, Value};
use shape::{Malformed, Schema, Shape, Timestamp};

use crate::table::{Http, OperationRoute, Protocol, ServiceRoutes};
use crate::{Body, Router};

macro_rules! everywhere {
    ($name:ident, $kind:ty, $body:ident, $path:ident, $query:ident = $query_name:literal, $header:ident = $header_name:literal) => {
        #[derive(Shape)]
        #[shape(rename_all = "camelCase")]
        struct $name {
            $body: Option<$kind>,
            #[shape(label)]
            $path: Option<$kind>,
            #[shape(querystring = $query_name)]
            $query: Option<$kind>,
            #[shape(header = $header_name)]
            $header: Option<$kind>,
        }
    };
}

everywhere!(
    Booleans,
    bool,
    boolean_in_body,
    boolean_in_path,
    boolean_in_query = "booleanInQuery",
    boolean_in_header = "booleanInHeader"
);
everywhere!(
    Integers,
    i32,
    integer_in_body,
    integer_in_path,
    integer_in_query = "integerInQuery",
    integer_in_header = "integerInHeader"
);
everywhere!(
    Longs,
    i64,
    long_in_body,
    long_in_path,
    long_in_query = "longInQuery",
    long_in_header = "longInHeader"
);
everywhere!(
    Floats,
    f32,
    float_in_body,
    float_in_path,
    float_in_query = "floatInQuery",
    float_in_header = "floatInHeader"
);
everywhere!(
    Doubles,
    f64,
    double_in_body,
    double_in_path,
    double_in_query = "doubleInQuery",
    double_in_header = "doubleInHeader"
);

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
enum SimpleUnion {
    Int(i32),
    #[shape(name = "string")]
    Text(String),
}

macro_rules! single {
    ($name:ident, $member:ident: $kind:ty $(, $($attribute:tt)+)?) => {
        #[derive(Shape)]
        #[shape(rename_all = "camelCase")]
        struct $name {
            $(#[shape($($attribute)+)])?
            $member: Option<$kind>,
        }
    };
}

single!(Blob, blob: Bytes);
single!(List, body_list: Vec<String>);
single!(Texts, body_map: BTreeMap<String, String>);
single!(Union, union: SimpleUnion);
single!(BodyDefault, timestamp: Timestamp);
single!(BodyDateTime, timestamp: Timestamp, format = "iso8601");
single!(BodyHttpDate, timestamp: Timestamp, format = "http-date");
single!(HeaderDefault, timestamp: Timestamp, header = "timestamp");
single!(HeaderDateTime, timestamp: Timestamp, header = "timestamp", format = "iso8601");
single!(HeaderEpoch, timestamp: Timestamp, header = "timestamp", format = "epoch");
single!(PathDefault, timestamp: Timestamp, label);
single!(PathHttpDate, timestamp: Timestamp, label, format = "http-date");
single!(PathEpoch, timestamp: Timestamp, label, format = "epoch");
single!(QueryDefault, timestamp: Timestamp, querystring = "timestamp");
single!(QueryHttpDate, timestamp: Timestamp, querystring = "timestamp", format = "http-date");
single!(QueryEpoch, timestamp: Timestamp, querystring = "timestamp", format = "epoch");

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct RequestBody {
    int: Option<i32>,
    float: Option<f32>,
}

type Check = fn(shape::Doc) -> Result<(), Malformed>;

/// Operation, path template, schema, and the step from document to type, which refuses what is left.
type Input = (&'static str, &'static str, fn() -> Schema, Check);

const fn input<T: Shape>(operation: &'static str, uri: &'static str) -> Input {
    (operation, uri, T::schema, |doc| T::from_doc(doc).map(drop))
}

const INPUTS: [Input; 22] = [
    input::<Booleans>("MalformedBoolean", "/MalformedBoolean/{booleanInPath}"),
    input::<Integers>("MalformedInteger", "/MalformedInteger/{integerInPath}"),
    input::<Longs>("MalformedLong", "/MalformedLong/{longInPath}"),
    input::<Floats>("MalformedFloat", "/MalformedFloat/{floatInPath}"),
    input::<Doubles>("MalformedDouble", "/MalformedDouble/{doubleInPath}"),
    input::<Blob>("MalformedBlob", "/MalformedBlob"),
    input::<List>("MalformedList", "/MalformedList"),
    input::<Texts>("MalformedMap", "/MalformedMap"),
    input::<Union>("MalformedUnion", "/MalformedUnion"),
    input::<RequestBody>("MalformedRequestBody", "/MalformedRequestBody"),
    input::<BodyDefault>("MalformedTimestampBodyDefault", "/MalformedTimestampBodyDefault"),
    input::<BodyDateTime>("MalformedTimestampBodyDateTime", "/MalformedTimestampBodyDateTime"),
    input::<BodyHttpDate>("MalformedTimestampBodyHttpDate", "/MalformedTimestampBodyHttpDate"),
    input::<HeaderDefault>("MalformedTimestampHeaderDefault", "/MalformedTimestampHeaderDefault"),
    input::<HeaderDateTime>("MalformedTimestampHeaderDateTime", "/MalformedTimestampHeaderDateTime"),
    input::<HeaderEpoch>("MalformedTimestampHeaderEpoch", "/MalformedTimestampHeaderEpoch"),
    input::<PathDefault>("MalformedTimestampPathDefault", "/MalformedTimestampPathDefault/{timestamp}"),
    input::<PathHttpDate>("MalformedTimestampPathHttpDate", "/MalformedTimestampPathHttpDate/{timestamp}"),
    input::<PathEpoch>("MalformedTimestampPathEpoch", "/MalformedTimestampPathEpoch/{timestamp}"),
    input::<QueryDefault>("MalformedTimestampQueryDefault", "/MalformedTimestampQueryDefault"),
    input::<QueryHttpDate>("MalformedTimestampQueryHttpDate", "/MalformedTimestampQueryHttpDate"),
    input::<QueryEpoch>("MalformedTimestampQueryEpoch", "/MalformedTimestampQueryEpoch"),
];

/// Operations that are not run, with the reason.
const LEFT_OUT: [(&str, &str); 5] = [
    ("MalformedByte", "AWS's models have integers of 32 and 64 bits only"),
    ("MalformedShort", "AWS's models have integers of 32 and 64 bits only"),
    ("MalformedAccept", "AWS answers whatever `Accept` says"),
    ("MalformedContentType", "AWS's restJson services read a body whatever its type"),
    ("MalformedString", "JSON in a header: no service of ours has it"),
];

/// Reads the notation of the cases.
struct Reader<'a>(&'a str);

impl Reader<'_> {
    fn skip(&mut self) {
        loop {
            self.0 = self.0.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
            if !self.0.starts_with("//") {
                return;
            }
            self.0 = self.0.split_once('\n').map_or("", |(_, rest)| rest);
        }
    }

    fn take(&mut self, sign: char) -> bool {
        self.skip();
        match self.0.strip_prefix(sign) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self) -> Value {
        self.skip();
        if self.take('{') {
            let mut members = Map::new();
            while !self.take('}') {
                let Value::String(key) = self.value() else { panic!("no key before {:.40}", self.0) };
                assert!(self.take(':'));
                members.insert(key, self.value());
            }
            return Value::Object(members);
        }
        if self.take('[') {
            let mut elements = Vec::new();
            while !self.take(']') {
                elements.push(self.value());
            }
            return Value::Array(elements);
        }
        if let Some(rest) = self.0.strip_prefix("\"\"\"") {
            let end = rest.find("\"\"\"").unwrap();
            let text =
                rest[..end].trim_start_matches('\n').lines().map(str::trim).collect::<Vec<_>>().join("\n");
            self.0 = &rest[end + 3..];
            return Value::String(text.replace("\\\"", "\""));
        }
        if self.0.starts_with('"') {
            let mut values = serde_json::Deserializer::from_str(self.0).into_iter::<Value>();
            let value = values.next().unwrap().unwrap();
            let end = values.byte_offset();
            self.0 = &self.0[end..];
            return value;
        }
        let end = self.0.find(|c: char| !c.is_ascii_alphanumeric() && !"._-#$".contains(c)).unwrap();
        let word = &self.0[..end];
        self.0 = &self.0[end..];
        word.parse::<i64>().map_or_else(|_| Value::String(word.to_owned()), Value::from)
    }
}

/// `text` with the parameters of the `at`-th run in it.
fn fill(value: &Value, parameters: &Map<String, Value>, at: usize) -> Value {
    match value {
        Value::String(text) => {
            let mut text = text.clone();
            for (name, values) in parameters {
                let parameter = values[at].as_str().unwrap();
                text = text.replace(&format!("${name}:L"), parameter);
                text = text.replace(&format!("${name}:S"), &format!("{parameter:?}"));
            }
            Value::String(text)
        }
        Value::Array(all) => all.iter().map(|v| fill(v, parameters, at)).collect(),
        Value::Object(all) => all.iter().map(|(k, v)| (k.clone(), fill(v, parameters, at))).collect(),
        other => other.clone(),
    }
}

fn is_refused(request: &Value, input: &Input) -> Result<(), String> {
    static PROTOCOLS: [Protocol; 1] = [Protocol::RestJson];
    let (name, uri, schema, check) = *input;
    let path = request["uri"].as_str().unwrap();
    let query: Vec<&str> =
        request["queryParams"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut builder = Request::builder().method("POST").header("host", "service.localhost");
    let encoded: String = query.join("&").replace(' ', "%20").replace('+', "%2B");
    let target = if encoded.is_empty() { path.to_owned() } else { format!("{path}?{encoded}") };
    builder = builder.uri(target.replace(' ', "%20"));
    for (header, value) in request["headers"].as_object().into_iter().flatten() {
        builder = builder.header(header, value.as_str().unwrap());
    }
    let Ok(request_of_case) = builder.body(()) else { return Ok(()) };
    let (parts, ()) = request_of_case.into_parts();
    let operation = OperationRoute { name, http: Some(Http::new("POST", uri, 200)), input: schema };
    let routes = ServiceRoutes {
        name: "service",
        signing_name: "service",
        protocols: &PROTOCOLS,
        operations: vec![operation],
    };
    let Ok(found) = Router::new(vec![routes]).find(&parts, None) else { return Ok(()) };
    let body = Bytes::from(request["body"].as_str().unwrap_or("").to_owned());
    match crate::decode(&PROTOCOLS[0], &operation, &found.labels, &parts, Body::Whole(body)) {
        Err(error) if error.code == "SerializationException" && error.status == 400 => Ok(()),
        Err(error) => Err(format!("refused as {}", error.code)),
        Ok(doc) => match check(doc.clone()) {
            Err(_) => Ok(()),
            Ok(()) => Err(format!("accepted as {doc:?}")),
        },
    }
}

#[test]
fn malformed_requests_are_refused() {
    let Some(folder) = super::folder() else { return };
    let folder = folder
        .join("../../../../smithy-aws-protocol/smithy-aws-protocol-tests/model/restJson1/malformedRequests");
    let (mut passed, mut left_out, mut failed) = (0, BTreeMap::new(), Vec::new());
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        for apply in text.split("\napply ").skip(1) {
            let (operation, rest) = apply.split_once(' ').unwrap();
            let Value::Array(cases) = Reader(rest.split_once('(').unwrap().1).value() else {
                panic!("{operation}")
            };
            if let Some((_, reason)) = LEFT_OUT.iter().find(|(start, _)| operation.starts_with(start)) {
                *left_out.entry(*reason).or_insert(0) += cases.len();
                continue;
            }
            let input =
                INPUTS.iter().find(|(name, ..)| *name == operation).unwrap_or_else(|| panic!("{operation}"));
            for case in cases {
                let nothing = Map::new();
                let parameters = case["testParameters"].as_object().unwrap_or(&nothing);
                let runs = parameters.values().next().map_or(1, |values| values.as_array().unwrap().len());
                for at in 0..runs {
                    if case["id"].as_str().is_some_and(|id| id.ends_with("RejectsUTCOffsets")) {
                        *left_out.entry("AWS's services take offsets from UTC").or_insert(0) += 1;
                        continue;
                    }
                    let request = fill(&case["request"], parameters, at);
                    match is_refused(&request, input) {
                        Ok(()) => passed += 1,
                        Err(why) => failed.push(format!("{} {request}: {why}", case["id"])),
                    }
                }
            }
        }
    }
    eprintln!("malformed requests: {passed} refused, left out: {left_out:#?}, failed: {failed:#?}");
    eprintln!("left out: validation texts (Smithy's own framework has another form than AWS's services)");
    assert!(failed.is_empty());
    assert_eq!(passed, 407);
}
