//! The grammar of statements.

use std::collections::BTreeSet;

use super::lexer::{Kind, Token, tokens};
use super::lower::Expr;
use super::value::{Place, malformed};
use super::{Change, Column, Insert, Order, Returning, Select, Source, Statement};
use crate::limits::{NESTING_LEVELS_MAX, STATEMENT_CHARACTERS_MAX};
use crate::path::{Path, Step};
use crate::update::{Action, Update};
use crate::{Condition, Error, Value};

/// Words that begin or part clauses and so cannot be names without quotes.
const KEYWORDS: [&str; 30] = [
    "ALL",
    "AND",
    "AS",
    "ASC",
    "BETWEEN",
    "BY",
    "CASE",
    "DELETE",
    "DESC",
    "EXISTS",
    "FALSE",
    "FROM",
    "IN",
    "INNER",
    "INSERT",
    "INTO",
    "IS",
    "MISSING",
    "NOT",
    "NULL",
    "OR",
    "ORDER",
    "REMOVE",
    "RETURNING",
    "SELECT",
    "SET",
    "TRUE",
    "UPDATE",
    "WHERE",
    "LIMIT",
];

/// Parses a whole statement.
pub(super) fn statement(text: &str, parameters: Vec<Value>) -> Result<Statement, Error> {
    if text.chars().count() > STATEMENT_CHARACTERS_MAX {
        return Err(malformed("Statement is too long"));
    }
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, at: 0, parameters: parameters.into_iter(), depth: 0 };
    let statement = parser.statement()?;
    parser.accept(";");
    if parser.peek().kind != Kind::End {
        return Err(leftover());
    }
    if parser.parameters.next().is_some() {
        return Err(parameter_mismatch());
    }
    Ok(statement)
}

fn leftover() -> Error {
    malformed("Unexpected token after expression")
}

fn parameter_mismatch() -> Error {
    Error::validation("Number of parameters in request and statement don't match.")
}

/// Tokens being read.
pub(super) struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    parameters: std::vec::IntoIter<Value>,
    /// How deep parentheses and calls nest.
    pub(super) depth: usize,
}

/// Reading tokens.
impl<'a> Parser<'a> {
    pub(super) fn peek(&self) -> &'a Token {
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn peek_second(&self) -> &'a Token {
        &self.tokens[(self.at + 1).min(self.tokens.len() - 1)]
    }

    pub(super) fn advance(&mut self) -> &'a Token {
        let token = self.peek();
        self.at += 1;
        token
    }

    pub(super) fn at_symbol(&self, symbol: &str) -> bool {
        matches!(self.peek().kind, Kind::Symbol(found) if found == symbol)
    }

    pub(super) fn accept(&mut self, symbol: &str) -> bool {
        let found = self.at_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, symbol: &str) -> Result<(), Error> {
        if self.accept(symbol) {
            return Ok(());
        }
        Err(malformed(match symbol {
            "(" => "Expected LEFT_PAREN",
            ")" => "Expected RIGHT_PAREN",
            "=" => "Expected OPERATOR",
            ":" => "Expected COLON",
            _ => "Unexpected token in expression",
        }))
    }

    pub(super) fn at_keyword(&self, keyword: &str) -> bool {
        matches!(&self.peek().kind, Kind::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    pub(super) fn accept_keyword(&mut self, keyword: &str) -> bool {
        let found = self.at_keyword(keyword);
        self.at += usize::from(found);
        found
    }

    fn expect_keyword(&mut self, keyword: &str) -> Result<(), Error> {
        if self.accept_keyword(keyword) { Ok(()) } else { Err(malformed(&format!("Expected {keyword}"))) }
    }

    pub(super) fn accept_text(&mut self) -> Option<String> {
        let Kind::Text(text) = &self.peek().kind else { return None };
        self.at += 1;
        Some(text.clone())
    }

    pub(super) fn accept_digits(&mut self) -> Option<String> {
        let Kind::Digits(digits) = &self.peek().kind else { return None };
        self.at += 1;
        Some(digits.clone())
    }

    pub(super) fn accept_parameter(&mut self) -> bool {
        let found = self.peek().kind == Kind::Parameter;
        self.at += usize::from(found);
        found
    }

    pub(super) fn parameter(&mut self) -> Result<Value, Error> {
        self.parameters.next().ok_or_else(parameter_mismatch)
    }

    pub(super) fn at_negative_number(&self) -> bool {
        self.at_symbol("-") && matches!(self.peek_second().kind, Kind::Digits(_))
    }

    pub(super) fn at_positive_number(&self) -> bool {
        self.at_symbol("+") && matches!(self.peek_second().kind, Kind::Digits(_))
    }

    /// The function that the next token calls, and its place.
    pub(super) fn peek_call(&self) -> Option<(String, String)> {
        match (&self.peek().kind, &self.peek_second().kind) {
            (Kind::Word(name), Kind::Symbol("(")) => Some((name.to_ascii_lowercase(), self.peek().place())),
            _ => None,
        }
    }

    fn at_keyword_of(&self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.at_keyword(keyword))
    }

    /// A name, in double quotes or not a keyword.
    fn name(&mut self) -> Option<String> {
        let name = match &self.peek().kind {
            Kind::Quoted(name) => name,
            Kind::Word(name) if !self.at_keyword_of(&KEYWORDS) => name,
            _ => return None,
        };
        self.at += 1;
        Some(name.clone())
    }
}

/// Statements and clauses.
impl Parser<'_> {
    fn statement(&mut self) -> Result<Statement, Error> {
        if self.accept_keyword("SELECT") {
            return self.select().map(Statement::Select);
        }
        if self.accept_keyword("INSERT") {
            return self.insert().map(Statement::Insert);
        }
        if self.accept_keyword("UPDATE") {
            let table = self.table()?;
            let update = self.update()?;
            let condition = self.required_condition()?;
            let returning = self.returning()?;
            return Ok(Statement::Update(Change { table, condition, update, returning }));
        }
        if self.accept_keyword("DELETE") {
            self.expect_keyword("FROM")?;
            let table = self.table()?;
            let condition = self.required_condition()?;
            let returning = self.returning()?;
            require_all_old(returning)?;
            return Ok(Statement::Delete(Change { table, condition, update: Update::default(), returning }));
        }
        if self.accept_keyword("FROM") {
            let table = self.table()?;
            let condition = self.required_condition()?;
            let update = self.update()?;
            let returning = self.returning()?;
            return Ok(Statement::Update(Change { table, condition, update, returning }));
        }
        if self.accept_keyword("EXISTS") {
            self.expect("(")?;
            self.expect_keyword("SELECT")?;
            let select = self.select()?;
            self.expect(")")?;
            return Ok(Statement::Exists(select));
        }
        Err(malformed("Expected data manipulation"))
    }

    fn select(&mut self) -> Result<Select, Error> {
        if self.at_keyword("VALUE") || self.at_keyword("PIVOT") {
            return Err(Error::validation("Select projection doesn't support value or pivot keywords"));
        }
        let columns = self.columns()?;
        self.expect_keyword("FROM")?;
        let source = self.source()?;
        self.refuse_alias()?;
        if self.at_symbol(",") {
            return Err(Error::validation("Only select from a single table or index is supported."));
        }
        let condition = self.accept_keyword("WHERE").then(|| self.condition()).transpose()?;
        let order = self.order()?;
        if self.accept_keyword("LIMIT") {
            let place = self.peek().place();
            return Err(Error::validation(format!("Unsupported clause: LIMIT at {place}")));
        }
        Ok(Select { source, columns, condition, order })
    }

    fn columns(&mut self) -> Result<Option<Vec<Column>>, Error> {
        if self.accept("*") {
            if self.at_symbol(",") {
                return Err(Error::validation(
                    "Other attributes should not be present in the projection when '*' is used.",
                ));
            }
            return Ok(None);
        }
        let mut columns: Vec<Column> = Vec::new();
        let mut names = BTreeSet::new();
        loop {
            if let Some((_, place)) = self.peek_call() {
                return Err(Error::validation(format!("Unexpected path component at {place}")));
            }
            let path = self.path()?;
            let name = path
                .steps()
                .iter()
                .rev()
                .find_map(|step| match step {
                    Step::Name(name) => Some(name.clone()),
                    Step::Index(_) => None,
                })
                .unwrap_or_default();
            if !names.insert(name.clone()) {
                return Err(Error::validation(format!("Duplicate identifiers in select clause: {name}")));
            }
            columns.push(Column { path, name });
            if self.at_keyword("AS") {
                return Err(Error::validation("Aliasing is not supported"));
            }
            if !self.accept(",") {
                return Ok(Some(columns));
            }
        }
    }

    fn source(&mut self) -> Result<Source, Error> {
        let mut names = Vec::new();
        loop {
            let name = self.name().ok_or_else(|| malformed("Expected identifier for table"))?;
            names.push(name);
            if !self.accept(".") {
                break;
            }
        }
        if names.len() > 2 {
            return Err(Error::validation("A path may contain at most 2 components in the FROM clause"));
        }
        if names.iter().any(String::is_empty) {
            return Err(Error::validation("Path component cannot be an empty string"));
        }
        let index = (names.len() == 2).then(|| names.pop()).flatten();
        Ok(Source { table: names.pop().unwrap_or_default(), index })
    }

    /// The table of a statement that writes.
    fn table(&mut self) -> Result<String, Error> {
        let source = self.source()?;
        self.refuse_alias()?;
        match source.index {
            Some(_) => Err(Error::validation("This operation is not supported on an index")),
            None => Ok(source.table),
        }
    }

    /// A name after a table would be another name for it.
    fn refuse_alias(&self) -> Result<(), Error> {
        let follows = ["SET", "REMOVE", "WHERE", "ORDER", "RETURNING", "LIMIT", "VALUE"];
        let named = match self.peek().kind {
            Kind::Quoted(_) => true,
            Kind::Word(_) => {
                self.at_keyword("AS") || !(self.at_keyword_of(&follows) || self.at_keyword_of(&KEYWORDS))
            }
            _ => false,
        };
        if named { Err(Error::validation("Aliasing is not supported")) } else { Ok(()) }
    }

    fn insert(&mut self) -> Result<Insert, Error> {
        self.expect_keyword("INTO")?;
        let source = self.source()?;
        if source.index.is_some() {
            return Err(Error::validation("This operation is not supported on an index"));
        }
        if self.at_keyword("VALUES") || self.at_symbol("<<") || self.at_keyword("SELECT") {
            return Err(Error::validation(
                "Unsupported operation: Inserting multiple items in a single statement is not supported, use \"INSERT INTO tableName VALUE item\" instead",
            ));
        }
        if !self.accept_keyword("VALUE") {
            return Err(leftover());
        }
        if !self.accept("{") {
            return Err(Error::validation(
                "Unsupported format in item expression. Please use struct format {...} to express item values for insert statement.",
            ));
        }
        let item = self.item()?;
        if self.at_keyword("RETURNING") {
            return Err(Error::validation("RETURNING is not supported in INSERT"));
        }
        Ok(Insert { table: source.table, item })
    }

    /// SET and REMOVE clauses, one or more of each.
    fn update(&mut self) -> Result<Update, Error> {
        let mut actions: Vec<Action> = Vec::new();
        loop {
            let set = self.accept_keyword("SET");
            if !set && !self.accept_keyword("REMOVE") {
                break;
            }
            loop {
                let path = self.path()?;
                let action = if set { self.assignment(path)? } else { Action::Remove(path) };
                actions.push(action);
                if !self.accept(",") {
                    break;
                }
            }
        }
        if actions.is_empty() {
            return Err(malformed("Expected data manipulation"));
        }
        match crate::path::clash(&actions.iter().map(Action::path).collect::<Vec<_>>()).words() {
            Some(text) => Err(Error::validation(text)),
            None => Ok(Update { actions }),
        }
    }

    fn assignment(&mut self, path: Path) -> Result<Action, Error> {
        self.expect("=")?;
        self.expression()?.assigned(path)
    }

    fn required_condition(&mut self) -> Result<Condition, Error> {
        if self.accept_keyword("WHERE") {
            return self.condition();
        }
        if self.peek().kind == Kind::End
            || self.at_symbol(";")
            || self.at_keyword_of(&["RETURNING", "SET", "REMOVE"])
        {
            return Err(Error::validation(
                "Where clause does not contain a mandatory equality on all key attributes",
            ));
        }
        Err(leftover())
    }

    fn condition(&mut self) -> Result<Condition, Error> {
        self.expression()?.condition().map(Condition)
    }

    fn order(&mut self) -> Result<Vec<Order>, Error> {
        let mut keys = Vec::new();
        if !self.accept_keyword("ORDER") {
            return Ok(keys);
        }
        self.expect_keyword("BY")?;
        loop {
            let path = self.path()?;
            if !path.is_attribute() {
                return Err(Error::validation(
                    "Argument to ORDER BY must be of type VariableReference. Type: Path",
                ));
            }
            let descending = self.accept_keyword("DESC");
            if !descending {
                self.accept_keyword("ASC");
            }
            keys.push(Order { name: path.head().to_owned(), descending });
            if !self.accept(",") {
                return Ok(keys);
            }
        }
    }

    fn returning(&mut self) -> Result<Option<Returning>, Error> {
        if !self.accept_keyword("RETURNING") {
            return Ok(None);
        }
        let all = self.accept_keyword("ALL");
        if !all {
            self.expect_keyword("MODIFIED")?;
        }
        let old = self.accept_keyword("OLD");
        if !old {
            self.expect_keyword("NEW")?;
        }
        if !self.accept("*") {
            return Err(Error::validation(
                "Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause",
            ));
        }
        if self.at_symbol(",") {
            return Err(Error::validation(
                "Invalid syntax with multiple returning elements in RETURNING clause",
            ));
        }
        Ok(Some(match (all, old) {
            (true, true) => Returning::AllOld,
            (true, false) => Returning::AllNew,
            (false, true) => Returning::ModifiedOld,
            (false, false) => Returning::ModifiedNew,
        }))
    }

    /// A path: names parted by points, indexes and names in brackets.
    pub(super) fn path(&mut self) -> Result<Path, Error> {
        let head = self.name().ok_or_else(|| malformed("Unexpected term"))?;
        if head.is_empty() {
            return Err(Error::validation("Path component cannot be an empty string"));
        }
        let mut steps = vec![Step::Name(head)];
        loop {
            if self.accept(".") {
                let name = self.name().ok_or_else(|| malformed("Invalid path dot component"))?;
                steps.push(Step::Name(name));
            } else if self.accept("[") {
                steps.push(self.bracket()?);
                self.expect("]")?;
            } else {
                break;
            }
        }
        if steps.len() > NESTING_LEVELS_MAX {
            let levels = steps.len();
            return Err(Error::validation(format!(
                "The document path has too many nesting elements; nesting levels: {levels}"
            )));
        }
        Ok(Path(steps))
    }

    fn bracket(&mut self) -> Result<Step, Error> {
        if self.at_symbol("*") {
            return Err(Error::validation("Wildcard path component like a[*].b are not supported"));
        }
        if let Some(name) = self.accept_text() {
            return Ok(Step::Name(name));
        }
        let negative = self.accept("-");
        let digits = self.accept_digits().ok_or_else(|| Error::validation("Unexpected path component"))?;
        match digits.parse() {
            Ok(index) if !negative => Ok(Step::Index(index)),
            _ => {
                let sign = if negative { "-" } else { "" };
                Err(Error::validation(format!(
                    "List index is not within the allowable range; index: [{sign}{digits}]"
                )))
            }
        }
    }

    /// An expression of the WHERE or SET clause.
    fn expression(&mut self) -> Result<Expr, Error> {
        self.or()
    }

    /// A literal that stands in an expression.
    pub(super) fn root_literal(&mut self) -> Result<Option<Value>, Error> {
        self.literal(&Place::root())
    }

    pub(super) fn path_follows(&self) -> bool {
        match self.peek().kind {
            Kind::Quoted(_) => true,
            Kind::Word(_) => !self.at_keyword_of(&KEYWORDS),
            _ => false,
        }
    }
}

fn require_all_old(returning: Option<Returning>) -> Result<(), Error> {
    let clause = match returning {
        None | Some(Returning::AllOld) => return Ok(()),
        Some(Returning::ModifiedOld) => "MODIFIED OLD *",
        Some(Returning::AllNew) => "ALL NEW *",
        Some(Returning::ModifiedNew) => "MODIFIED NEW *",
    };
    Err(Error::validation(format!(
        "Invalid returning clause: RETURNING {clause}. Only RETURNING ALL OLD * is allowed in DELETE statements."
    )))
}
