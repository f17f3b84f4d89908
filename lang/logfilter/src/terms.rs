//! Terms that a message holds, holds one of, or does not hold.

use crate::Error;
use crate::scan::Cursor;
use crate::text::Regex;

/// The parsed terms.
#[derive(Debug, Clone, Default)]
pub(crate) struct Terms {
    required: Vec<Term>,
    /// `?term`: one is enough. AWS ignores them beside terms of another kind.
    optional: Vec<Term>,
    excluded: Vec<Term>,
}

#[derive(Debug, Clone)]
enum Term {
    Text(String),
    Regex(Regex),
}

impl Terms {
    pub(crate) fn parse(pattern: &str) -> Result<Self, Error> {
        let mut cursor = Cursor::new(pattern);
        let mut terms = Self::default();
        loop {
            cursor.skip_blanks();
            if cursor.is_at_end() {
                return Ok(terms);
            }
            if cursor.eat("?") {
                terms.optional.push(term(&mut cursor)?);
            } else if cursor.eat("-") {
                terms.excluded.push(term(&mut cursor)?);
            } else {
                terms.required.push(term(&mut cursor)?);
            }
        }
    }

    pub(crate) fn matches(&self, message: &str) -> bool {
        let only_optional = self.required.is_empty() && self.excluded.is_empty();
        self.required.iter().all(|term| term.is_in(message))
            && !self.excluded.iter().any(|term| term.is_in(message))
            && (!only_optional
                || self.optional.is_empty()
                || self.optional.iter().any(|term| term.is_in(message)))
    }
}

impl Term {
    fn is_in(&self, message: &str) -> bool {
        match self {
            // Quotation marks around blanks alone match everything.
            Term::Text(text) => text.trim().is_empty() || message.contains(text.as_str()),
            Term::Regex(regex) => regex.is_found(message),
        }
    }
}

fn term(cursor: &mut Cursor<'_>) -> Result<Term, Error> {
    if cursor.eat("\"") {
        return Ok(Term::Text(cursor.quoted()?));
    }
    if cursor.eat("%") {
        return Ok(Term::Regex(cursor.regex()?));
    }
    let word = cursor.take_while(|next| next.is_alphanumeric() || next == '_');
    if word.is_empty() || cursor.peek().is_some_and(|next| !next.is_whitespace()) {
        return Err(cursor.unexpected());
    }
    Ok(Term::Text(word.to_owned()))
}
