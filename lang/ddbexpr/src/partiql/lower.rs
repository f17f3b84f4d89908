//! Expressions of statements: their grammar, and what they mean as conditions and as values.

use std::sync::Arc;

use super::parse::Parser;
use super::value::malformed;
use crate::condition::{Comparator, Node, Operand, check};
use crate::limits::{CALLS_MAX, OPERATORS_MAX};
use crate::path::Path;
use crate::update::{Action, Expression};
use crate::{Error, Kind, Value};

/// An expression before it is known what it stands for.
#[derive(Debug)]
pub(super) enum Expr {
    Value(Value),
    Path(Path),
    Call { name: String, place: String, operands: Vec<Expr>, operand_place: String },
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Compare(Comparator, Box<Expr>, Box<Expr>),
    Between(Box<Expr>, Box<Expr>, Box<Expr>),
    In(Box<Expr>, Vec<Expr>),
    Is(Box<Expr>, Option<&'static [Kind]>),
    Plus(Box<Expr>, Box<Expr>),
    Minus(Box<Expr>, Box<Expr>),
}

/// The types that IS knows. MISSING is none of them.
const IS_TYPES: [(&str, &[Kind]); 8] = [
    ("NULL", &[Kind::Null]),
    ("BOOLEAN", &[Kind::Bool]),
    ("BLOB", &[Kind::B]),
    ("STRING", &[Kind::S]),
    ("NUMERIC", &[Kind::N]),
    ("STRUCT", &[Kind::M]),
    ("TUPLE", &[Kind::M]),
    ("LIST", &[Kind::L]),
];

impl Parser<'_> {
    pub(super) fn or(&mut self) -> Result<Expr, Error> {
        let mut parts = vec![self.and()?];
        while self.accept_keyword("OR") {
            parts.push(self.and()?);
        }
        Ok(one_or(parts, Expr::Or))
    }

    fn and(&mut self) -> Result<Expr, Error> {
        let mut parts = vec![self.not()?];
        while self.accept_keyword("AND") {
            parts.push(self.not()?);
        }
        Ok(one_or(parts, Expr::And))
    }

    fn not(&mut self) -> Result<Expr, Error> {
        let mut negations = 0usize;
        while self.accept_keyword("NOT") {
            negations += 1;
        }
        let inner = self.comparison()?;
        // An odd number of NOT; two undo each other.
        Ok(if negations % 2 == 1 { Expr::Not(Box::new(inner)) } else { inner })
    }

    fn comparison(&mut self) -> Result<Expr, Error> {
        let left = self.sum()?;
        let negated = self.at_keyword("NOT");
        if negated {
            self.advance();
        }
        let found = if self.accept_keyword("BETWEEN") {
            let low = self.sum()?;
            if !self.accept_keyword("AND") {
                return Err(malformed("Expected AND after BETWEEN"));
            }
            let high = self.sum()?;
            Expr::Between(Box::new(left), Box::new(low), Box::new(high))
        } else if self.accept_keyword("IN") {
            Expr::In(Box::new(left), self.members()?)
        } else if negated {
            return Err(malformed("Unexpected keyword"));
        } else if self.accept_keyword("IS") {
            return self.is(left);
        } else if let Some(comparator) = self.comparator() {
            let right = self.sum()?;
            return Ok(Expr::Compare(comparator, Box::new(left), Box::new(right)));
        } else {
            return Ok(left);
        };
        Ok(if negated { Expr::Not(Box::new(found)) } else { found })
    }

    fn comparator(&mut self) -> Option<Comparator> {
        if self.accept("!=") {
            return Some(Comparator::NotEqual);
        }
        Comparator::ALL.into_iter().find(|comparator| self.accept(comparator.symbol()))
    }

    /// The right side of IN: a list, or values in parentheses.
    fn members(&mut self) -> Result<Vec<Expr>, Error> {
        let close = if self.accept("[") {
            "]"
        } else if self.accept("(") {
            ")"
        } else {
            return Err(wrong_in());
        };
        if self.accept(close) {
            return Err(wrong_in());
        }
        let mut members = vec![self.sum()?];
        while self.accept(",") {
            members.push(self.sum()?);
        }
        self.expect(close)?;
        Ok(members)
    }

    fn is(&mut self, left: Expr) -> Result<Expr, Error> {
        let negated = self.accept_keyword("NOT");
        let known = IS_TYPES.into_iter().find(|(name, _)| self.accept_keyword(name));
        let kinds = match known {
            Some((_, kinds)) => Some(kinds),
            None if self.accept_keyword("MISSING") => None,
            None => {
                let name = match &self.peek().kind {
                    super::lexer::Kind::Word(name) => name.to_ascii_uppercase(),
                    _ => return Err(malformed("Expected type name")),
                };
                return Err(Error::validation(format!(
                    "Unsupported data type for IS operator: {name}. Supported data types are [MISSING, NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST]"
                )));
            }
        };
        let found = Expr::Is(Box::new(left), kinds);
        Ok(if negated { Expr::Not(Box::new(found)) } else { found })
    }

    fn sum(&mut self) -> Result<Expr, Error> {
        let mut left = self.primary()?;
        loop {
            let plus = self.accept("+");
            if !plus && !self.accept("-") {
                return Ok(left);
            }
            let (one, two) = (Box::new(left), Box::new(self.primary()?));
            left = if plus { Expr::Plus(one, two) } else { Expr::Minus(one, two) };
        }
    }

    fn primary(&mut self) -> Result<Expr, Error> {
        if let Some((name, place)) = self.peek_call() {
            return self.call(name, place);
        }
        if self.accept("(") {
            self.enter()?;
            let inner = self.or()?;
            self.depth -= 1;
            self.expect(")")?;
            return Ok(inner);
        }
        if let Some(value) = self.root_literal()? {
            return Ok(Expr::Value(value));
        }
        if self.at_keyword("MISSING") {
            return Err(Error::validation("MISSING must be compared using IS operator"));
        }
        if self.path_follows() { self.path().map(Expr::Path) } else { Err(malformed("Unexpected term")) }
    }

    fn call(&mut self, name: String, place: String) -> Result<Expr, Error> {
        self.enter()?;
        self.advance();
        self.expect("(")?;
        let operand_place = self.peek().place();
        let mut operands = Vec::new();
        if !self.accept(")") {
            operands.push(self.sum()?);
            while self.accept(",") {
                operands.push(self.sum()?);
            }
            self.expect(")")?;
        }
        self.depth -= 1;
        Ok(Expr::Call { name, place, operands, operand_place })
    }

    fn enter(&mut self) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > CALLS_MAX { Err(malformed("Expression nests too deep")) } else { Ok(()) }
    }
}

impl Expr {
    /// The expression as a condition.
    pub(super) fn condition(self) -> Result<Node, Error> {
        let mut operators = 0;
        self.node(&mut operators)
    }

    fn node(self, operators: &mut usize) -> Result<Node, Error> {
        let mut all = |parts: Vec<Self>| {
            parts.into_iter().map(|part| part.node(operators)).collect::<Result<Vec<_>, _>>()
        };
        match self {
            Self::And(parts) => return Ok(Node::All(all(parts)?)),
            Self::Or(parts) => return Ok(Node::Any(all(parts)?)),
            Self::Not(part) => return Ok(Node::Not(Box::new(part.node(operators)?))),
            _ => {}
        }
        *operators += 1;
        if *operators > OPERATORS_MAX {
            let count = *operators;
            return Err(Error::validation(format!(
                "The expression contains too many operators; operator count: {count}"
            )));
        }
        match self {
            Self::Compare(comparator, left, right) => {
                let (left, right) = (left.operand()?, right.operand()?);
                refuse(check::comparison(comparator, &left, &right))?;
                Ok(Node::Compare(comparator, left, right))
            }
            Self::Between(value, low, high) => {
                let (value, low, high) = (value.operand()?, low.operand()?, high.operand()?);
                refuse(check::between(&value, &low, &high))?;
                Ok(Node::Between(value, low, high))
            }
            Self::In(value, members) => {
                let Self::Path(path) = *value else { return Err(wrong_in()) };
                let members = members.into_iter().map(Self::operand).collect::<Result<Vec<_>, _>>()?;
                refuse(check::within(&members))?;
                Ok(Node::In(Operand::Path(path), members))
            }
            Self::Is(value, kinds) => {
                let value = value.operand()?;
                Ok(match kinds {
                    None => Node::Not(Box::new(Node::Exists(value))),
                    Some(kinds) => {
                        Node::Any(kinds.iter().map(|kind| Node::IsType(value.clone(), *kind)).collect())
                    }
                })
            }
            Self::Call { name, place, operands, .. } => {
                if name == "size" || check::arity(&name).is_none() {
                    return Err(unrecognized(&name, &place));
                }
                let operands = operands.into_iter().map(Self::operand).collect::<Result<Vec<_>, _>>()?;
                refuse(check::call(&name, &operands))?;
                Ok(check::function(&name, operands))
            }
            _ => Err(Error::validation("WHERE clause must contain an expression that resolves to a boolean")),
        }
    }

    /// The expression as something to compare.
    fn operand(self) -> Result<Operand, Error> {
        match self {
            Self::Value(value) => Ok(Operand::Value(Arc::new(value))),
            Self::Path(path) => Ok(Operand::Path(path)),
            Self::Call { name, operands, .. } if name == "size" => {
                let mut operands = operands.into_iter().map(Self::operand).collect::<Result<Vec<_>, _>>()?;
                refuse(check::call(&name, &operands))?;
                Ok(Operand::Size(Box::new(operands.remove(0))))
            }
            Self::Call { name, place, .. } => Err(unrecognized(&name, &place)),
            Self::Plus(..) => Err(unsupported_in_condition("+")),
            Self::Minus(..) => Err(unsupported_in_condition("-")),
            _ => Err(Error::validation("The arguments to AND/OR must be Expressions")),
        }
    }

    /// The change that sets a path to the expression.
    pub(super) fn assigned(self, path: Path) -> Result<Action, Error> {
        match self {
            Self::Call { name, place, operands, operand_place }
                if matches!(name.as_str(), "set_add" | "set_delete") =>
            {
                let upper = name.to_ascii_uppercase();
                let Ok([first, second]) = <[Self; 2]>::try_from(operands) else {
                    return Err(Error::validation(format!(
                        "{upper} must have exactly two arguments at {place}"
                    )));
                };
                if !matches!(&first, Self::Path(first) if *first == path) {
                    return Err(Error::validation(format!(
                        "The first argument to {upper} must equal the assignment value at {place}"
                    )));
                }
                match second {
                    Self::Value(value) if value.kind().is_set() => {
                        let value = Arc::new(value);
                        Ok(if name == "set_add" {
                            Action::Add(path, value)
                        } else {
                            Action::Delete(path, value)
                        })
                    }
                    _ => Err(Error::validation(format!(
                        "The second argument to {upper} must be a value with type SET at {operand_place}"
                    ))),
                }
            }
            other => Ok(Action::Set(path, other.value()?)),
        }
    }

    /// The expression as a value to be set.
    fn value(self) -> Result<Expression, Error> {
        match self {
            Self::Value(value) => Ok(Expression::Value(Arc::new(value))),
            Self::Path(path) => Ok(Expression::Path(path)),
            Self::Plus(left, right) => {
                let (left, right) = (left.value()?, right.value()?);
                require_kind("+", [&left, &right], Kind::N)?;
                Ok(Expression::Plus(Box::new(left), Box::new(right)))
            }
            Self::Minus(left, right) => {
                let (left, right) = (left.value()?, right.value()?);
                require_kind("-", [&left, &right], Kind::N)?;
                Ok(Expression::Minus(Box::new(left), Box::new(right)))
            }
            Self::Call { name, operands, .. } if matches!(name.as_str(), "list_append" | "if_not_exists") => {
                let found = operands.len();
                let Ok([one, two]) = <[Self; 2]>::try_from(operands) else {
                    return Err(Error::validation(format!(
                        "Incorrect number of operands for operator or function; operator or function: {name}, number of operands: {found}"
                    )));
                };
                let (one, two) = (one.value()?, two.value()?);
                if name == "list_append" {
                    require_kind(&name, [&one, &two], Kind::L)?;
                    return Ok(Expression::ListAppend(Box::new(one), Box::new(two)));
                }
                match one {
                    Expression::Path(path) => Ok(Expression::IfNotExists(path, Box::new(two))),
                    _ => Err(Error::validation(format!(
                        "Operator or function requires a document path; operator or function: {name}"
                    ))),
                }
            }
            Self::Call { name, place, .. } => Err(unrecognized(&name, &place)),
            Self::Is(..) => Err(Error::validation("IS operator is not supported in update expressions")),
            _ => Err(Error::validation("Unsupported operator in Update Expression.")),
        }
    }
}

fn one_or(mut parts: Vec<Expr>, many: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.len() {
        1 => parts.remove(0),
        _ => many(parts),
    }
}

/// The best fault, as conditions rank them.
fn refuse(mut faults: Vec<check::Fault>) -> Result<(), Error> {
    faults.sort_by_key(|(rank, _)| *rank);
    match faults.into_iter().next() {
        Some((_, text)) => Err(Error::validation(text)),
        None => Ok(()),
    }
}

fn require_kind(operator: &str, operands: [&Expression; 2], kind: Kind) -> Result<(), Error> {
    let wrong = operands.into_iter().find_map(|operand| match operand {
        Expression::Value(value) if value.kind() != kind => Some(value.kind().name()),
        _ => None,
    });
    match wrong {
        Some(found) => Err(Error::validation(format!(
            "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {found}"
        ))),
        None => Ok(()),
    }
}

fn unrecognized(name: &str, place: &str) -> Error {
    Error::validation(format!("Unrecognized function: {name} at {place}"))
}

fn unsupported_in_condition(operator: &str) -> Error {
    Error::validation(format!("Unsupported operator in Condition Expression. Operator: {operator}"))
}

fn wrong_in() -> Error {
    Error::validation(
        "IN operator must have a left hand argument of type Variable Reference and right hand argument of type Seq with at least one member",
    )
}
