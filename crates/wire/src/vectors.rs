//! The protocol cases of botocore (Apache-2.0), run as data: the schema is built from each case.
//!
//! They are written for clients, so an input case says: our reading of the serialized request gives its parameters
//! back; an output case: what we write for its result has the same tree as its response, or at least reads back as the
//! same result. The folder is found by `CLOUDLET_VECTORS`; a run says plainly when it is not there.

mod schema;
mod smithy;

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::FutureExt as _;
use http::Request;
use serde_json::Value;
use shape::{Binding, Doc, Schema, Shape, Timestamp};

use crate::table::{Http, OperationRoute, Protocol, ServiceRoutes};
use crate::{Body, ErrorBody, Notation, Router, json, xml};
use schema::Shapes;

fn folder() -> Option<PathBuf> {
    let root = std::env::var_os("CLOUDLET_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    let folder = root.join("botocore-protocols/tests/unit/protocols");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("vectors absent: no folder {}; set CLOUDLET_VECTORS", folder.display());
    None
}

fn suites(folder: &std::path::Path, file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    serde_json::from_str::<Value>(&text).unwrap().as_array().unwrap().clone()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or("")
}

fn leak(text: &str) -> &'static str {
    text.to_owned().leak()
}

/// The namespace of the query answers in the cases.
const QUERY_NAMESPACE: &str = "https://example.com/";

fn protocol(suite: &Value) -> &'static Protocol {
    let metadata = &suite["metadata"];
    let version = leak(metadata["jsonVersion"].as_str().unwrap_or("1.0"));
    let protocol = match text(metadata, "protocol") {
        "json" => Protocol::Json { version, target: leak(text(metadata, "targetPrefix")) },
        "query" => {
            Protocol::Query { version: leak(text(metadata, "apiVersion")), namespace: QUERY_NAMESPACE }
        }
        "smithy-rpc-v2-cbor" => Protocol::RpcCbor { service: leak(text(metadata, "targetPrefix")) },
        "rest-json" => Protocol::RestJson,
        "rest-xml" => Protocol::RestXml { namespace: None, wrapped_errors: true },
        other => panic!("{other}"),
    };
    Box::leak(Box::new(protocol))
}

thread_local! {
    /// `OperationRoute` asks for a function: the schema of the case at hand stands here.
    static INPUT: std::cell::Cell<Schema> = const { std::cell::Cell::new(Schema::Bool) };
}

/// Cases that say nothing about a server, with the reason.
const LEFT_OUT: [(&str, &str); 19] = [
    ("QueryPrecedence", "which of two members a client writes"),
    ("MediaTypeHeaderOutputBase64", "botocore's own jsonvalue headers: no service of ours has one"),
    ("DenseSetMapAndSkipsNull", "a client's tolerance: a server writes no null into a dense map"),
    ("QueryIdempotencyTokenAutoFill", "the client makes the token up"),
    ("RestJsonQueryIdempotencyTokenAutoFill", "the client makes the token up"),
    ("QueryProtocolIdempotencyTokenAutoFill", "the client makes the token up"),
    ("SDKAppliedContentEncoding_", "compressed bodies are not in the case"),
    ("SDKAppend", "compressed bodies are not in the case"),
    ("HostWithPath", "the client puts a path prefix of its endpoint before the template"),
    (
        "FooErrorUsingCode",
        "a client's tolerance: the code stands in another place than AWS's protocols give it",
    ),
    ("FooErrorUsingXAmznErrorTypeWithUri", "a client's tolerance: the type with a URI behind it"),
    ("FooErrorWithDunderTypeUriAndNamespace", "a client's tolerance: the type with a URI behind it"),
    ("FooErrorUsingXAmznErrorType", "restJson's place for the code, in an awsJson answer too: tolerance"),
    ("FooErrorWithDunderType", "awsJson's place for the code, in a restJson answer too: tolerance"),
    ("MediaTypeHeaderInputBase64", "botocore's own jsonvalue headers: no service of ours has one"),
    ("QueryFlattenedListArgWithXmlName", "botocore itself leaves it out: two rules for the name contradict"),
    ("serializes_string_shapes_with_jsonvalue_trait", "botocore's own jsonvalue"),
    ("UnsetUnion", "a union without member: a client may send nothing for it"),
    ("EndpointTraitWithHostLabel", "the parameter stands in the host name only"),
];

fn left_out(id: &str) -> Option<&'static str> {
    LEFT_OUT.iter().find(|(part, _)| id.contains(part)).map(|(_, reason)| *reason)
}

#[derive(Default)]
struct Tally {
    passed: usize,
    by_meaning: Vec<String>,
    left_out: Vec<String>,
    failed: Vec<String>,
}

impl Tally {
    fn report(&self, file: &str) {
        eprintln!(
            "{file}: {} passed ({} of them by meaning), {} left out, {} failed",
            self.passed,
            self.by_meaning.len(),
            self.left_out.len(),
            self.failed.len()
        );
        for line in &self.left_out {
            eprintln!("    left out: {line}");
        }
        for line in
            self.by_meaning.iter().map(|l| format!("by meaning: {l}")).chain(self.failed.iter().cloned())
        {
            eprintln!("    {line}");
        }
    }
}

fn run_file(file: &str, case: impl Fn(&Value, &Value, &mut Tally) -> Result<(), String>) -> Option<Tally> {
    let folder = folder()?;
    let mut tally = Tally::default();
    for suite in suites(&folder, file) {
        for one in suite["cases"].as_array().unwrap() {
            let id = text(one, "id");
            if let Some(reason) = left_out(id) {
                tally.left_out.push(format!("{id}: {reason}"));
                continue;
            }
            match case(&suite, one, &mut tally) {
                Ok(()) => tally.passed += 1,
                Err(problem) => tally.failed.push(format!("{id}: {problem}")),
            }
        }
    }
    tally.report(file);
    assert!(tally.failed.is_empty(), "{file}: {:#?}", tally.failed);
    Some(tally)
}

/// Some cases only show what is particular to them.
fn has_target(serialized: &Value) -> bool {
    serialized["headers"]
        .as_object()
        .is_some_and(|h| h.keys().any(|k| k.eq_ignore_ascii_case("x-amz-target")))
}

fn input_case(suite: &Value, case: &Value) -> Result<(), String> {
    let shapes = Shapes::new(&suite["shapes"]);
    let schema = shapes.of_reference(&case["given"]["input"]);
    INPUT.set(schema);
    let serialized = &case["serialized"];
    let given = &case["given"]["http"];
    let http = Http::new(leak(text(given, "method")), leak(text(given, "requestUri")), 200);
    let name = leak(text(&case["given"], "name"));
    let protocol = protocol(suite);
    let operation = OperationRoute { name, http: Some(http), input: || INPUT.get() };
    let mut request = Request::builder().method(text(serialized, "method")).uri(text(serialized, "uri"));
    for (header, value) in serialized["headers"].as_object().into_iter().flatten() {
        request = request.header(header, value.as_str().unwrap());
    }
    if let (Protocol::Json { target, .. }, false) = (protocol, has_target(serialized)) {
        request = request.header("x-amz-target", format!("{target}.{name}"));
    }
    let (parts, ()) = request.body(()).map_err(|e| e.to_string())?.into_parts();
    let body = Bytes::from(body_of(protocol, serialized));

    let protocols = std::slice::from_ref(protocol);
    let routes =
        ServiceRoutes { name: "service", signing_name: "service", protocols, operations: vec![operation] };
    let mut parts_of_service = parts.clone();
    parts_of_service.headers.insert("host", "service.localhost".parse().unwrap());
    let found =
        Router::new(vec![routes]).find(&parts_of_service, Some(&body)).map_err(|e| format!("{e:?}"))?;
    let doc = crate::decode(protocol, &operation, &found.labels, &parts, Body::Whole(body))
        .map_err(|e| format!("{e:?}"))?;
    same(schema, &doc, &case["params"]).map_err(|path| format!("{path}: {doc:?} is not {}", case["params"]))
}

/// The body of a message; that of rpc-v2-cbor stands in base64.
fn body_of(protocol: &Protocol, message: &Value) -> Vec<u8> {
    let body = text(message, "body");
    match protocol {
        Protocol::RpcCbor { .. } => STANDARD.decode(body).unwrap(),
        _ => body.as_bytes().to_vec(),
    }
}

/// Whether `doc` is what `expected` says, in botocore's notation.
fn same(schema: Schema, doc: &Doc, expected: &Value) -> Result<(), String> {
    let no = |what: &str| Err(what.to_owned());
    match (schema, doc) {
        (_, Doc::Null) if expected.is_null() => Ok(()),
        (Schema::Structure(structure), Doc::Structure(values)) => {
            let known: Vec<&str> = structure.fields.iter().map(|f| f.name).collect();
            if let Some(unknown) =
                expected.as_object().into_iter().flatten().find(|(k, _)| !known.contains(&k.as_str()))
            {
                return Err(format!("no member {}", unknown.0));
            }
            for (field, value) in structure.fields.iter().zip(values) {
                let expected = &expected[field.name];
                // An empty list or map in a query string or header is no text at all.
                let nothing =
                    field.binding != Binding::Body && expected.as_array().is_some_and(Vec::is_empty);
                let nothing =
                    nothing || expected.as_object().is_some_and(serde_json::Map::is_empty) && value.is_null();
                if field.binding == Binding::Querystrings {
                    // A server's map has the whole query string, a client's only what goes there.
                    let Doc::Map(entries) = value else { continue };
                    let wanted =
                        entries.iter().filter(|(key, _)| !expected[key].is_null()).cloned().collect();
                    if !expected.is_null() {
                        same(field.schema.get(), &Doc::Map(wanted), expected)?;
                    }
                } else if !(nothing && value.is_null()) {
                    same(field.schema.get(), value, expected).map_err(|p| format!("{}.{p}", field.name))?;
                }
            }
            Ok(())
        }
        (Schema::Structure(_), Doc::Null) if expected.as_object().is_some_and(serde_json::Map::is_empty) => {
            Ok(())
        }
        (Schema::Union(structure), Doc::Union(index, value)) => {
            let field = &structure.fields[*index];
            same(field.schema.get(), value, &expected[field.name])
        }
        (Schema::List(list), Doc::List(elements)) => {
            let expected = expected.as_array().ok_or("no list")?;
            // Botocore drops nulls from dense lists; we never write them.
            if expected.len() != elements.len() {
                return no("another length");
            }
            elements.iter().zip(expected).try_for_each(|(e, x)| same(list.element.get(), e, x))
        }
        (Schema::Map(map), Doc::Map(entries)) => {
            let expected = expected.as_object().ok_or("no map")?;
            if expected.len() != entries.len() {
                return no("another size");
            }
            entries.iter().try_for_each(|(key, value)| same(map.value.get(), value, &expected[key]))
        }
        (_, doc) => {
            if scalar_same(doc, expected) {
                Ok(())
            } else {
                no("another value")
            }
        }
    }
}

fn scalar_same(doc: &Doc, expected: &Value) -> bool {
    match doc {
        Doc::Bool(value) => expected.as_bool() == Some(*value),
        Doc::Int(number) => expected.as_i64() == Some(*number),
        Doc::Float(number) => match expected {
            Value::String(text) => match text.as_str() {
                "NaN" => number.is_nan(),
                other => *number == other.parse::<f64>().unwrap(),
            },
            // 32-bit numbers come back with less precision.
            other => other.as_f64().is_some_and(|x| x == *number || (x as f32) == (*number as f32)),
        },
        Doc::Text(text) => expected.as_str() == Some(text),
        Doc::Blob(bytes) => expected.as_str().map(str::as_bytes) == Some(bytes),
        Doc::Time(at) => expected.as_f64() == Some(at.millis() as f64 / 1000.0),
        Doc::Document(value) => value == expected,
        _ => false,
    }
}

/// The document that botocore's notation `value` stands for.
fn doc_of(schema: Schema, value: &Value) -> Doc {
    if value.is_null() {
        return Doc::Null;
    }
    match schema {
        Schema::Structure(structure) => {
            Doc::Structure(structure.fields.iter().map(|f| doc_of(f.schema.get(), &value[f.name])).collect())
        }
        Schema::Union(structure) => {
            let found = structure.fields.iter().position(|f| !value[f.name].is_null());
            found.map_or(Doc::Null, |index| {
                let field = &structure.fields[index];
                Doc::Union(index, Box::new(doc_of(field.schema.get(), &value[field.name])))
            })
        }
        Schema::List(list) => {
            let element = list.element.get();
            Doc::List(value.as_array().unwrap().iter().map(|v| doc_of(element, v)).collect())
        }
        Schema::Map(map) => {
            let element = map.value.get();
            Doc::Map(
                value.as_object().unwrap().iter().map(|(k, v)| (k.clone(), doc_of(element, v))).collect(),
            )
        }
        Schema::Bool => Doc::Bool(value.as_bool().unwrap()),
        Schema::Integer | Schema::Long => Doc::Int(value.as_i64().unwrap()),
        Schema::Float | Schema::Double => Doc::Float(match value.as_str() {
            Some(text) => text.parse().unwrap(),
            None => value.as_f64().unwrap(),
        }),
        Schema::Text | Schema::Enum(_) => Doc::Text(value.as_str().unwrap().to_owned()),
        Schema::Blob => Doc::Blob(value.as_str().unwrap().to_owned().into()),
        Schema::Stream => Doc::Stream(shape::Stream::once(value.as_str().unwrap().to_owned().into())),
        Schema::Timestamp => Doc::Time(Timestamp::from_millis((value.as_f64().unwrap() * 1000.0) as i64)),
        Schema::Document => Doc::Document(value.clone()),
    }
}

fn collect(stream: &shape::Stream) -> Vec<u8> {
    stream.collect(1 << 20).now_or_never().expect("the bytes are at hand").unwrap().to_vec()
}

fn output_case(suite: &Value, case: &Value, tally: &mut Tally) -> Result<(), String> {
    let protocol = protocol(suite);
    let response = &case["response"];
    if case["errorCode"].is_string() {
        return error_case(protocol, case);
    }
    let shapes = Shapes::new(&suite["shapes"]);
    let schema = shapes.of_reference(&case["given"]["output"]);
    let doc = doc_of(schema, &case["result"]);
    let status = u16::try_from(case["given"]["http"]["responseCode"].as_u64().unwrap_or(200)).unwrap();
    let http = Http::new("POST", "/", status);
    let name = text(&case["given"], "name");
    let ours = crate::encode(protocol, name, Some(&http), schema, doc, "request-id");
    if u64::from(ours.status().as_u16()) != response["status_code"].as_u64().unwrap() {
        return Err(format!("status {}", ours.status()));
    }
    for (header, value) in response["headers"].as_object().into_iter().flatten() {
        // `Content-Type` may carry parameters; request ids are of each call; what no member is bound to is not ours.
        let bound = bound_headers(schema).iter().any(|b| header.to_ascii_lowercase().starts_with(b));
        if bound && !header.eq_ignore_ascii_case("content-type") {
            let got = ours.headers().get(header).and_then(|v| v.to_str().ok()).unwrap_or("absent");
            if got.replace(' ', "") != value.as_str().unwrap().replace(' ', "") {
                return Err(format!("{header}: {got} is not {value}"));
            }
        }
    }
    let body = collect(ours.body());
    let their_body = body_of(protocol, response);
    let same_tree = trees(protocol, &their_body)? == trees(protocol, &body)?;
    if same_tree {
        return Ok(());
    }
    let id = text(case, "id");
    tally.by_meaning.push(id.to_owned());
    let theirs = read_answer(protocol, name, schema, &their_body)?;
    same_body(protocol, schema, &theirs, &case["result"])
        .map_err(|p| format!("reading theirs: {p}: {theirs:?}"))?;
    let back = read_answer(protocol, name, schema, &body)?;
    same_body(protocol, schema, &back, &case["result"])
        .map_err(|p| format!("{p}: {} is not {}", String::from_utf8_lossy(&body), case["result"]))
}

/// As [`same`], for the members in the body only. In rpc-v2-cbor all are there, whatever their binding.
fn same_body(protocol: &Protocol, schema: Schema, doc: &Doc, expected: &Value) -> Result<(), String> {
    let mut expected = expected.clone();
    let is_in_body =
        |field: &shape::Field| field.binding == Binding::Body || matches!(protocol, Protocol::RpcCbor { .. });
    if let (Schema::Structure(structure), Value::Object(members)) = (schema, &mut expected) {
        members.retain(|name, value| {
            let field = structure.fields.iter().find(|f| f.name == name);
            field.is_some_and(is_in_body) && !value.is_null()
        });
    }
    same(schema, doc, &expected)
}

fn bound_headers(schema: Schema) -> Vec<String> {
    let Schema::Structure(structure) = schema else { return Vec::new() };
    structure
        .fields
        .iter()
        .filter_map(|field| match field.binding {
            Binding::Header(name) | Binding::Headers(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        })
        .collect()
}

/// A tree to compare: JSON values, or XML without namespaces, declaration and frame.
#[derive(Debug, PartialEq)]
enum Tree {
    Nothing,
    Json(Value),
    Xml(String),
    Raw(Vec<u8>),
}

fn trees(protocol: &Protocol, body: &[u8]) -> Result<Tree, String> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Tree::Nothing);
    }
    Ok(match protocol {
        Protocol::Json { .. } | Protocol::RestJson => match serde_json::from_slice(body) {
            Ok(Value::Object(members)) if members.is_empty() => Tree::Nothing,
            Ok(value) => Tree::Json(value),
            Err(_) => Tree::Raw(body.to_vec()),
        },
        Protocol::RpcCbor { .. } => Tree::Raw(body.to_vec()),
        _ => match xml::parse(body) {
            Ok(root) => Tree::Xml(xml_text(&root)),
            Err(_) => Tree::Raw(body.to_vec()),
        },
    })
}

/// An element as text; white space between elements and the frame's request id do not count.
fn xml_text(element: &xml::Element) -> String {
    let mut attributes: Vec<String> = element
        .attributes
        .iter()
        .filter(|(name, _)| !name.starts_with("xmlns"))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    attributes.sort();
    let children: Vec<String> =
        element.children.iter().filter(|child| child.name != "ResponseMetadata").map(xml_text).collect();
    let text = if children.is_empty() { element.text.as_str() } else { element.text.trim() };
    format!("<{} {attributes:?}>{text}{}</>", element.name, children.concat())
}

fn read_answer(protocol: &Protocol, name: &str, schema: Schema, body: &[u8]) -> Result<Doc, String> {
    match protocol {
        Protocol::Json { .. } | Protocol::RestJson => json::decode(schema, body).map_err(|e| e.to_string()),
        Protocol::RpcCbor { .. } => Notation::Cbor.decode(schema, body).map_err(|e| e.to_string()),
        _ if body.is_empty() => Ok(Doc::Null),
        _ => {
            let root = xml::parse(body).map_err(|e| format!("{e:?}"))?;
            let result = format!("{name}Result");
            let inner = root.children.iter().find(|child| child.name == result).unwrap_or(&root);
            xml::decode(schema, inner).map_err(|e| format!("{e:?}"))
        }
    }
}

fn error_case(protocol: &'static Protocol, case: &Value) -> Result<(), String> {
    let response = &case["response"];
    let code = text(case, "errorCode");
    let theirs = read_error(protocol, None, &body_of(protocol, response));
    let message = case["errorMessage"].as_str().or(case["error"]["Message"].as_str());
    let message = message.or(theirs.as_ref().map(|(_, message)| message.as_str())).unwrap_or("");
    let query_error = response["headers"].get("x-amzn-query-error").and_then(Value::as_str);
    let kind = query_error.and(theirs.as_ref()).map_or(code, |(kind, _)| kind);
    let mut error = ErrorBody {
        code: kind.to_owned(),
        query_code: query_error.map(|_| code.to_owned()),
        status: u16::try_from(response["status_code"].as_u64().unwrap()).unwrap(),
        message: message.to_owned(),
        ..ErrorBody::default()
    };
    for (name, value) in case["error"].as_object().into_iter().flatten() {
        if let (Some(text), false) =
            (value.as_str(), name.eq_ignore_ascii_case("message") || name == "Header")
        {
            error.details.push((name.clone(), text.to_owned()));
        }
    }
    let ours = crate::encode_error(protocol, &error, "foo-id", false);
    let header = |name: &str| ours.headers().get(name).and_then(|v| v.to_str().ok());
    let says = read_error(protocol, header("x-amzn-errortype"), &collect(ours.body()));
    if says != Some((kind.to_owned(), message.to_owned())) {
        return Err(format!("{says:?} is not {kind}: {message}"));
    }
    if query_error.is_some_and(|expected| header("x-amzn-query-error") != Some(expected)) {
        return Err(format!("{:?} is not {query_error:?}", header("x-amzn-query-error")));
    }
    Ok(())
}

/// The members of errors of rpc-v2-cbor.
#[derive(Shape)]
struct RpcError {
    #[shape(name = "__type")]
    kind: String,
    #[shape(name = "message")]
    message: Option<String>,
}

/// Code and message of an error's body; restJson has the code in a header.
fn read_error(protocol: &Protocol, kind: Option<&str>, body: &[u8]) -> Option<(String, String)> {
    match protocol {
        Protocol::Json { .. } | Protocol::RestJson => {
            let value: Value = serde_json::from_slice(body).unwrap_or_default();
            let kind = value["__type"].as_str().or(kind).unwrap_or("");
            let kind = kind.rsplit('#').next().unwrap_or_default().to_owned();
            let message = value["message"].as_str().or(value["Message"].as_str()).unwrap_or("");
            Some((kind, message.to_owned()))
        }
        Protocol::RpcCbor { .. } => {
            let doc = Notation::Cbor.decode(RpcError::schema(), body).ok()?;
            let RpcError { kind, message } = RpcError::from_doc(doc).ok()?;
            Some((kind.rsplit('#').next().unwrap_or_default().to_owned(), message.unwrap_or_default()))
        }
        _ => {
            let root = xml::parse(body).ok()?;
            let error = root.children.iter().find(|c| c.name == "Error")?;
            let get = |name: &str| error.children.iter().find(|c| c.name == name).map(|c| c.text.clone());
            Some((get("Code")?, get("Message").unwrap_or_default()))
        }
    }
}

fn inputs(file: &str, expected: (usize, usize)) {
    if let Some(tally) = run_file(&format!("input/{file}"), |suite, case, _| input_case(suite, case)) {
        assert_eq!((tally.passed, tally.left_out.len()), expected);
    }
}

fn outputs(file: &str, expected: (usize, usize)) {
    if let Some(tally) = run_file(&format!("output/{file}"), output_case) {
        assert_eq!((tally.passed, tally.left_out.len()), expected);
    }
}

#[test]
fn input_json() {
    inputs("json.json", (49, 5));
}

#[test]
fn input_json_1_0() {
    inputs("json_1_0.json", (17, 4));
}

#[test]
fn input_json_query_compatible() {
    inputs("json_1_0-query-compatible.json", (1, 0));
}

#[test]
fn input_query() {
    inputs("query.json", (31, 7));
}

#[test]
fn input_rest_json() {
    inputs("rest-json.json", (104, 9));
}

#[test]
fn input_rest_xml() {
    inputs("rest-xml.json", (86, 8));
}

#[test]
fn output_json() {
    outputs("json.json", (49, 9));
}

#[test]
fn output_json_1_0() {
    outputs("json_1_0.json", (23, 9));
}

#[test]
fn output_json_query_compatible() {
    outputs("json_1_0-query-compatible.json", (2, 0));
}

#[test]
fn output_query() {
    outputs("query.json", (38, 0));
}

#[test]
fn output_rest_json() {
    outputs("rest-json.json", (79, 12));
}

#[test]
fn output_rest_xml() {
    outputs("rest-xml.json", (77, 1));
}

#[test]
fn input_rpc_cbor() {
    inputs("smithy-rpc-v2-cbor.json", (15, 0));
}

#[test]
fn input_rpc_cbor_query_compatible() {
    inputs("smithy-rpc-v2-cbor-query-compatible.json", (1, 0));
    inputs("smithy-rpc-v2-cbor-non-query-compatible.json", (1, 0));
}

#[test]
fn output_rpc_cbor() {
    outputs("smithy-rpc-v2-cbor.json", (33, 2));
}

#[test]
fn output_rpc_cbor_query_compatible() {
    outputs("smithy-rpc-v2-cbor-query-compatible.json", (2, 0));
    outputs("smithy-rpc-v2-cbor-non-query-compatible.json", (0, 0));
}

/// Files that are not run at all, so that their absence here is a decision.
#[test]
fn other_files_are_left_out_on_purpose() {
    let Some(folder) = folder() else { return };
    let mut found = BTreeMap::new();
    for side in ["input", "output"] {
        for file in std::fs::read_dir(folder.join(side)).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            if name.contains("ec2") {
                found.insert(format!("{side}/{name}"), suites(&folder, &format!("{side}/{name}")).len());
            }
        }
    }
    eprintln!("left out: ec2 (no service of ours speaks it): {found:#?}");
    assert_eq!(found.len(), 2);
}
