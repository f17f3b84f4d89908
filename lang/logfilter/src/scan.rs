//! A cursor over a pattern, and the tokens that all three languages share.

use crate::Error;
use crate::text::{Regex, Text};

/// A place in a pattern.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(pattern: &'a str) -> Self {
        Self { rest: pattern }
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(crate) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.rest = &self.rest[next.len_utf8()..];
        Some(next)
    }

    pub(crate) fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Goes past `token` if it stands here.
    pub(crate) fn eat(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Goes past a whole word in capitals if it stands here.
    pub(crate) fn eat_word(&mut self, word: &str) -> bool {
        let mut ahead = *self;
        let found =
            ahead.eat(word) && !ahead.peek().is_some_and(|next| next.is_alphanumeric() || next == '_');
        if found {
            *self = ahead;
        }
        found
    }

    /// Takes characters as long as they fit.
    pub(crate) fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|next| !fits(next)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// The error for whatever stands here.
    pub(crate) fn unexpected(&self) -> Error {
        match self.peek() {
            Some(next) => Error::Character(next.to_string()),
            None => Error::Form("it ends too early".to_owned()),
        }
    }

    /// Reads the inside of double quotes, whose first one is past. `\"` and `\\` stand for the characters themselves.
    pub(crate) fn quoted(&mut self) -> Result<String, Error> {
        let mut text = String::new();
        loop {
            match self.next() {
                Some('"') => return Ok(text),
                Some('\\') if matches!(self.peek(), Some('"' | '\\')) => text.extend(self.next()),
                Some(other) => text.push(other),
                None => return Err(Error::Form("a quotation mark is missing".to_owned())),
            }
        }
    }

    /// Reads a regular expression, whose first `%` is past.
    pub(crate) fn regex(&mut self) -> Result<Regex, Error> {
        let mut source = String::new();
        loop {
            match self.next() {
                Some('%') => return Regex::parse(&source),
                Some('\\') => {
                    source.push('\\');
                    source.extend(self.next());
                }
                Some(other) => source.push(other),
                None => return Err(Error::Regex("its closing % is missing".to_owned())),
            }
        }
    }

    /// Reads a value of a comparison: quoted, a regular expression, or bare with `*` as a wildcard.
    pub(crate) fn value(&mut self) -> Result<Text, Error> {
        if self.eat("\"") {
            return Ok(Text::wildcard(&self.quoted()?));
        }
        if self.eat("%") {
            return Ok(Text::Regex(self.regex()?));
        }
        let bare = self.take_while(|next| next.is_alphanumeric() || "._-*/+".contains(next));
        if bare.is_empty() { Err(self.unexpected()) } else { Ok(Text::bare(bare)) }
    }
}
