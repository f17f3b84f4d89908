//! The grammar of `${...}`: a text becomes a template of plain text and variables.
//!
//! A variable is `${source, source, ...}`. A source is `type:address`, `type(param, ...)`, `type(...):address` or, as
//! the last fallback, a literal. Addresses and params may hold variables. What does not begin like a source is not a
//! variable: `${AWS::Region}` and `${Name}` belong to CloudFormation and stay. `\${` writes `${`.
//! The texts of errors are those of Serverless Framework v3.

use serde_json::{Number, Value};

/// A text with variables in it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Template(pub(crate) Vec<Piece>);

/// A part of a template.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    /// Text that stays as it is.
    Text(String),
    /// A variable: its sources, the first that answers wins.
    Variable(Vec<Source>),
}

/// One source of a variable.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    /// A fallback that needs no looking up.
    Literal(Value),
    /// A place to look.
    Place {
        /// `self`, `env`, `file` ...
        kind: String,
        /// What stands in brackets, `None` without brackets.
        params: Option<Vec<Param>>,
        /// What follows the colon, `None` when nothing follows.
        address: Option<Template>,
    },
}

/// One parameter in brackets.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Param {
    /// A plain value.
    Literal(Value),
    /// A text with variables.
    Template(Template),
}

/// Deepest nesting of variables in one text: more is a mistake or an attack on the stack.
const NESTING_MAX: usize = 50;

/// Reads a text; `None` when it holds neither a variable nor an escape.
pub(crate) fn parse(text: &str) -> Result<Option<Template>, String> {
    if !text.contains("${") {
        return Ok(None);
    }
    let mut parser = Parser { text, bytes: text.as_bytes(), index: 0 };
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut changed = false;
    while parser.index < parser.bytes.len() {
        let at = parser.index;
        let slashes = parser.bytes[at..].iter().take_while(|byte| **byte == b'\\').count();
        let dollar = at + slashes;
        if !parser.bytes[dollar..].starts_with(b"${") {
            // Never steps over a `$`: what follows the slashes is looked at next.
            parser.index = if slashes > 0 { dollar } else { at + 1 };
            continue;
        }
        if slashes > 0 {
            // Pairs of slashes before `${` write one; an odd one takes the meaning from the variable.
            changed = true;
            push_text(&mut pieces, &text[start..at]);
            push_text(&mut pieces, &"\\".repeat(slashes / 2));
            if slashes % 2 == 1 {
                pieces.push(Piece::Text("${".to_owned()));
                parser.index = dollar + 2;
                start = parser.index;
                continue;
            }
            start = dollar;
        }
        parser.index = dollar;
        match parser.variable(0)? {
            Some(sources) => {
                changed = true;
                push_text(&mut pieces, &text[start..dollar]);
                pieces.push(Piece::Variable(sources));
                start = parser.index;
            }
            None => parser.index = dollar + 2,
        }
    }
    push_text(&mut pieces, &text[start..]);
    Ok(changed.then_some(Template(pieces)))
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    index: usize,
}

impl Parser<'_> {
    /// Reads a variable from its `$`. `None`: this is not one of ours (only outside of a variable).
    fn variable(&mut self, depth: usize) -> Result<Option<Vec<Source>>, String> {
        if depth > NESTING_MAX {
            return Err(format!("Excessive variables nest depth in \"{}\"", self.text));
        }
        let start = self.index + 2;
        let foreign = |index: usize| match depth {
            0 => Ok(None),
            _ => Err(format!("Invalid variable type at index {index} in \"{}\"", self.text)),
        };
        if !self.bytes.get(start).is_some_and(u8::is_ascii_lowercase) {
            return foreign(start);
        }
        let end = start + self.bytes[start..].iter().take_while(|byte| is_word(**byte)).count();
        match self.bytes.get(end) {
            // `${name::x}` has the form of CloudFormation's own names.
            Some(b':') if depth == 0 && self.bytes.get(end + 1) == Some(&b':') => return Ok(None),
            Some(b':' | b'(') => {}
            _ => return foreign(start),
        }
        self.index = end;
        let mut sources = vec![self.place(start, depth)?];
        while self.take()? == b',' {
            self.spaces();
            sources.push(self.fallback(depth)?);
        }
        Ok(Some(sources))
    }

    /// Reads a fallback: a place or a literal. Leaves the `,` or `}` to the caller.
    fn fallback(&mut self, depth: usize) -> Result<Source, String> {
        let start = self.index;
        let invalid = |text: &str| format!("Invalid variable source at index {start} in \"{text}\"");
        match self.peek()? {
            quote @ (b'"' | b'\'') => {
                let value = self.quoted(quote)?;
                self.spaces();
                if self.peek()? != b'}' {
                    return Err(invalid(self.text));
                }
                Ok(Source::Literal(Value::String(value)))
            }
            byte if is_word(byte) => {
                self.index +=
                    self.bytes[start..].iter().take_while(|byte| is_word(**byte) || **byte == b' ').count();
                let word = &self.text[start..self.index];
                match self.peek()? {
                    b':' | b'(' if is_type(word) => self.place(start, depth),
                    b'}' => match literal(word.trim()) {
                        Some(value) => Ok(Source::Literal(value)),
                        None => Err(format!(
                            "Invalid literal source \"{}\" at index {start} in \"{}\"",
                            word.trim(),
                            self.text
                        )),
                    },
                    _ => Err(invalid(self.text)),
                }
            }
            _ => Err(invalid(self.text)),
        }
    }

    /// Reads the params and the address of a place whose type ends here.
    fn place(&mut self, start: usize, depth: usize) -> Result<Source, String> {
        let kind = self.text[start..self.index].to_owned();
        let mut params = None;
        if self.peek()? == b'(' {
            self.index += 1;
            params = Some(self.params(depth)?);
            self.spaces();
            if !matches!(self.peek()?, b':' | b',' | b'}') {
                return Err(self.invalid("address", self.index));
            }
        }
        let mut address = None;
        if self.peek()? == b':' {
            self.index += 1;
            self.spaces();
            address = self.address(depth)?;
        }
        Ok(Source::Place { kind, params, address })
    }

    fn address(&mut self, depth: usize) -> Result<Option<Template>, String> {
        let start = self.index;
        match self.peek()? {
            b',' | b'}' => Ok(None),
            b':' => Err(self.invalid("address", start)),
            quote @ (b'"' | b'\'') => {
                let value = self.quoted(quote)?;
                self.spaces();
                if !matches!(self.peek()?, b',' | b'}') {
                    return Err(self.invalid("address", start));
                }
                Ok(Some(Template(vec![Piece::Text(value)])))
            }
            _ => Ok(Some(trimmed(self.until(b",}", depth)?))),
        }
    }

    fn params(&mut self, depth: usize) -> Result<Vec<Param>, String> {
        let mut params = Vec::new();
        loop {
            self.spaces();
            let start = self.index;
            match self.peek()? {
                b')' => {
                    self.index += 1;
                    return Ok(params);
                }
                b',' => {
                    self.index += 1;
                    params.push(Param::Literal(Value::Null));
                    continue;
                }
                b'}' => return Err(self.invalid("param", start)),
                quote @ (b'"' | b'\'') => {
                    params.push(Param::Literal(Value::String(self.quoted(quote)?)));
                    self.spaces();
                }
                _ => params.push(param(self.until(b",)}", depth)?)),
            }
            match self.take()? {
                b',' => {}
                b')' => return Ok(params),
                _ => return Err(self.invalid("param", start)),
            }
        }
    }

    /// Reads text with variables until one of the stops, which is left to the caller.
    fn until(&mut self, stops: &[u8], depth: usize) -> Result<Template, String> {
        let mut pieces = Vec::new();
        let mut start = self.index;
        while !stops.contains(&self.peek()?) {
            if self.bytes[self.index..].starts_with(b"${") {
                push_text(&mut pieces, &self.text[start..self.index]);
                if let Some(sources) = self.variable(depth + 1)? {
                    pieces.push(Piece::Variable(sources));
                }
                start = self.index;
            } else {
                self.index += 1;
            }
        }
        push_text(&mut pieces, &self.text[start..self.index]);
        Ok(Template(pieces))
    }

    /// Reads a quoted text, from its opening quote.
    fn quoted(&mut self, quote: u8) -> Result<String, String> {
        let start = self.index;
        self.index += 1;
        loop {
            match self.take()? {
                b'\\' if quote == b'"' => {
                    self.take()?;
                }
                byte if byte == quote => break,
                _ => {}
            }
        }
        let raw = &self.text[start..self.index];
        if quote == b'\'' {
            return Ok(raw[1..raw.len() - 1].to_owned());
        }
        serde_json::from_str(raw)
            .map_err(|error| format!("Invalid string literal at index {start} in \"{}\": {error}", self.text))
    }

    fn invalid(&self, what: &str, index: usize) -> String {
        format!("Invalid variable {what} at index {index} in \"{}\"", self.text)
    }

    fn peek(&self) -> Result<u8, String> {
        self.bytes
            .get(self.index)
            .copied()
            .ok_or_else(|| format!("Missing variable closing bracket in {}", self.text))
    }

    fn take(&mut self) -> Result<u8, String> {
        let byte = self.peek()?;
        self.index += 1;
        Ok(byte)
    }

    fn spaces(&mut self) {
        while self.bytes.get(self.index) == Some(&b' ') {
            self.index += 1;
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-'
}

fn is_type(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn trimmed(Template(mut pieces): Template) -> Template {
    if let Some(Piece::Text(text)) = pieces.first_mut() {
        *text = text.trim_start().to_owned();
    }
    if let Some(Piece::Text(text)) = pieces.last_mut() {
        *text = text.trim_end().to_owned();
    }
    pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
    Template(pieces)
}

fn param(template: Template) -> Param {
    let template = trimmed(template);
    match template.0.as_slice() {
        [] => Param::Literal(Value::String(String::new())),
        [Piece::Text(text)] => Param::Literal(literal(text).unwrap_or_else(|| Value::String(text.clone()))),
        _ => Param::Template(template),
    }
}

/// `true`, `false`, `null` or a number.
fn literal(text: &str) -> Option<Value> {
    match text {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        "null" => Some(Value::Null),
        _ => {
            if let Ok(whole) = text.parse::<i64>() {
                return Some(Value::from(whole));
            }
            let starts = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.'));
            let float = starts.then(|| text.parse::<f64>().ok()).flatten()?;
            Number::from_f64(float).map(|number| whole(Value::Number(number)))
        }
    }
}

/// A float without a fraction as the whole number that JavaScript would print (`1.0` is `1`).
pub(crate) fn whole(value: Value) -> Value {
    /// Above this, a float does not tell neighbouring whole numbers apart.
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    match value.as_f64() {
        Some(float) if value.is_f64() && float.fract() == 0.0 && float.abs() < EXACT_MAX => {
            Value::from(float as i64)
        }
        _ => value,
    }
}

#[cfg(test)]
mod tests;
