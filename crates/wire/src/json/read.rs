//! Text to documents.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shape::{Doc, Schema, Stream, TimeFormat};

use super::{Error, Members};
use crate::aggregate::{self, Bounds, Reader as _};
use crate::time;

pub(crate) fn decode_members(schema: Schema, text: &[u8], members: Members) -> Result<Doc, Error> {
    let text = std::str::from_utf8(text).map_err(|_| Error::syntax())?;
    let mut reader = Reader { text, at: 0, bounds: Bounds::new(), members };
    reader.skip_space();
    if reader.at == text.len()
        && let Schema::Structure(structure) = schema
    {
        return Ok(Doc::Structure(vec![Doc::Null; structure.fields.len()]));
    }
    let doc = reader.value(schema, None)?;
    reader.skip_space();
    if reader.at < text.len() || (doc.is_null() && members == Members::Body) {
        return Err(Error::syntax());
    }
    Ok(doc)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    bounds: Bounds,
    members: Members,
}

impl<'a> aggregate::Reader<'a> for Reader<'a> {
    fn bounds(&mut self) -> &mut Bounds {
        &mut self.bounds
    }

    fn members(&self) -> Members {
        self.members
    }

    fn value(&mut self, schema: Schema, format: Option<TimeFormat>) -> Result<Doc, Error> {
        self.bounds.count(1)?;
        let first = self.peek();
        if first == b'n' {
            self.word("null")?;
            return Ok(match schema {
                Schema::Document => Doc::Document(serde_json::Value::Null),
                _ => Doc::Null,
            });
        }
        match schema {
            Schema::Document => self.document(),
            Schema::Structure(structure) => {
                self.opening(b'{', first)?;
                self.deeper(|r| r.structure(structure))
            }
            Schema::Union(structure) => {
                self.opening(b'{', first)?;
                self.deeper(|r| r.union(structure))
            }
            Schema::Map(map) => {
                self.opening(b'{', first)?;
                self.deeper(|r| r.map(map))
            }
            Schema::List(list) => {
                self.opening(b'[', first)?;
                self.deeper(|r| r.list(list))
            }
            scalar => match first {
                b'{' => Err(Error::no_map_here()),
                b'[' => Err(Error::no_list_here()),
                _ => self.scalar(scalar, first, format),
            },
        }
    }

    fn skip(&mut self) -> Result<(), Error> {
        self.bounds.count(1)?;
        match self.peek() {
            b'{' => self.deeper(|r| r.entries(|r, _| r.skip())),
            b'[' => self.deeper(|r| r.elements(Self::skip)),
            b'"' => self.string().map(drop),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number().map(drop),
        }
    }

    fn entries(
        &mut self,
        mut each: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.expect(b'{')?;
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            if self.peek() != b'"' {
                return Err(Error::syntax());
            }
            let key = self.string()?;
            self.expect(b':')?;
            each(self, key)?;
            if self.take(b'}') {
                return Ok(());
            }
            self.expect(b',')?;
        }
    }

    fn elements(&mut self, mut each: impl FnMut(&mut Self) -> Result<(), Error>) -> Result<(), Error> {
        self.expect(b'[')?;
        if self.take(b']') {
            return Ok(());
        }
        loop {
            each(self)?;
            if self.take(b']') {
                return Ok(());
            }
            self.expect(b',')?;
        }
    }
}

impl<'a> Reader<'a> {
    fn skip_space(&mut self) {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The next byte that is no white space; 0 at the end, which no value begins with.
    fn peek(&mut self) -> u8 {
        self.skip_space();
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == byte;
        if found {
            self.at += 1;
        }
        found
    }

    fn expect(&mut self, byte: u8) -> Result<(), Error> {
        if self.take(byte) { Ok(()) } else { Err(Error::syntax()) }
    }

    fn word(&mut self, word: &str) -> Result<(), Error> {
        if self.text[self.at..].starts_with(word) {
            self.at += word.len();
            return Ok(());
        }
        Err(Error::syntax())
    }

    /// Checks that a value begins as it must; the reader of the value takes the sign itself.
    fn opening(&mut self, wanted: u8, first: u8) -> Result<(), Error> {
        match (wanted, first) {
            (wanted, first) if wanted == first => Ok(()),
            (b'[', b'{') => Err(Error::no_map_here()),
            (b'{', b'[') => Err(Error::no_list_here()),
            (b'[', b'"' | b't' | b'f' | b'-' | b'0'..=b'9') => Err(Error::no_list()),
            (_, b'"' | b't' | b'f' | b'-' | b'0'..=b'9') => Err(Error::no_map()),
            _ => Err(Error::syntax()),
        }
    }

    fn scalar(&mut self, schema: Schema, first: u8, format: Option<TimeFormat>) -> Result<Doc, Error> {
        match first {
            b'"' => {
                let text = self.string()?;
                from_string(schema, text, format)
            }
            b't' | b'f' => {
                let value = first == b't';
                self.word(if value { "true" } else { "false" })?;
                match schema {
                    Schema::Bool => Ok(Doc::Bool(value)),
                    _ => Err(wrong_kind(if value { "TRUE_VALUE" } else { "FALSE_VALUE" }, schema)),
                }
            }
            b'-' | b'0'..=b'9' => {
                let text = self.number()?;
                from_number(schema, text, format)
            }
            _ => Err(Error::syntax()),
        }
    }

    fn document(&mut self) -> Result<Doc, Error> {
        let from = self.at;
        self.skip()?;
        let value = serde_json::from_str(&self.text[from..self.at]).map_err(|_| Error::syntax())?;
        Ok(Doc::Document(value))
    }

    fn number(&mut self) -> Result<&'a str, Error> {
        let bytes = self.text.as_bytes();
        let from = self.at;
        let digits = |at: &mut usize| {
            let from = *at;
            while bytes.get(*at).is_some_and(u8::is_ascii_digit) {
                *at += 1;
            }
            *at - from
        };
        let mut at = from;
        if bytes.get(at) == Some(&b'-') {
            at += 1;
        }
        let leading_zero = bytes.get(at) == Some(&b'0');
        let whole = digits(&mut at);
        if whole == 0 || (leading_zero && whole > 1) {
            return Err(Error::syntax());
        }
        if bytes.get(at) == Some(&b'.') {
            at += 1;
            if digits(&mut at) == 0 {
                return Err(Error::syntax());
            }
        }
        if matches!(bytes.get(at), Some(b'e' | b'E')) {
            at += 1;
            if matches!(bytes.get(at), Some(b'+' | b'-')) {
                at += 1;
            }
            if digits(&mut at) == 0 {
                return Err(Error::syntax());
            }
        }
        self.at = at;
        Ok(&self.text[from..at])
    }

    /// The string that begins here; borrowed when nothing in it is escaped.
    fn string(&mut self) -> Result<Cow<'a, str>, Error> {
        self.at += 1;
        let bytes = self.text.as_bytes();
        let from = self.at;
        loop {
            match bytes.get(self.at) {
                Some(b'"') => {
                    let text = &self.text[from..self.at];
                    self.at += 1;
                    return Ok(Cow::Borrowed(text));
                }
                Some(b'\\') => return self.escaped_string(from).map(Cow::Owned),
                Some(0x20..) => self.at += 1,
                _ => return Err(Error::syntax()),
            }
        }
    }

    fn escaped_string(&mut self, from: usize) -> Result<String, Error> {
        let bytes = self.text.as_bytes();
        let mut out = self.text[from..self.at].to_owned();
        loop {
            let plain = self.at;
            while matches!(bytes.get(self.at), Some(0x20..)) && !matches!(bytes[self.at], b'"' | b'\\') {
                self.at += 1;
            }
            out.push_str(&self.text[plain..self.at]);
            match bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    out.push(self.escape()?);
                }
                _ => return Err(Error::syntax()),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Error> {
        let sign = self.text.as_bytes().get(self.at).copied().ok_or_else(Error::syntax)?;
        self.at += 1;
        Ok(match sign {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => self.unicode_escape()?,
            _ => return Err(Error::syntax()),
        })
    }

    fn unicode_escape(&mut self) -> Result<char, Error> {
        let first = self.hex4()?;
        if !(0xd800..0xdc00).contains(&first) {
            // The second half of a pair alone stands for no character.
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let after_first = self.at;
        if self.text[self.at..].starts_with("\\u") {
            self.at += 2;
            let second = self.hex4()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = after_first;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hex4(&mut self) -> Result<u32, Error> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4).ok_or_else(Error::syntax)?;
        let mut code = 0;
        for digit in digits {
            code = code * 16 + (*digit as char).to_digit(16).ok_or_else(Error::syntax)?;
        }
        self.at += 4;
        Ok(code)
    }
}

/// The type's name with its article, as AWS's error texts have it.
fn wanted(schema: Schema) -> &'static str {
    match schema {
        Schema::Bool => "a Boolean",
        Schema::Integer => "an Integer",
        Schema::Long => "a Long",
        Schema::Float => "a Float",
        Schema::Double => "a Double",
        Schema::Blob | Schema::Stream => "a Blob",
        Schema::Timestamp => "milliseconds since epoch",
        _ => "a String",
    }
}

pub(crate) fn wrong_kind(kind: &str, schema: Schema) -> Error {
    Error::new(format!("{kind} can not be converted to {}", wanted(schema)))
}

fn from_string(schema: Schema, text: Cow<'_, str>, format: Option<TimeFormat>) -> Result<Doc, Error> {
    let wrong = || wrong_kind("STRING_VALUE", schema);
    match schema {
        Schema::Text | Schema::Enum(_) => Ok(Doc::Text(text.into_owned())),
        Schema::Blob => STANDARD.decode(text.as_bytes()).map(|b| Doc::Blob(b.into())).map_err(|_| wrong()),
        Schema::Stream => {
            STANDARD.decode(text.as_bytes()).map(|b| Doc::Stream(Stream::once(b.into()))).map_err(|_| wrong())
        }
        Schema::Float | Schema::Double => match &*text {
            "NaN" => Ok(Doc::Float(f64::NAN)),
            "Infinity" => Ok(Doc::Float(f64::INFINITY)),
            "-Infinity" => Ok(Doc::Float(f64::NEG_INFINITY)),
            _ => Err(wrong()),
        },
        Schema::Timestamp => match format {
            Some(TimeFormat::Iso8601) => time::parse_iso8601(&text),
            Some(TimeFormat::HttpDate) => time::parse_http_date(&text),
            Some(TimeFormat::EpochSeconds) | None => None,
        }
        .map(Doc::Time)
        .ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

fn from_number(schema: Schema, text: &str, format: Option<TimeFormat>) -> Result<Doc, Error> {
    let is_decimal = text.contains(['.', 'e', 'E']);
    let wrong = || wrong_kind(if is_decimal { "DECIMAL_VALUE" } else { "NUMBER_VALUE" }, schema);
    match schema {
        Schema::Integer | Schema::Long => {
            let number =
                if is_decimal { text.parse().ok().and_then(whole) } else { text.parse::<i64>().ok() };
            let number = number.filter(|n| matches!(schema, Schema::Long) || i32::try_from(*n).is_ok());
            number.map(Doc::Int).ok_or_else(wrong)
        }
        Schema::Float | Schema::Double => {
            text.parse::<f64>().ok().filter(|n| n.is_finite()).map(Doc::Float).ok_or_else(wrong)
        }
        Schema::Timestamp if matches!(format, None | Some(TimeFormat::EpochSeconds)) => {
            time::parse_epoch_seconds(text).map(Doc::Time).ok_or_else(wrong)
        }
        _ => Err(wrong()),
    }
}

/// `1.0` and `1e3` are whole numbers, too.
pub(crate) fn whole(number: f64) -> Option<i64> {
    let exact = number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
    exact.then_some(number as i64)
}
