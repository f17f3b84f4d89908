//! JSON with places: the same tree as [`crate::yaml`] makes, for templates written in JSON.

use std::collections::HashSet;
use std::iter::Peekable;
use std::str::CharIndices;

use serde_json::Number;

use crate::node::{DEPTH_MAX, Entry, Error, NODES_MAX, Node, Span, Value};

/// Reads one JSON text. Duplicate keys are refused.
pub fn parse(text: &str) -> Result<Node, Error> {
    let mut reader = Reader { text, chars: text.char_indices().peekable(), line: 1, column: 1, nodes: 0 };
    let node = reader.value(0)?;
    reader.blank();
    match reader.peek() {
        None => Ok(node),
        Some(found) => Err(reader.error(format!("unexpected `{found}` after the value"))),
    }
}

struct Reader<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
    line: usize,
    column: usize,
    nodes: usize,
}

impl<'a> Reader<'a> {
    fn span(&self) -> Span {
        Span::new(self.line, self.column)
    }

    fn error(&self, message: impl Into<String>) -> Error {
        Error::new(self.span(), message)
    }

    fn peek(&mut self) -> Option<char> {
        self.chars.peek().map(|(_, found)| *found)
    }

    /// Where the next character begins, in bytes.
    fn at(&mut self) -> usize {
        self.chars.peek().map_or(self.text.len(), |(at, _)| *at)
    }

    fn bump(&mut self) -> Option<char> {
        let (_, found) = self.chars.next()?;
        if found == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(found)
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.bump();
        }
    }

    fn expect(&mut self, wanted: char) -> Result<(), Error> {
        match self.peek() {
            Some(found) if found == wanted => {
                self.bump();
                Ok(())
            }
            Some(found) => Err(self.error(format!("expected `{wanted}`, found `{found}`"))),
            None => Err(self.error(format!("expected `{wanted}`, found the end"))),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, Error> {
        self.blank();
        let span = self.span();
        if depth > DEPTH_MAX {
            return Err(self.error(format!("nested deeper than {DEPTH_MAX} levels")));
        }
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return Err(self.error(format!("more than {NODES_MAX} values")));
        }
        let value = match self.peek() {
            Some('{') => self.object(depth)?,
            Some('[') => self.array(depth)?,
            Some('"') => Value::Text(self.string()?),
            Some('-' | '0'..='9') => self.number()?,
            Some('a'..='z') => self.word()?,
            Some(found) => return Err(self.error(format!("unexpected `{found}`"))),
            None => return Err(self.error("the text ends where a value should stand")),
        };
        Ok(Node::new(span, value))
    }

    fn object(&mut self, depth: usize) -> Result<Value, Error> {
        self.expect('{')?;
        let mut entries: Vec<Entry> = Vec::new();
        let mut keys = HashSet::new();
        self.blank();
        if self.peek() == Some('}') {
            self.bump();
            return Ok(Value::Map(entries));
        }
        loop {
            self.blank();
            let span = self.span();
            let key = self.string()?;
            if !keys.insert(key.clone()) {
                return Err(Error::new(span, format!("duplicate key `{key}`")));
            }
            self.blank();
            self.expect(':')?;
            let value = self.value(depth + 1)?;
            entries.push(Entry { key, span, value });
            self.blank();
            if self.peek() == Some(',') {
                self.bump();
                continue;
            }
            self.expect('}')?;
            return Ok(Value::Map(entries));
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, Error> {
        self.expect('[')?;
        let mut items = Vec::new();
        self.blank();
        if self.peek() == Some(']') {
            self.bump();
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.blank();
            if self.peek() == Some(',') {
                self.bump();
                continue;
            }
            self.expect(']')?;
            return Ok(Value::List(items));
        }
    }

    fn word(&mut self) -> Result<Value, Error> {
        let span = self.span();
        let from = self.at();
        while matches!(self.peek(), Some('a'..='z')) {
            self.bump();
        }
        let to = self.at();
        match &self.text[from..to] {
            "null" => Ok(Value::Null),
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            other => Err(Error::new(span, format!("unexpected `{other}`"))),
        }
    }

    fn number(&mut self) -> Result<Value, Error> {
        let span = self.span();
        let from = self.at();
        while matches!(self.peek(), Some('0'..='9' | '-' | '+' | '.' | 'e' | 'E')) {
            self.bump();
        }
        let to = self.at();
        let text = &self.text[from..to];
        match serde_json::from_str::<Number>(text) {
            Ok(number) => Ok(Value::Number(number)),
            Err(_) => Err(Error::new(span, format!("`{text}` is not a number"))),
        }
    }

    fn string(&mut self) -> Result<String, Error> {
        self.expect('"')?;
        let mut out = String::new();
        loop {
            match self.bump() {
                Some('"') => return Ok(out),
                Some('\\') => out.push(self.escape()?),
                // CloudFormation accepts line ends inside of a text, which JSON itself does not.
                Some(found) if found < ' ' && !matches!(found, '\n' | '\r' | '\t') => {
                    return Err(self.error("a control character in a text must be escaped"));
                }
                Some(found) => out.push(found),
                None => return Err(self.error("the text ends inside of a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Error> {
        match self.bump() {
            Some(found @ ('"' | '\\' | '/')) => Ok(found),
            Some('b') => Ok('\u{8}'),
            Some('f') => Ok('\u{c}'),
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some('u') => self.unicode(),
            _ => Err(self.error("unknown escape in a string")),
        }
    }

    fn unicode(&mut self) -> Result<char, Error> {
        let first = self.four_digits()?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first).ok_or_else(|| self.error("half of a surrogate pair in a string"));
        }
        if self.bump() != Some('\\') || self.bump() != Some('u') {
            return Err(self.error("half of a surrogate pair in a string"));
        }
        let second = self.four_digits()?;
        if !(0xDC00..0xE000).contains(&second) {
            return Err(self.error("half of a surrogate pair in a string"));
        }
        char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
            .ok_or_else(|| self.error("half of a surrogate pair in a string"))
    }

    fn four_digits(&mut self) -> Result<u32, Error> {
        let mut code = 0;
        for _ in 0..4 {
            match self.bump().and_then(|found| found.to_digit(16)) {
                Some(digit) => code = code * 16 + digit,
                None => return Err(self.error("`\\u` takes four hexadecimal digits")),
            }
        }
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_values_with_places() {
        let node = parse("{\n  \"a\": [1, -2.5e1, \"x\\u00e9\\ud83d\\ude00\\n\"],\n  \"b\": null}").unwrap();
        assert_eq!(node.to_json().unwrap(), json!({"a": [1, -25.0, "xé😀\n"], "b": null}));
        assert_eq!(node.get("a").unwrap().span, Span::new(2, 8));
        assert_eq!(node.entry("b").unwrap().span, Span::new(3, 3));
    }

    #[test]
    fn refuses_what_is_not_json_and_says_where() {
        for (text, place) in [
            ("", "1:1"),
            ("{\"a\": 1,}", "1:9"),
            ("{\"a\" 1}", "1:6"),
            ("[1 2]", "1:4"),
            ("{\"a\": 01}", "1:7"),
            ("{\"a\": 1}\nx", "2:1"),
            ("{\"a\": 1, \"a\": 2}", "1:10"),
            ("\"\\ud800\"", "1:9"),
            ("tru", "1:1"),
            ("{'a': 1}", "1:2"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.span.to_string(), place, "{text}: {error}");
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let deep = "[".repeat(DEPTH_MAX * 1000);
        assert!(parse(&deep).unwrap_err().message.contains("deeper"));
        let wide = format!("[{}1]", "1,".repeat(NODES_MAX));
        assert!(parse(&wide).unwrap_err().message.contains("more than"));
    }
}
