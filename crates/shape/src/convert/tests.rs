use crate::{Binding, Doc, Members, Schema, Shape, validate, violations_text};

#[derive(Debug, PartialEq, Shape)]
struct StreamTarget {
    #[shape(len = 1..=5)]
    stream_name: Option<String>,
    #[shape(name = "StreamARN", querystring = "arn")]
    stream_arn: String,
}

#[derive(Debug, PartialEq, Shape)]
#[shape(rename_all = "camelCase")]
struct Paging {
    #[shape(range = 1..=10)]
    max_results: i32,
    #[shape(default)]
    next_token: String,
}

#[derive(Debug, PartialEq, Shape)]
struct Input {
    tag: String,
    #[shape(flatten)]
    stream: StreamTarget,
    shard: Option<i64>,
    #[shape(flatten)]
    paging: Paging,
}

/// Groups within groups.
#[derive(Debug, PartialEq, Shape)]
struct Outer {
    #[shape(flatten)]
    input: Input,
    last: bool,
}

fn fields(schema: Schema) -> Vec<crate::Field> {
    let Schema::Structure(structure) = schema else { panic!("{schema:?} is no structure") };
    structure.fields.to_vec()
}

fn text(text: &str) -> Doc {
    Doc::Text(text.to_owned())
}

#[test]
fn flattened_members_stand_where_their_group_does() {
    let fields = fields(Outer::schema());
    let seen: Vec<(&str, bool)> = fields.iter().map(|field| (field.name, field.required)).collect();
    let expected = [
        ("Tag", true),
        ("StreamName", false),
        ("StreamARN", true),
        ("Shard", false),
        ("maxResults", true),
        ("nextToken", false),
        ("Last", true),
    ];
    assert_eq!(seen, expected);
    assert_eq!(fields[2].binding, Binding::Querystring("arn"));
    assert_eq!(Outer::FIELDS.len(), expected.len());
}

#[test]
fn flattened_members_go_both_ways() {
    let value = || Outer {
        input: Input {
            tag: "t".to_owned(),
            stream: StreamTarget { stream_name: Some("s".to_owned()), stream_arn: "a".to_owned() },
            shard: Some(3),
            paging: Paging { max_results: 4, next_token: String::new() },
        },
        last: true,
    };
    let Doc::Structure(members) = value().into_doc() else { panic!("no structure") };
    let kinds: Vec<&str> = members.iter().map(Doc::kind).collect();
    assert_eq!(kinds, ["string", "string", "string", "integer", "integer", "string", "boolean"]);
    assert_eq!(Outer::from_doc(Doc::Structure(members)), Ok(value()));
}

#[test]
fn absent_members_of_a_group_are_absent() {
    let doc = Doc::Structure(vec![text("t"), Doc::Null, text("a"), Doc::Null, Doc::Int(1)]);
    let read = Input::from_doc(doc).unwrap();
    assert_eq!(read.stream, StreamTarget { stream_name: None, stream_arn: "a".to_owned() });
    assert_eq!(read.paging, Paging { max_results: 1, next_token: String::new() });
}

/// The group is of our making: no client sees it in a path.
#[test]
fn violations_do_not_name_the_group() {
    let doc = Doc::Structure(vec![text("t"), text("longer"), Doc::Null, Doc::Null, Doc::Int(11)]);
    assert_eq!(
        violations_text(&validate(Input::schema(), &doc)),
        "3 validation errors detected: \
         Value 'longer' at 'streamName' failed to satisfy constraint: \
         Member must have length less than or equal to 5; \
         Value null at 'streamARN' failed to satisfy constraint: Member must not be null; \
         Value '11' at 'maxResults' failed to satisfy constraint: \
         Member must have value less than or equal to 10",
    );
    let wrong = Doc::Structure(vec![text("t"), Doc::Null, Doc::Bool(true)]);
    assert_eq!(Input::from_doc(wrong).unwrap_err().path, "stream_arn");
}
