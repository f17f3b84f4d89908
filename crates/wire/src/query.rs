//! The query protocol: forms in, XML out.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use shape::{Doc, Field, ListShape, MapShape, Namespace, Schema, Structure, TimeFormat};

use crate::aggregate::last_wins;
use crate::text::{self, Problem};
use crate::xml;

/// Parameters of one request. The largest real ones (a batch of ten SQS messages with ten attributes each) have
/// some hundreds.
const PARAMETERS_MAX: usize = 10_000;
/// Nesting of one parameter's name; the deepest real ones have about ten parts.
const NAME_PARTS_MAX: usize = 64;

/// What is wrong with a form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Error {
    /// It has too many parameters, or names that nest too deeply.
    TooLarge,
    /// Something in it is no UTF-8.
    Encoding,
    /// A value is no value of its schema.
    Value(Problem),
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Value(problem)
    }
}

/// A request's parameters, sorted by name.
#[derive(Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// The parameters of a query string and a form body.
    pub(crate) fn parse(query: &str, body: &[u8]) -> Result<Self, Error> {
        let body = std::str::from_utf8(body).map_err(|_| Error::Encoding)?;
        let mut all = Vec::new();
        for pair in query.split('&').chain(body.trim_end().split('&')).filter(|pair| !pair.is_empty()) {
            if all.len() == PARAMETERS_MAX {
                return Err(Error::TooLarge);
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = unform(name)?;
            if name.bytes().filter(|b| *b == b'.').count() > NAME_PARTS_MAX {
                return Err(Error::TooLarge);
            }
            all.push((name, unform(value)?));
        }
        all.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(Self(all))
    }

    /// The parameter called `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let at = self.0.partition_point(|(n, _)| n.as_str() < name);
        self.0.get(at).filter(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// All parameters whose names begin with `prefix`.
    fn under(&self, prefix: &str) -> &[(String, String)] {
        let from = self.0.partition_point(|(name, _)| name.as_str() < prefix);
        let len = self.0[from..].partition_point(|(name, _)| name.starts_with(prefix));
        &self.0[from..from + len]
    }

    fn has(&self, name: &str) -> bool {
        self.get(name).is_some() || !self.under(&format!("{name}.")).is_empty()
    }

    /// The numbers `n` for which `prefix.n` or `prefix.n.…` exists, in order.
    fn numbers(&self, prefix: &str) -> Vec<(u64, String)> {
        let prefix = format!("{prefix}.");
        let mut found: Vec<(u64, String)> = Vec::new();
        for (name, _) in self.under(&prefix) {
            let part = name[prefix.len()..].split('.').next().unwrap_or_default();
            // Text that is no number is not ours: another member may share the beginning of the name.
            if let Ok(number) = part.parse::<u64>()
                && found.last().is_none_or(|(last, _)| *last != number)
            {
                found.push((number, format!("{prefix}{part}")));
            }
        }
        found.sort();
        found.dedup();
        found
    }
}

fn unform(text: &str) -> Result<String, Error> {
    let text: Cow<'_, str> =
        if text.contains('+') { Cow::Owned(text.replace('+', " ")) } else { Cow::Borrowed(text) };
    percent_decode_str(&text).decode_utf8().map(Cow::into_owned).map_err(|_| Error::Encoding)
}

/// Reads `schema` (a structure) from the form's top level.
pub(crate) fn decode(schema: Schema, form: &Form) -> Result<Doc, Error> {
    match schema {
        Schema::Structure(structure) => decode_structure(structure, form, ""),
        _ => Ok(Doc::Null),
    }
}

fn decode_structure(structure: &'static Structure, form: &Form, prefix: &str) -> Result<Doc, Error> {
    let mut values = Vec::with_capacity(structure.fields.len());
    for field in structure.fields {
        let name = field.query_name.or(field.xml).unwrap_or(field.name);
        let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        values.push(if form.has(&path) {
            value(field.schema.get(), form, &path, Some(field))?
        } else {
            Doc::Null
        });
    }
    Ok(Doc::Structure(values))
}

fn value(schema: Schema, form: &Form, path: &str, field: Option<&Field>) -> Result<Doc, Error> {
    match schema {
        Schema::Structure(structure) => decode_structure(structure, form, path),
        Schema::Union(structure) => {
            let Doc::Structure(values) = decode_structure(structure, form, path)? else {
                return Ok(Doc::Null);
            };
            let found = values.into_iter().enumerate().find(|(_, value)| !value.is_null());
            Ok(found.map_or(Doc::Null, |(index, value)| Doc::Union(index, Box::new(value))))
        }
        Schema::List(list) => elements(list, form, path, field),
        Schema::Map(map) => entries(map, form, path, field),
        scalar => match form.get(path) {
            Some(text) => {
                let format = field.and_then(|f| f.format).unwrap_or(TimeFormat::Iso8601);
                Ok(text::read(scalar, text, format)?)
            }
            None => Ok(Doc::Null),
        },
    }
}

fn elements(list: &'static ListShape, form: &Form, path: &str, field: Option<&Field>) -> Result<Doc, Error> {
    let flat = field.is_some_and(|f| f.flat);
    let member = field.and_then(|f| f.member).or(list.member).unwrap_or("member");
    let base = if flat { path.to_owned() } else { format!("{path}.{member}") };
    let schema = list.element.get();
    let mut all = Vec::new();
    for (_, path) in form.numbers(&base) {
        all.push(match (list.format, form.get(&path)) {
            (Some(format), Some(text)) => text::read(schema, text, format)?,
            _ => value(schema, form, &path, None)?,
        });
    }
    Ok(Doc::List(all))
}

fn entries(map: &'static MapShape, form: &Form, path: &str, field: Option<&Field>) -> Result<Doc, Error> {
    let flat = field.is_some_and(|f| f.flat);
    let key_name = field.and_then(|f| f.key).or(map.key_name).unwrap_or("key");
    let value_name = field.and_then(|f| f.value).or(map.value_name).unwrap_or("value");
    let base = if flat { path.to_owned() } else { format!("{path}.entry") };
    let schema = map.value.get();
    let mut all = Vec::new();
    let mut add = |entry: &str| -> Result<(), Error> {
        if let Some(key) = form.get(&format!("{entry}.{key_name}")) {
            let value = value(schema, form, &format!("{entry}.{value_name}"), None)?;
            if value.is_null() && !map.sparse {
                return Err(Error::Value(Problem { text: key.to_owned(), expected: "key without" }));
            }
            all.push((key.to_owned(), value));
        }
        Ok(())
    };
    add(&base)?; // a single entry may stand without number: `Attribute.Name=…&Attribute.Value=…`
    for (_, entry) in form.numbers(&base) {
        add(&entry)?;
    }
    Ok(Doc::Map(last_wins(all)))
}

/// The answer's body.
pub(crate) fn encode(
    operation: &str,
    namespace: &'static str,
    schema: Schema,
    doc: &Doc,
    request_id: &str,
) -> Vec<u8> {
    let mut writer = xml::Writer::new(false);
    let (response, result) = (format!("{operation}Response"), format!("{operation}Result"));
    writer.open(&response, Some(Namespace { prefix: None, uri: namespace }));
    // An empty result is written as well: botocore looks for the element when the operation has an output shape at
    // all (ExecuteChangeSet), and no client minds it when there is none (DeleteQueue).
    if let Schema::Structure(structure) = schema {
        writer.open(&result, None);
        xml::write_members(&mut writer, structure, doc);
        writer.close(&result);
    }
    writer.open("ResponseMetadata", None);
    writer.leaf("RequestId", request_id);
    writer.close("ResponseMetadata");
    writer.close(&response);
    writer.finish()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use shape::Shape;

    use super::*;

    #[derive(Debug, PartialEq, Shape)]
    struct Attribute {
        data_type: String,
        string_value: Option<String>,
    }

    #[derive(Debug, PartialEq, Shape)]
    struct Entry {
        id: String,
        #[shape(flat, query_name = "MessageAttribute", key = "Name", value = "Value")]
        message_attributes: Option<BTreeMap<String, Attribute>>,
    }

    #[derive(Debug, PartialEq, Shape)]
    struct Input {
        queue_url: Option<String>,
        delay_seconds: Option<i32>,
        #[shape(flat, query_name = "SendMessageBatchRequestEntry")]
        entries: Option<Vec<Entry>>,
        #[shape(flat, query_name = "Attribute", key = "Name", value = "Value")]
        attributes: Option<BTreeMap<String, String>>,
        names: Option<Vec<String>>,
        tags: Option<BTreeMap<String, String>>,
    }

    fn read(form: &str) -> Result<Input, Error> {
        decode(Input::schema(), &Form::parse("", form.as_bytes())?).map(|doc| Input::from_doc(doc).unwrap())
    }

    #[test]
    fn flat_and_wrapped_lists_and_maps() {
        let mut all: Vec<String> = Vec::new();
        // More than nine, so that the order of numbers is not the order of their texts.
        for n in 1..=12 {
            all.push(format!("SendMessageBatchRequestEntry.{n}.Id=i{n}"));
            all.push(format!("Names.member.{n}=n{n}"));
        }
        all.push("SendMessageBatchRequestEntry.2.MessageAttribute.1.Name=a".into());
        all.push("SendMessageBatchRequestEntry.2.MessageAttribute.1.Value.DataType=String".into());
        all.push(
            "Attribute.1.Name=DelaySeconds&Attribute.1.Value=5&Tags.entry.1.key=k&Tags.entry.1.value=v+%26"
                .into(),
        );
        let input = read(&all.join("&")).unwrap();
        let ids: Vec<String> = input.entries.as_ref().unwrap().iter().map(|e| e.id.clone()).collect();
        assert_eq!(ids, (1..=12).map(|n| format!("i{n}")).collect::<Vec<_>>());
        assert_eq!(input.names.as_ref().unwrap()[11], "n12");
        let attribute = &input.entries.as_ref().unwrap()[1].message_attributes.as_ref().unwrap()["a"];
        assert_eq!(attribute.data_type, "String");
        assert_eq!(input.attributes.unwrap()["DelaySeconds"], "5");
        assert_eq!(input.tags.unwrap()["k"], "v &");
        assert_eq!(input.queue_url, None);
    }

    #[test]
    fn one_entry_without_number() {
        let input = read("Attribute.Name=Policy&Attribute.Value=%7B%7D").unwrap();
        assert_eq!(input.attributes.unwrap()["Policy"], "{}");
    }

    #[test]
    fn empty_lists_and_wrong_values() {
        assert_eq!(read("Names=").unwrap().names, Some(vec![]));
        assert_eq!(read("QueueUrl=").unwrap().queue_url.unwrap(), "");
        let Error::Value(problem) = read("DelaySeconds=x").unwrap_err() else { panic!() };
        assert_eq!((problem.text.as_str(), problem.expected), ("x", "integer"));
        assert_eq!(read("QueueUrl=%ff"), Err(Error::Encoding));
        assert_eq!(read(&"a=1&".repeat(PARAMETERS_MAX + 1)), Err(Error::TooLarge));
        assert_eq!(read(&"a.".repeat(1000)), Err(Error::TooLarge));
    }

    #[test]
    fn answers_have_their_frame() {
        let input = read("QueueUrl=a%3Cb").unwrap();
        let text = encode("GetX", "http://x/", Input::schema(), &input.into_doc(), "id");
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<GetXResponse xmlns=\"http://x/\"><GetXResult>\
             <QueueUrl>a&lt;b</QueueUrl></GetXResult><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata>\
             </GetXResponse>"
        );
    }

    proptest! {
        #[test]
        fn no_form_panics(form in "([A-Za-z.0-9%&=+]|Attribute\\.|entry\\.|[0-9]{1,25}\\.|Name=|Value=|&){0,40}") {
            // Only panics count.
            drop(read(&form));
        }
    }
}
