//! Records of imported objects: cut out of bytes, and read as items.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ddbexpr::{Item, Value};
use serde_json::Value as Json;

use super::Format;
use crate::table::{KeyKind, TableRow};

/// Cuts bytes into records: lines, but a line of CSV goes on behind a line end inside quotes.
pub(super) struct Cutter {
    bytes: Vec<u8>,
    /// How far was looked.
    seen: usize,
    knows_quotes: bool,
    is_quoted: bool,
}

impl Cutter {
    pub(super) fn new(format: &Format) -> Self {
        let knows_quotes = matches!(format, Format::Csv { .. });
        Self { bytes: Vec::new(), seen: 0, knows_quotes, is_quoted: false }
    }

    /// Takes more bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The records that are whole, without their line ends.
    pub(super) fn take(&mut self) -> Vec<Vec<u8>> {
        let (mut records, mut from) = (Vec::new(), 0);
        for at in self.seen..self.bytes.len() {
            match self.bytes[at] {
                b'"' if self.knows_quotes => self.is_quoted = !self.is_quoted,
                b'\n' if !self.is_quoted => {
                    records.push(trimmed(&self.bytes[from..at]).to_vec());
                    from = at + 1;
                }
                _ => {}
            }
        }
        self.bytes.drain(..from);
        self.seen = self.bytes.len();
        records
    }

    /// Bytes that are not a whole record yet.
    pub(super) fn waiting(&self) -> usize {
        self.bytes.len()
    }

    /// The last record, which needs no line end.
    pub(super) fn finish(self) -> Option<Vec<u8>> {
        (!self.bytes.is_empty()).then(|| trimmed(&self.bytes).to_vec())
    }
}

fn trimmed(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Reads records as items of a table.
pub(super) struct Reader<'a> {
    format: &'a Format,
    table: &'a TableRow,
    header: Option<Vec<String>>,
}

/// What a record is.
pub(super) enum Read {
    Item(Item),
    /// Nothing that counts: an empty line, the names of the columns.
    Nothing,
    /// It cannot be an item.
    Wrong,
}

impl<'a> Reader<'a> {
    pub(super) fn new(format: &'a Format, table: &'a TableRow) -> Self {
        let header = match format {
            Format::DynamodbJson => None,
            Format::Csv { header, .. } => header.clone(),
        };
        Self { format, table, header }
    }

    /// Reads the next record of an object.
    pub(super) fn read(&mut self, record: &[u8]) -> Read {
        if record.iter().all(u8::is_ascii_whitespace) {
            return Read::Nothing;
        }
        match self.format {
            Format::DynamodbJson => json(record).map_or(Read::Wrong, Read::Item),
            Format::Csv { delimiter, .. } => {
                let Some(fields) = fields(record, *delimiter) else { return Read::Wrong };
                let Some(header) = &self.header else {
                    self.header = Some(fields);
                    return Read::Nothing;
                };
                row(self.table, header, fields).map_or(Read::Wrong, Read::Item)
            }
        }
    }
}

/// `{"Item": {...}}`, as exports write it.
fn json(record: &[u8]) -> Option<Item> {
    let json: Json = serde_json::from_slice(record).ok()?;
    ddbexpr::json::read_item(json.get("Item")?).ok()
}

/// The fields of a record of CSV. Quotes stand around a field, and twice inside of it.
fn fields(record: &[u8], delimiter: char) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = std::str::from_utf8(record).ok()?;
    loop {
        let (field, behind) = match rest.strip_prefix('"') {
            Some(quoted) => unquoted(quoted)?,
            None => {
                let end = rest.find(delimiter).unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        fields.push(field);
        match behind.strip_prefix(delimiter) {
            Some(next) => rest = next,
            None if behind.is_empty() => return Some(fields),
            None => return None,
        }
    }
}

/// A field behind its first quote, and what follows its last one.
fn unquoted(mut rest: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    loop {
        let end = rest.find('"')?;
        field.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(more) => {
                field.push('"');
                rest = more;
            }
            None => return Some((field, rest)),
        }
    }
}

/// Keys have the types that the table defines, everything else is text, as with DynamoDB.
fn row(table: &TableRow, header: &[String], fields: Vec<String>) -> Option<Item> {
    if fields.len() > header.len() {
        return None;
    }
    let mut item = Item::new();
    for (name, field) in header.iter().zip(fields) {
        let value = match table.attributes.get(name) {
            Some(KeyKind::N) => Value::N(field.parse().ok()?),
            Some(KeyKind::B) => Value::B(STANDARD.decode(field).ok()?),
            Some(KeyKind::S) | None => Value::S(field),
        };
        item.insert(name.clone(), value);
    }
    Some(item)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: Format = Format::Csv { delimiter: ',', header: None };

    fn cut(format: &Format, pieces: &[&str]) -> Vec<String> {
        let mut cutter = Cutter::new(format);
        let mut records = Vec::new();
        for piece in pieces {
            cutter.push(piece.as_bytes());
            records.extend(cutter.take());
        }
        records.extend(cutter.finish());
        records.into_iter().map(|record| String::from_utf8(record).unwrap()).collect()
    }

    #[test]
    fn records_end_with_lines_wherever_pieces_end() {
        assert_eq!(cut(&Format::DynamodbJson, &["a\"\nb", "c\r\n", "d"]), ["a\"", "bc", "d"]);
        assert_eq!(cut(&CSV, &["a,\"x\n", "y\"\"\n\",b\nc\n"]), ["a,\"x\ny\"\"\n\",b", "c"]);
    }

    #[test]
    fn fields_of_csv() {
        let read = |text: &str| fields(text.as_bytes(), ',');
        let texts = |texts: &[&str]| Some(texts.iter().map(|text| text.to_string()).collect::<Vec<_>>());
        assert_eq!(read("a,b c,"), texts(&["a", "b c", ""]));
        assert_eq!(read("\"a,\"\"b\"\"\",c"), texts(&["a,\"b\"", "c"]));
        assert_eq!(read("\"a"), None);
        assert_eq!(read("\"a\"b,c"), None);
        assert_eq!(fields(b"a|b", '|'), texts(&["a", "b"]));
        assert_eq!(fields(&[0xff], ','), None);
    }

    #[test]
    fn items_of_json() {
        assert!(json(br#"{"Item":{"p":{"S":"a"}}}"#).is_some());
        for wrong in ["", "{}", r#"{"p":{"S":"a"}}"#, r#"{"Item":{"p":{"S":1}}}"#, r#"{"Item":{"p":"#] {
            assert!(json(wrong.as_bytes()).is_none(), "{wrong}");
        }
    }
}
