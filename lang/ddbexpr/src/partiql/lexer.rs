//! Statements cut into tokens.

use super::value::malformed;
use crate::Error;

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or keyword without quotes.
    Word(String),
    /// A name in double quotes.
    Quoted(String),
    /// A string.
    Text(String),
    /// A number as it is written.
    Digits(String),
    /// `?`.
    Parameter,
    /// Everything else.
    Symbol(&'static str),
    /// The end.
    End,
}

/// A token, where it stands and how long it is, both in characters.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) length: usize,
}

impl Token {
    /// `line:column:length`, as errors show it.
    pub(super) fn place(&self) -> String {
        format!("{}:{}:{}", self.line, self.column, self.length)
    }
}

/// Symbols, longer ones first.
const SYMBOLS: [&str; 25] = [
    "<<", ">>", "<>", "<=", ">=", "!=", "||", "<", ">", "=", "(", ")", "[", "]", "{", "}", ",", ".", ":",
    "*", "+", "-", ";", "/", "%",
];

/// Cuts a statement. The last token is the end.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Error> {
    let mut cutter = Cutter { rest: text, line: 1, column: 1 };
    let mut tokens = Vec::new();
    loop {
        cutter.skip_blanks()?;
        let (line, column) = (cutter.line, cutter.column);
        let before = cutter.rest;
        let Some(first) = before.chars().next() else {
            tokens.push(Token { kind: Kind::End, line, column, length: 0 });
            return Ok(tokens);
        };
        let kind = cutter.token(first)?;
        let length = before[..before.len() - cutter.rest.len()].chars().count();
        tokens.push(Token { kind, line, column, length });
    }
}

struct Cutter<'a> {
    rest: &'a str,
    line: usize,
    column: usize,
}

impl<'a> Cutter<'a> {
    /// Takes the first bytes, which end between characters.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        for character in taken.chars() {
            if character == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.rest = rest;
        taken
    }

    fn skip_blanks(&mut self) -> Result<(), Error> {
        loop {
            let blanks = self.rest.len() - self.rest.trim_start().len();
            self.take(blanks);
            if self.rest.starts_with("--") {
                let end = self.rest.find(['\n', '\r']).unwrap_or(self.rest.len());
                self.take(end);
            } else if self.rest.starts_with("/*") {
                let end = self.rest.find("*/").filter(|end| *end >= 2).ok_or_else(|| malformed(""))?;
                self.take(end + 2);
            } else if blanks == 0 {
                return Ok(());
            }
        }
    }

    fn token(&mut self, first: char) -> Result<Kind, Error> {
        match first {
            '\'' => self.quoted('\'').map(Kind::Text),
            '"' => self.quoted('"').map(Kind::Quoted),
            '?' => {
                self.take(1);
                Ok(Kind::Parameter)
            }
            '0'..='9' => Ok(self.digits()),
            '.' if self.rest[1..].starts_with(|next: char| next.is_ascii_digit()) => Ok(self.digits()),
            'a'..='z' | 'A'..='Z' | '_' | '$' => {
                let part =
                    |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '$');
                let end = self.rest.find(|character| !part(character)).unwrap_or(self.rest.len());
                Ok(Kind::Word(self.take(end).to_owned()))
            }
            _ => {
                let symbol = SYMBOLS.into_iter().find(|symbol| self.rest.starts_with(symbol));
                let symbol = symbol.ok_or_else(|| malformed(""))?;
                self.take(symbol.len());
                Ok(Kind::Symbol(symbol))
            }
        }
    }

    /// A text in quotes, where two quotes stand for one.
    fn quoted(&mut self, quote: char) -> Result<String, Error> {
        let mut text = String::new();
        self.take(1);
        loop {
            let end = self.rest.find(quote).ok_or_else(|| malformed(""))?;
            text.push_str(self.take(end));
            self.take(1);
            if !self.rest.starts_with(quote) {
                return Ok(text);
            }
            text.push(quote);
            self.take(1);
        }
    }

    fn digits(&mut self) -> Kind {
        let bytes = self.rest.as_bytes();
        let run = |from: usize| from + bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut end = run(0);
        if bytes.get(end) == Some(&b'.') {
            end = run(end + 1);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let exponent = run(end + 1 + sign);
            if exponent > end + 1 + sign {
                end = exponent;
            }
        }
        Kind::Digits(self.take(end).to_owned())
    }
}
