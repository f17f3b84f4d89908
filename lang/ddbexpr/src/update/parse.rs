//! The grammar of updates, and what DynamoDB refuses before it looks at an item.

use std::collections::BTreeSet;

use super::{Action, Expression, Update};
use crate::lexer::Kind as TokenKind;
use crate::limits::CALLS_MAX;
use crate::parser::{Parameter, Parser, Rank};
use crate::path::{Path, clash};
use crate::placeholders::Placeholders;
use crate::{Error, Kind};

/// The sections, which can come in any order and once each.
const SECTIONS: [&str; 4] = ["SET", "REMOVE", "ADD", "DELETE"];

/// Functions that exist, but only in conditions.
const CONDITION_FUNCTIONS: [&str; 6] =
    ["attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size"];

impl Update {
    /// Parses and checks an `UpdateExpression`.
    pub fn parse(text: &str, placeholders: &mut Placeholders) -> Result<Self, Error> {
        let mut grammar = Grammar { parser: Parser::new(Parameter::Update, text, placeholders)?, depth: 0 };
        let update = grammar.sections()?;
        let clash = clash(&update.actions.iter().map(Action::path).collect::<Vec<_>>());
        if let Some(text) = clash.overlap {
            grammar.parser.note(Rank::Overlap, text);
        }
        if let Some(text) = clash.conflict {
            grammar.parser.note(Rank::Conflict, text);
        }
        grammar.parser.finish()?;
        Ok(update)
    }
}

struct Grammar<'a> {
    parser: Parser<'a>,
    depth: usize,
}

impl Grammar<'_> {
    fn sections(&mut self) -> Result<Update, Error> {
        let mut update = Update::default();
        let mut seen = BTreeSet::new();
        loop {
            let Some(section) = SECTIONS.into_iter().find(|section| self.parser.accept_keyword(section))
            else {
                return Err(self.parser.syntax_error());
            };
            if !seen.insert(section) {
                self.parser.note(
                    Rank::Section,
                    format!("The \"{section}\" section can only be used once in an update expression;"),
                );
            }
            loop {
                let action = self.action(section)?;
                update.actions.push(action);
                if !self.parser.accept(",") {
                    break;
                }
            }
            if self.parser.peek().kind == TokenKind::End {
                return Ok(update);
            }
        }
    }

    fn action(&mut self, section: &str) -> Result<Action, Error> {
        let path = self.path()?;
        match section {
            "SET" => {
                self.parser.expect("=")?;
                Ok(Action::Set(path, self.value()?.0))
            }
            "REMOVE" => Ok(Action::Remove(path)),
            _ => {
                if self.parser.peek().kind != TokenKind::Value {
                    return Err(self.parser.syntax_error());
                }
                let value = self.parser.value(Rank::Value);
                let kind = value.kind();
                let add = section == "ADD";
                if !(kind.is_set() || add && kind == Kind::N) {
                    self.parser.note(
                        Rank::Operand,
                        format!(
                            "Incorrect operand type for operator or function; operator: {section}, operand type: {}",
                            long_name(kind)
                        ),
                    );
                }
                Ok(if add { Action::Add(path, value) } else { Action::Delete(path, value) })
            }
        }
    }

    fn path(&mut self) -> Result<Path, Error> {
        if SECTIONS.iter().any(|section| self.parser.at_keyword(section)) {
            return Err(self.parser.syntax_error());
        }
        self.parser.path(Rank::EarlyReserved)
    }

    /// An operand, or two of them with `+` or `-`; and whether it is the latter.
    fn value(&mut self) -> Result<(Expression, bool), Error> {
        let (left, arithmetic) = self.grouped()?;
        let sign = self.parser.peek();
        if arithmetic || !(self.parser.at_symbol("+") || self.parser.at_symbol("-")) {
            return Ok((left, arithmetic));
        }
        self.parser.advance();
        self.parser.count_operator();
        let (right, arithmetic) = self.grouped()?;
        if arithmetic {
            return Err(self.parser.syntax_error());
        }
        for operand in [&left, &right] {
            self.require_kind(sign.text, operand, Kind::N);
        }
        let (left, right) = (Box::new(left), Box::new(right));
        let sum =
            if sign.text == "+" { Expression::Plus(left, right) } else { Expression::Minus(left, right) };
        Ok((sum, true))
    }

    fn grouped(&mut self) -> Result<(Expression, bool), Error> {
        if !self.parser.accept("(") {
            return Ok((self.operand()?, false));
        }
        self.depth += 1;
        self.require_shallow()?;
        let value = self.value()?;
        self.depth -= 1;
        self.parser.expect(")")?;
        Ok(value)
    }

    fn operand(&mut self) -> Result<Expression, Error> {
        let token = self.parser.peek();
        match token.kind {
            TokenKind::Value => Ok(Expression::Value(self.parser.value(Rank::Value))),
            TokenKind::Word if self.parser.peek_second().text == "(" => self.call(),
            _ => self.path().map(Expression::Path),
        }
    }

    fn call(&mut self) -> Result<Expression, Error> {
        let name = self.parser.advance().text;
        self.parser.expect("(")?;
        self.depth += 1;
        self.require_shallow()?;
        let mut operands = Vec::new();
        loop {
            let (operand, arithmetic) = self.grouped()?;
            if arithmetic {
                return Err(self.parser.syntax_error());
            }
            operands.push(operand);
            if !self.parser.accept(",") {
                break;
            }
        }
        self.parser.expect(")")?;
        self.depth -= 1;
        self.parser.count_operator();
        self.function(name, operands)
    }

    fn function(&mut self, name: &str, operands: Vec<Expression>) -> Result<Expression, Error> {
        if !matches!(name, "if_not_exists" | "list_append") {
            let text = if CONDITION_FUNCTIONS.contains(&name) {
                "The function is not allowed to be used this way in an expression"
            } else {
                "Invalid function name"
            };
            self.parser.note(Rank::UnknownFunction, format!("{text}; function: {name}"));
            return Ok(nothing());
        }
        let found = operands.len();
        let Ok([one, two]) = <[Expression; 2]>::try_from(operands) else {
            self.parser.note(
                Rank::Function,
                format!(
                    "Incorrect number of operands for operator or function; operator or function: {name}, number of operands: {found}"
                ),
            );
            return Ok(nothing());
        };
        if name == "list_append" {
            self.require_kind(name, &one, Kind::L);
            self.require_kind(name, &two, Kind::L);
            return Ok(Expression::ListAppend(Box::new(one), Box::new(two)));
        }
        match one {
            Expression::Path(path) => Ok(Expression::IfNotExists(path, Box::new(two))),
            _ => {
                self.parser.note(
                    Rank::Function,
                    format!("Operator or function requires a document path; operator or function: {name}"),
                );
                Ok(nothing())
            }
        }
    }

    /// A value that is given must have the type; what a path leads to is seen later.
    fn require_kind(&mut self, operator: &str, operand: &Expression, kind: Kind) {
        if let Expression::Value(value) = operand
            && value.kind() != kind
        {
            self.parser.note(
                Rank::Function,
                format!(
                    "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {}",
                    value.kind().name()
                ),
            );
        }
    }

    fn require_shallow(&self) -> Result<(), Error> {
        if self.depth > CALLS_MAX { Err(self.parser.syntax_error()) } else { Ok(()) }
    }
}

/// Stands for an operand whose fault is noted, so that nobody will ask for it.
fn nothing() -> Expression {
    Expression::Value(std::sync::Arc::new(crate::Value::Null))
}

/// The names of types in the errors of ADD and DELETE.
fn long_name(kind: Kind) -> &'static str {
    match kind {
        Kind::S => "STRING",
        Kind::N => "NUMBER",
        Kind::B => "BINARY",
        Kind::Bool => "BOOLEAN",
        Kind::L => "LIST",
        Kind::M => "MAP",
        other => other.name(),
    }
}
