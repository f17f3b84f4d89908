//! What the parsers of all expressions share: the tokens, syntax errors, paths.

use std::sync::Arc;

use crate::lexer::{Kind, Token, tokens};
use crate::limits::{EXPRESSION_BYTES_MAX, NESTING_LEVELS_MAX, OPERATORS_MAX};
use crate::path::{Path, Step};
use crate::placeholders::Placeholders;
use crate::reserved::is_reserved;
use crate::{Error, Value};

/// The request parameter that an expression came in. Errors begin with its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    /// `ConditionExpression`.
    Condition,
    /// `FilterExpression`.
    Filter,
    /// `KeyConditionExpression`.
    KeyCondition,
    /// `ProjectionExpression`.
    Projection,
    /// `UpdateExpression`.
    Update,
}

impl Parameter {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Condition => "ConditionExpression",
            Self::Filter => "FilterExpression",
            Self::KeyCondition => "KeyConditionExpression",
            Self::Projection => "ProjectionExpression",
            Self::Update => "UpdateExpression",
        }
    }

    /// A `ValidationException` for a fault in this expression.
    pub(crate) fn invalid(self, text: impl std::fmt::Display) -> Error {
        Error::validation(format!("Invalid {}: {text}", self.name()))
    }
}

/// A fault that shows while parsing but is told only if the syntax is right, by its rank among all faults.
///
/// DynamoDB parses the whole expression before it judges what it means; the ranks were found by asking it
/// (dynalite's tests do, test/updateItem.js and test/query.js).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// Redundant parentheses.
    Parentheses,
    /// A reserved word in an update or a projection, where it comes before unknown functions.
    EarlyReserved,
    /// A function that does not exist, or not here.
    UnknownFunction,
    /// A function in a place where it cannot stand.
    MisusedFunction,
    /// A reserved word in a condition.
    Reserved,
    /// A section that comes twice.
    Section,
    /// An undefined `#name`; in conditions also an undefined `:value`.
    Name,
    /// An undefined `:value`.
    Value,
    /// Paths that overlap.
    Overlap,
    /// Paths that conflict.
    Conflict,
    /// Wrong operands of an operator, or a wrong number of them.
    Operand,
    /// Operands that must differ.
    Distinct,
    /// Wrong operands of a function.
    Function,
}

/// Tokens being read, and the faults found so far.
pub(crate) struct Parser<'a> {
    parameter: Parameter,
    source: &'a str,
    tokens: Vec<Token<'a>>,
    at: usize,
    operators: usize,
    fault: Option<(Rank, String)>,
    /// The best fault of the comparison or function that is being read, in a condition.
    part: Option<(Rank, String)>,
    pub(crate) placeholders: &'a mut Placeholders,
}

impl<'a> Parser<'a> {
    /// Checks the length and cuts the expression.
    pub(crate) fn new(
        parameter: Parameter,
        source: &'a str,
        placeholders: &'a mut Placeholders,
    ) -> Result<Self, Error> {
        if source.len() > EXPRESSION_BYTES_MAX {
            let size = match parameter {
                Parameter::Condition | Parameter::Filter => format!(" expression size: {}", source.len()),
                _ => String::new(),
            };
            return Err(parameter
                .invalid(format_args!("Expression size has exceeded the maximum allowed size;{size}")));
        }
        let tokens = tokens(source);
        if tokens.len() == 1 {
            return Err(parameter.invalid("The expression can not be empty;"));
        }
        Ok(Self { parameter, source, tokens, at: 0, operators: 0, fault: None, part: None, placeholders })
    }

    pub(crate) fn parameter(&self) -> Parameter {
        self.parameter
    }

    /// The token that comes next.
    pub(crate) fn peek(&self) -> Token<'a> {
        self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    /// The token after the next.
    pub(crate) fn peek_second(&self) -> Token<'a> {
        self.tokens[(self.at + 1).min(self.tokens.len() - 1)]
    }

    pub(crate) fn advance(&mut self) -> Token<'a> {
        let token = self.peek();
        self.at += 1;
        token
    }

    /// Takes the next token if it is this symbol.
    pub(crate) fn accept(&mut self, symbol: &str) -> bool {
        let found = self.at_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    pub(crate) fn at_symbol(&self, symbol: &str) -> bool {
        let token = self.peek();
        token.kind == Kind::Symbol && token.text == symbol
    }

    pub(crate) fn expect(&mut self, symbol: &str) -> Result<(), Error> {
        if self.accept(symbol) { Ok(()) } else { Err(self.syntax_error()) }
    }

    /// Whether the next token is this word, in any case.
    pub(crate) fn at_keyword(&self, keyword: &str) -> bool {
        let token = self.peek();
        token.kind == Kind::Word && token.text.eq_ignore_ascii_case(keyword)
    }

    pub(crate) fn accept_keyword(&mut self, keyword: &str) -> bool {
        let found = self.at_keyword(keyword);
        self.at += usize::from(found);
        found
    }

    /// The next token has no place here: it is named, with its neighbours.
    pub(crate) fn syntax_error(&self) -> Error {
        let token = self.peek();
        let at = self.at.min(self.tokens.len() - 1);
        let from = at.checked_sub(1).map_or(token.start, |before| self.tokens[before].start);
        let last = match self.tokens.get(at + 1) {
            Some(after) if after.kind != Kind::End => after.end(),
            _ if token.kind == Kind::End => self.tokens[at.saturating_sub(1)].end(),
            _ => token.end(),
        };
        let near = &self.source[from.min(last)..last];
        let text = if token.kind == Kind::End { "<EOF>" } else { token.text };
        self.parameter.invalid(format_args!("Syntax error; token: \"{text}\", near: \"{near}\""))
    }

    /// Remembers a fault unless one of a better rank, or an earlier one, is known.
    ///
    /// In a condition the parts are judged one after the other: see [`Parser::end_part`].
    pub(crate) fn note(&mut self, rank: Rank, text: impl Into<String>) {
        let judged_by_part = !matches!(self.parameter, Parameter::Projection | Parameter::Update);
        let slot = if judged_by_part && rank >= Rank::Name { &mut self.part } else { &mut self.fault };
        if slot.as_ref().is_none_or(|(known, _)| rank < *known) {
            *slot = Some((rank, text.into()));
        }
    }

    /// A comparison or function of a condition ends here: its best fault stands before those of later ones.
    pub(crate) fn end_part(&mut self) {
        if let Some((_, text)) = self.part.take()
            && self.fault.as_ref().is_none_or(|(known, _)| Rank::Name < *known)
        {
            self.fault = Some((Rank::Name, text));
        }
    }

    /// Counts an operator or function.
    pub(crate) fn count_operator(&mut self) {
        self.operators += 1;
    }

    /// Everything is read: tells the best fault, if any.
    pub(crate) fn finish(self) -> Result<(), Error> {
        if self.peek().kind != Kind::End {
            return Err(self.syntax_error());
        }
        if self.operators > OPERATORS_MAX {
            let count = self.operators;
            return Err(self.parameter.invalid(format_args!(
                "The expression contains too many operators; operator count: {count}"
            )));
        }
        match self.fault {
            Some((_, text)) => Err(self.parameter.invalid(text)),
            None => Ok(()),
        }
    }

    /// A path: names, placeholders and indexes. An undefined placeholder becomes an empty name, with a fault noted.
    pub(crate) fn path(&mut self, reserved: Rank) -> Result<Path, Error> {
        let head = self.path_name(reserved)?;
        self.path_rest(Path(vec![head]), reserved)
    }

    /// The steps after the first.
    pub(crate) fn path_rest(&mut self, mut path: Path, reserved: Rank) -> Result<Path, Error> {
        loop {
            if self.accept(".") {
                let step = self.path_name(reserved)?;
                path.0.push(step);
            } else if self.accept("[") {
                let token = self.peek();
                if token.kind != Kind::Digits {
                    return Err(self.syntax_error());
                }
                self.advance();
                self.expect("]")?;
                // An index beyond every list is as good as the largest.
                path.0.push(Step::Index(token.text.parse().unwrap_or(usize::MAX)));
            } else {
                break;
            }
        }
        if path.0.len() > NESTING_LEVELS_MAX {
            let levels = path.0.len();
            self.note(
                Rank::Name,
                format!("The document path has too many nesting elements; nesting levels: {levels}"),
            );
        }
        Ok(path)
    }

    fn path_name(&mut self, reserved: Rank) -> Result<Step, Error> {
        let token = self.peek();
        match token.kind {
            Kind::Word => {
                if is_reserved(token.text) {
                    let words = "Attribute name is a reserved keyword; reserved keyword";
                    self.note(reserved, format!("{words}: {}", token.text));
                }
                self.advance();
                Ok(Step::Name(token.text.to_owned()))
            }
            Kind::Name => {
                self.advance();
                let name = self.placeholders.name(token.text);
                Ok(Step::Name(name.unwrap_or_else(|text| {
                    self.note(Rank::Name, text);
                    String::new()
                })))
            }
            _ => Err(self.syntax_error()),
        }
    }

    /// The value of a placeholder, which is the next token. An undefined one becomes null, with a fault noted.
    pub(crate) fn value(&mut self, undefined: Rank) -> Arc<Value> {
        let token = self.advance();
        self.placeholders.value(token.text).unwrap_or_else(|text| {
            self.note(undefined, text);
            Arc::new(Value::Null)
        })
    }
}
