//! The least input that passes an operation's constraints, made from its schema.

use shape::{Check, Doc, Field, Schema, Stream, Structure, Timestamp};

/// Texts that satisfy most of AWS's patterns; the first that does is taken.
const TEXTS: &[&str] = &[
    "sample",
    "/sample",
    "arn:aws:iam::000000000000:role/sample",
    "arn:aws:lambda:us-east-1:000000000000:function:sample",
    "arn:aws:lambda:us-east-1:000000000000:layer:sample",
    "arn:aws:lambda:us-east-1:000000000000:layer:sample:1",
    "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-samplesamplesampl",
    "arn:aws:sqs:us-east-1:000000000000:sample",
    "arn:aws:logs:us-east-1:000000000000:log-group:sample",
    "arn:aws:scheduler:us-east-1:000000000000:schedule-group/sample",
    "arn:aws:events:us-east-1:000000000000:connection/sample/1",
    "arn:aws:pipes:us-east-1:000000000000:pipe/sample",
    "arn:aws:kinesis:us-east-1:000000000000:stream/sample",
    "arn:aws:kinesis:us-east-1:000000000000:stream/sample/consumer/sample:1",
    "1",
    "lambda:InvokeFunction",
    "{}",
    "$LATEST",
    "sample-sample-sample-sample-sample",
    "200",
    "v1",
    "AKIAIOSFODNN7EXAMPLE",
    "lambda:GetLayerVersion",
    "000000000000",
];

/// Members that name the resource although the schema does not require them, with a value that does.
const HINTS: &[(&str, &str)] = &[
    ("QueueName", "sample"),
    ("QueueUrl", "http://localhost:4566/000000000000/sample"),
    ("logGroupName", "sample"),
    ("resourceArn", "arn:aws:logs:us-east-1:000000000000:log-group:sample"),
];

/// The least input of `schema`.
pub(crate) fn least(schema: Schema) -> Doc {
    match schema {
        Schema::Structure(structure) => least_structure(structure),
        Schema::Union(structure) => {
            structure.fields.first().map_or(Doc::Null, |field| Doc::Union(0, Box::new(member(field))))
        }
        Schema::Bool => Doc::Bool(true),
        Schema::Integer | Schema::Long => Doc::Int(1),
        Schema::Float | Schema::Double => Doc::Float(1.0),
        Schema::Text => Doc::Text("sample".to_owned()),
        Schema::Enum(enumeration) => {
            Doc::Text(enumeration.values.first().copied().unwrap_or_default().to_owned())
        }
        Schema::Blob => Doc::Blob("sample".into()),
        Schema::Stream => Doc::Stream(Stream::once("sample".into())),
        Schema::Timestamp => Doc::Time(Timestamp::from_secs(1)),
        Schema::Document => Doc::Document(serde_json::json!({})),
        Schema::List(list) => Doc::List(vec![least(list.element.get())]),
        Schema::Map(map) => Doc::Map(vec![("sample".to_owned(), least(map.value.get()))]),
    }
}

fn least_structure(structure: &Structure) -> Doc {
    let members = structure.fields.iter();
    let hinted = |field: &Field| {
        HINTS.iter().find(|(name, _)| *name == field.name).map(|(_, text)| (*text).to_owned())
    };
    let value = |field| match hinted(field) {
        Some(text) => Doc::Text(text),
        None if field.required => member(field),
        None => Doc::Null,
    };
    Doc::Structure(members.map(value).collect())
}

fn member(field: &Field) -> Doc {
    let schema = field.schema.get();
    match schema {
        Schema::Text => text(field.checks),
        Schema::List(list) if matches!(list.element.get(), Schema::Text) => Doc::List(vec![text(field.each)]),
        Schema::Integer | Schema::Long => Doc::Int(least_number(field.checks)),
        schema => least(schema),
    }
}

fn least_number(checks: &[Check]) -> i64 {
    checks
        .iter()
        .find_map(|check| if let Check::Range(Some(least), _) = check { Some(*least) } else { None })
        .unwrap_or(1)
}

fn text(checks: &[Check]) -> Doc {
    let fits = |text: &&&str| checks.iter().all(|check| fits(check, text));
    let found = TEXTS.iter().find(fits).unwrap_or(&TEXTS[0]);
    Doc::Text((*found).to_owned())
}

fn fits(check: &Check, text: &str) -> bool {
    match check {
        Check::Len(least, most) => {
            let length = text.chars().count() as u64;
            least.is_none_or(|least| length >= least) && most.is_none_or(|most| length <= most)
        }
        Check::Pattern(pattern) => fancy_regex::Regex::new(&format!("^(?:{pattern})$"))
            .is_ok_and(|regex| regex.is_match(text).unwrap_or(false)),
        Check::Range(..) => true,
    }
}
