//! Members in labels, headers, query strings and bodies: the bindings of restJson and restXml.

use http::request::Parts;
use http::{HeaderMap, Response, StatusCode};
use percent_encoding::percent_decode_str;
use shape::{Binding, Doc, Field, ListShape, Namespace, Schema, Stream, Structure, TimeFormat};

use crate::error::{ErrorBody, insert};
use crate::json::{self, Members};
use crate::protocol::{Body, in_json, in_xml, whole};
use crate::text::{self, Problem};
use crate::xml;

/// The notation of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// restJson.
    Json,
    /// restXml.
    Xml,
}

type Decoded<T> = Result<T, Box<ErrorBody>>;

#[expect(clippy::result_large_err, reason = "as `protocol::decode`, which hands it out")]
pub(crate) fn decode(
    schema: Schema,
    labels: &[(String, String)],
    parts: &Parts,
    body: Body,
    format: Format,
) -> Result<Doc, ErrorBody> {
    let Schema::Structure(structure) = schema else { return Ok(Doc::Null) };
    let request = Incoming { labels, parts, query: parse_query(parts.uri.query().unwrap_or("")) };
    read_request(structure, &request, body, format).map_err(|error| *error)
}

struct Incoming<'a> {
    labels: &'a [(String, String)],
    parts: &'a Parts,
    query: Vec<(String, String)>,
}

fn read_request(
    structure: &'static Structure,
    request: &Incoming<'_>,
    body: Body,
    format: Format,
) -> Decoded<Doc> {
    let payload = structure.fields.iter().position(|field| field.binding == Binding::Payload);
    let in_body = structure.fields.iter().any(|field| field.binding == Binding::Body);
    let mut values = match payload {
        None if in_body => read_body(structure, &body, format)?,
        _ => vec![Doc::Null; structure.fields.len()],
    };
    for (value, field) in values.iter_mut().zip(structure.fields) {
        match field.binding {
            Binding::Body | Binding::Payload | Binding::Status => continue,
            Binding::Label => *value = label(field, request.labels, format)?,
            Binding::Header(name) => {
                *value =
                    header(field, name, &request.parts.headers).map_err(|p| in_place(name, p, format))?;
            }
            Binding::Headers(prefix) => *value = prefix_headers(prefix, &request.parts.headers),
            Binding::Querystring(name) => {
                *value = query_member(field, name, &request.query).map_err(|p| in_place(name, p, format))?;
            }
            Binding::Querystrings => *value = query_map(field, &request.query),
        }
    }
    if let Some(index) = payload {
        values[index] = read_payload(structure.fields[index].schema.get(), body, format)?;
    }
    Ok(Doc::Structure(values))
}

fn read_body(structure: &'static Structure, body: &Body, format: Format) -> Decoded<Vec<Doc>> {
    let text = body.whole();
    let schema = Schema::Structure(structure);
    let doc = match format {
        Format::Json => {
            json::decode_members(schema, text, Members::Body).map_err(|e| Box::new(in_json(&e)))?
        }
        Format::Xml if text.is_empty() => Doc::Null,
        Format::Xml => read_xml(schema, text)?,
    };
    match doc {
        Doc::Structure(values) => Ok(values),
        _ => Ok(vec![Doc::Null; structure.fields.len()]),
    }
}

fn read_xml(schema: Schema, text: &[u8]) -> Decoded<Doc> {
    xml::parse(text).and_then(|root| xml::decode(schema, &root)).map_err(|e| Box::new(in_xml(e)))
}

fn read_payload(schema: Schema, body: Body, format: Format) -> Decoded<Doc> {
    let bytes = match (schema, body) {
        (Schema::Stream, Body::Flow(stream)) => return Ok(Doc::Stream(stream)),
        (Schema::Stream, Body::Whole(bytes)) => return Ok(Doc::Stream(Stream::once(bytes))),
        (_, Body::Flow(_)) => return Ok(Doc::Null),
        (_, Body::Whole(bytes)) => bytes,
    };
    if bytes.is_empty() {
        return Ok(Doc::Null);
    }
    match (schema, format) {
        (Schema::Blob, _) => Ok(Doc::Blob(bytes)),
        (Schema::Text | Schema::Enum(_), _) => match String::from_utf8(bytes.to_vec()) {
            Ok(text) => Ok(Doc::Text(text)),
            Err(_) => Err(Box::new(in_json(&json::Error { message: "The payload is not UTF-8.".into() }))),
        },
        (schema, Format::Json) => json::decode(schema, &bytes).map_err(|e| Box::new(in_json(&e))),
        (schema, Format::Xml) => read_xml(schema, &bytes),
    }
}

fn in_place(place: &str, problem: Problem, format: Format) -> Box<ErrorBody> {
    let Problem { text, expected } = problem;
    Box::new(match format {
        Format::Json => ErrorBody::caller(
            "SerializationException",
            400,
            format!("Invalid value '{text}' for '{place}': expected {expected}"),
        ),
        // S3's words for header and query values, e.g. for max-keys.
        Format::Xml => {
            let mut error = if expected == "integer" || expected == "long" {
                ErrorBody::caller(
                    "InvalidArgument",
                    400,
                    format!("Provided {place} not an integer or within integer range"),
                )
            } else {
                ErrorBody::caller("InvalidArgument", 400, format!("Invalid value for {place}"))
            };
            error.details = vec![("ArgumentName".into(), place.into()), ("ArgumentValue".into(), text)];
            error
        }
    })
}

fn label(field: &Field, labels: &[(String, String)], format: Format) -> Decoded<Doc> {
    let Some((_, text)) = labels.iter().find(|(name, _)| name == field.name) else { return Ok(Doc::Null) };
    text::read(field.schema.get(), text, field.format.unwrap_or(TimeFormat::Iso8601))
        .map_err(|p| in_place(field.name, p, format))
}

fn header(field: &Field, name: &str, headers: &HeaderMap) -> Result<Doc, Problem> {
    let mut values = headers.get_all(name).iter().map(|v| String::from_utf8_lossy(v.as_bytes()));
    let Some(first) = values.next() else { return Ok(Doc::Null) };
    let format = field.format.unwrap_or(TimeFormat::HttpDate);
    match field.schema.get() {
        Schema::List(list) => {
            let mut elements = Vec::new();
            for line in std::iter::once(first).chain(values) {
                read_list(list, &line, list.format.unwrap_or(format), &mut elements)?;
            }
            Ok(Doc::List(elements))
        }
        schema => text::read(schema, first.trim(), format),
    }
}

/// The elements of one header line; text may stand in quotes, and HTTP dates hold a comma themselves.
fn read_list(
    list: &'static ListShape,
    line: &str,
    format: TimeFormat,
    elements: &mut Vec<Doc>,
) -> Result<(), Problem> {
    let schema = list.element.get();
    let dates = matches!(schema, Schema::Timestamp) && format == TimeFormat::HttpDate;
    let mut pending: Option<String> = None;
    for piece in split_list(line) {
        if !dates {
            elements.push(text::read(schema, &piece, format)?);
        } else if let Some(day) = pending.take() {
            elements.push(text::read(schema, &format!("{day}, {piece}"), format)?);
        } else {
            pending = Some(piece);
        }
    }
    match pending {
        Some(half) => Err(Problem { text: half, expected: "timestamp" }),
        None => Ok(()),
    }
}

fn split_list(line: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut piece = String::new();
            let mut characters = quoted.char_indices();
            let mut end = quoted.len();
            while let Some((at, character)) = characters.next() {
                match character {
                    '"' => {
                        end = at + 1;
                        break;
                    }
                    '\\' => piece.extend(characters.next().map(|(_, c)| c)),
                    other => piece.push(other),
                }
            }
            pieces.push(piece);
            rest = quoted[end..].trim_start().trim_start_matches(',').trim_start();
        } else {
            let (piece, after) = rest.split_once(',').unwrap_or((rest, ""));
            pieces.push(piece.trim().to_owned());
            rest = after.trim_start();
        }
    }
    pieces
}

fn prefix_headers(prefix: &str, headers: &HeaderMap) -> Doc {
    let prefix = prefix.to_ascii_lowercase();
    let mut entries: Vec<(String, Doc)> = Vec::new();
    for name in headers.keys() {
        if let Some(rest) = name.as_str().strip_prefix(&prefix) {
            let values: Vec<_> = headers
                .get_all(name)
                .iter()
                .map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned())
                .collect();
            entries.push((rest.to_owned(), Doc::Text(values.join(","))));
        }
    }
    if entries.is_empty() { Doc::Null } else { Doc::Map(entries) }
}

fn parse_query(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        percent_decode_str(&text).decode_utf8_lossy().into_owned()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(n, v)| (decode(n), decode(v)))
        .collect()
}

fn query_member(field: &Field, name: &str, query: &[(String, String)]) -> Result<Doc, Problem> {
    let mut values = query.iter().filter(|(n, _)| n == name).map(|(_, value)| value);
    let format = field.format.unwrap_or(TimeFormat::Iso8601);
    match field.schema.get() {
        Schema::List(list) => {
            let format = list.format.unwrap_or(format);
            let elements: Vec<Doc> =
                values.map(|v| text::read(list.element.get(), v, format)).collect::<Result<_, _>>()?;
            Ok(if elements.is_empty() { Doc::Null } else { Doc::List(elements) })
        }
        schema => match values.next() {
            Some(value) => text::read(schema, value, format),
            None => Ok(Doc::Null),
        },
    }
}

/// The whole query string, other members' parameters included: so Smithy says for servers.
fn query_map(field: &Field, query: &[(String, String)]) -> Doc {
    let as_list =
        matches!(field.schema.get(), Schema::Map(map) if matches!(map.value.get(), Schema::List(_)));
    let mut entries: Vec<(String, Doc)> = Vec::new();
    for (name, value) in query {
        let value = Doc::Text(value.clone());
        match entries.iter_mut().find(|(known, _)| known == name) {
            Some((_, Doc::List(all))) => all.push(value),
            Some(_) => {} // the first of several counts
            None if as_list => entries.push((name.clone(), Doc::List(vec![value]))),
            None => entries.push((name.clone(), value)),
        }
    }
    if entries.is_empty() { Doc::Null } else { Doc::Map(entries) }
}

pub(crate) fn encode(
    operation: &str,
    schema: Schema,
    doc: Doc,
    format: Format,
    namespace: Option<&'static str>,
) -> Response<Stream> {
    let (Schema::Structure(structure), Doc::Structure(mut values)) = (schema, doc) else {
        return Response::new(Stream::empty());
    };
    let payload = structure.fields.iter().position(|field| field.binding == Binding::Payload);
    let has_body = structure.fields.iter().any(|field| json::in_answer_body(field.binding));
    let namespace = namespace.map(|uri| Namespace { prefix: None, uri });
    let mut response = match payload {
        Some(index) => {
            let value = std::mem::take(&mut values[index]);
            write_payload(&structure.fields[index], value, format, namespace)
        }
        None if has_body => write_body(operation, structure, &values, format, namespace),
        None => Response::new(Stream::empty()),
    };
    for (field, value) in structure.fields.iter().zip(&values) {
        match (field.binding, value) {
            (_, Doc::Null) => {}
            (Binding::Header(name), value) => write_header(&mut response, name, field, value),
            (Binding::Headers(prefix), Doc::Map(entries)) => {
                for (name, value) in entries {
                    if let Doc::Text(text) = value {
                        insert(&mut response, &format!("{prefix}{name}"), text);
                    }
                }
            }
            (Binding::Status, Doc::Int(status)) => {
                let status = u16::try_from(*status).ok().and_then(|s| StatusCode::from_u16(s).ok());
                *response.status_mut() = status.unwrap_or(StatusCode::OK);
            }
            _ => {}
        }
    }
    response
}

fn write_body(
    operation: &str,
    structure: &'static Structure,
    values: &[Doc],
    format: Format,
    namespace: Option<Namespace>,
) -> Response<Stream> {
    let (schema, doc) = (Schema::Structure(structure), Doc::Structure(values.to_vec()));
    match format {
        Format::Json => {
            let mut text = Vec::with_capacity(256);
            json::encode_members(schema, &doc, &mut text, Members::Body);
            whole("application/json", text)
        }
        Format::Xml => {
            let by_operation = format!("{operation}Result");
            // Types of ours are called `Output`; then the root has the name that AWS gives most of them.
            let own = if structure.name == "Output" { &by_operation } else { structure.name };
            let name = structure.xml.unwrap_or(own);
            write_xml(name, schema, &doc, structure.namespace.or(namespace))
        }
    }
}

fn write_xml(name: &str, schema: Schema, doc: &Doc, namespace: Option<Namespace>) -> Response<Stream> {
    let mut writer = xml::Writer::new(true);
    xml::write_root(&mut writer, name, schema, doc, namespace);
    whole("application/xml", writer.finish())
}

fn write_payload(
    field: &'static Field,
    value: Doc,
    format: Format,
    namespace: Option<Namespace>,
) -> Response<Stream> {
    match (value, field.schema.get()) {
        (Doc::Null, _) => Response::new(Stream::empty()),
        (Doc::Stream(stream), _) => {
            let mut response = Response::new(stream);
            insert(&mut response, "content-type", "application/octet-stream");
            response
        }
        (Doc::Blob(bytes), _) => whole("application/octet-stream", bytes.to_vec()),
        (Doc::Text(text), _) => whole("text/plain", text.into_bytes()),
        (value, schema) => match format {
            Format::Json => {
                let mut text = Vec::with_capacity(256);
                json::encode(schema, &value, &mut text);
                whole("application/json", text)
            }
            Format::Xml => {
                let (own, namespace_of_type) = match schema {
                    Schema::Structure(s) | Schema::Union(s) => (s.xml.unwrap_or(s.name), s.namespace),
                    _ => (field.name, None),
                };
                let name = field.xml.unwrap_or(own);
                write_xml(name, schema, &value, field.namespace.or(namespace_of_type).or(namespace))
            }
        },
    }
}

fn write_header(response: &mut Response<Stream>, name: &str, field: &Field, value: &Doc) {
    let format = field.format.unwrap_or(TimeFormat::HttpDate);
    let text = match (field.schema.get(), value) {
        (Schema::List(list), Doc::List(elements)) => {
            let format = list.format.unwrap_or(format);
            let schema = list.element.get();
            let texts: Vec<String> = elements
                .iter()
                .filter_map(|e| text::write(schema, e, format))
                .map(|t| quoted(schema, t))
                .collect();
            if texts.is_empty() { None } else { Some(texts.join(", ")) }
        }
        (schema, value) => text::write(schema, value, format),
    };
    if let Some(text) = text {
        insert(response, name, &text);
    }
}

/// A list element's text, in quotes where it would be taken for two.
fn quoted(schema: Schema, text: String) -> String {
    let is_text = matches!(schema, Schema::Text | Schema::Enum(_));
    if is_text && text.contains([',', '"']) {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        text
    }
}
