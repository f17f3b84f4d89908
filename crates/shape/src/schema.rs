//! The static description of a shape: the data that protocols interpret.

/// What a value may be. Cheap to copy: everything behind it is static.
#[derive(Clone, Copy, Debug)]
pub enum Schema {
    /// `true` or `false`.
    Bool,
    /// A 32-bit signed integer.
    Integer,
    /// A 64-bit signed integer.
    Long,
    /// A 32-bit floating point number.
    Float,
    /// A 64-bit floating point number.
    Double,
    /// UTF-8 text.
    Text,
    /// Text from a closed set.
    Enum(&'static Enumeration),
    /// Bytes held in memory.
    Blob,
    /// Bytes that flow; only as an HTTP payload.
    Stream,
    /// An instant with millisecond precision.
    Timestamp,
    /// Any JSON value (Smithy's document type).
    Document,
    /// A structure with named members.
    Structure(&'static Structure),
    /// A tagged union: exactly one of the members.
    Union(&'static Structure),
    /// A list.
    List(&'static ListShape),
    /// A map with text keys.
    Map(&'static MapShape),
}

/// A reference from one schema to another.
///
/// Recursive shapes (DynamoDB's AttributeValue) cannot be plain constants, so derived schemas link lazily;
/// schemas that are built at run time, as in vector tests, link to data.
#[derive(Clone, Copy, Debug)]
pub enum Link {
    /// Asked for on each visit.
    Lazy(fn() -> Schema),
    /// Already there.
    Data(&'static Schema),
}

impl Link {
    /// The schema behind the link.
    pub fn get(self) -> Schema {
        match self {
            Self::Lazy(schema) => schema(),
            Self::Data(schema) => *schema,
        }
    }
}

/// The members of a structure or union, in declaration order; a [`crate::Doc::Structure`] has the same order.
#[derive(Debug)]
pub struct Structure {
    /// The shape's name in AWS's model, or the Rust type's.
    pub name: &'static str,
    /// Members in order.
    pub fields: &'static [Field],
    /// The XML root element when it is not `name`.
    pub xml: Option<&'static str>,
    /// The XML namespace of the root element.
    pub namespace: Option<Namespace>,
}

impl Structure {
    /// The index of the member called `name`.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }
}

/// A member of a structure.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The member's name in AWS's model.
    pub name: &'static str,
    /// Its shape.
    pub schema: Link,
    /// Whether a request without it is wrong.
    pub required: bool,
    /// The name in JSON bodies when it is not `name`.
    pub json: Option<&'static str>,
    /// The element (or attribute) name in XML bodies when it is not `name`.
    pub xml: Option<&'static str>,
    /// The name in the query protocol when it is neither `xml` nor `name`.
    pub query_name: Option<&'static str>,
    /// Lists and maps without their wrapper element (Smithy `xmlFlattened`).
    pub flat: bool,
    /// The element name of a list's items when it is not the list's own.
    pub member: Option<&'static str>,
    /// The element name of a map's keys when it is not the map's own.
    pub key: Option<&'static str>,
    /// The element name of a map's values when it is not the map's own.
    pub value: Option<&'static str>,
    /// An XML attribute of the enclosing element.
    pub attribute: bool,
    /// The XML namespace of the element.
    pub namespace: Option<Namespace>,
    /// The timestamp's format when it is not the protocol's default for the place.
    pub format: Option<TimeFormat>,
    /// Where the member stands in an HTTP message.
    pub binding: Binding,
    /// Constraints on the value.
    pub checks: &'static [Check],
    /// Constraints on each element of a list, or each value of a map.
    pub each: &'static [Check],
    /// Never shown in logs or error texts.
    pub sensitive: bool,
}

impl Field {
    /// An optional body member without constraints: what the derive and tests start from.
    pub const fn new(name: &'static str, schema: Link) -> Self {
        Self {
            name,
            schema,
            required: false,
            json: None,
            xml: None,
            query_name: None,
            flat: false,
            member: None,
            key: None,
            value: None,
            attribute: false,
            namespace: None,
            format: None,
            binding: Binding::Body,
            checks: &[],
            each: &[],
            sensitive: false,
        }
    }
}

/// Where a member stands in an HTTP message of a REST protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// In the body document.
    Body,
    /// In the header of this name.
    Header(&'static str),
    /// A map: all headers that begin with this prefix.
    Headers(&'static str),
    /// In the path, where the template has the member's name in braces.
    Label,
    /// In the query string under this name.
    Querystring(&'static str),
    /// A map: all of the query string that no other member takes.
    Querystrings,
    /// It is the body.
    Payload,
    /// It is the status code of the answer.
    Status,
}

/// A closed set of texts.
#[derive(Debug)]
pub struct Enumeration {
    /// The shape's name.
    pub name: &'static str,
    /// The texts in AWS's order.
    pub values: &'static [&'static str],
}

/// A list's shape.
#[derive(Debug)]
pub struct ListShape {
    /// The elements' shape.
    pub element: Link,
    /// The element name in XML and query when it is not `member`.
    pub member: Option<&'static str>,
    /// The timestamp format of elements.
    pub format: Option<TimeFormat>,
    /// Whether nulls are kept.
    pub sparse: bool,
}

/// A map's shape; keys are text.
#[derive(Debug)]
pub struct MapShape {
    /// The values' shape.
    pub value: Link,
    /// The element name of keys when it is not `key`.
    pub key_name: Option<&'static str>,
    /// The element name of values when it is not `value`.
    pub value_name: Option<&'static str>,
    /// Whether nulls are kept.
    pub sparse: bool,
}

/// An XML namespace declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// The prefix, if it has one.
    pub prefix: Option<&'static str>,
    /// The URI.
    pub uri: &'static str,
}

/// How a timestamp is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeFormat {
    /// `2026-11-21T05:26:25Z`
    Iso8601,
    /// `Sat, 21 Nov 2026 05:26:25 GMT`
    HttpDate,
    /// Seconds since 1970, with a fraction where there is one.
    EpochSeconds,
}

/// A constraint on a value.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// Least and greatest length: characters of text, bytes of a blob, elements of a list or map.
    Len(Option<u64>, Option<u64>),
    /// Least and greatest number.
    Range(Option<i64>, Option<i64>),
    /// A regular expression that the whole text must match, as AWS writes it.
    Pattern(&'static str),
}
