//! The grammar of conditions, and what DynamoDB refuses before it looks at an item.

use super::{Comparator, Condition, Node, Operand, check};
use crate::Error;
use crate::lexer::Kind as TokenKind;
use crate::limits::{CALLS_MAX, PARENTHESES_MAX};
use crate::parser::{Parameter, Parser, Rank};
use crate::placeholders::Placeholders;

/// What a part of an expression turned out to be.
enum Part {
    Condition(Node),
    Operand(Operand),
    Call(Call),
}

/// A function with its operands, before it is known whether it stands for a value or for a condition.
struct Call {
    name: String,
    operands: Vec<Operand>,
}

/// What stands between two parentheses, or the whole expression, while it is being read.
struct Group {
    /// The sides of OR that are complete.
    any: Vec<Node>,
    /// The sides of AND in the side of OR that is being read.
    all: Vec<Node>,
    /// Whether an odd number of NOT stands before the next part.
    negated: bool,
    /// Whether there is one part and nothing else.
    bare: bool,
    /// Whether that part is itself in parentheses.
    redundant: bool,
}

impl Default for Group {
    fn default() -> Self {
        Self { any: Vec::new(), all: Vec::new(), negated: false, bare: true, redundant: false }
    }
}

impl Group {
    fn negate(&mut self, node: Node) -> Node {
        if std::mem::take(&mut self.negated) { Node::Not(Box::new(node)) } else { node }
    }
}

/// Words that are operators and so cannot be names.
const KEYWORDS: [&str; 5] = ["AND", "OR", "NOT", "BETWEEN", "IN"];

/// Functions that exist, but only in updates.
const UPDATE_FUNCTIONS: [&str; 2] = ["if_not_exists", "list_append"];

impl Condition {
    /// Parses and checks a condition, a filter or a key condition.
    pub fn parse(parameter: Parameter, text: &str, placeholders: &mut Placeholders) -> Result<Self, Error> {
        let mut grammar = Grammar { parser: Parser::new(parameter, text, placeholders)?, depth: 0 };
        let part = grammar.expression()?;
        let node = grammar.condition(part)?;
        grammar.parser.finish()?;
        Ok(Self(node))
    }
}

struct Grammar<'a> {
    parser: Parser<'a>,
    /// How many function calls are open.
    depth: usize,
}

impl Grammar<'_> {
    /// `OR` of `AND` of `NOT` of comparisons; or an operand alone, which is right only within parentheses.
    ///
    /// Open parentheses wait on a list of their own, so that deep nesting costs no stack.
    fn expression(&mut self) -> Result<Part, Error> {
        let mut outer = Vec::new();
        let mut group = Group::default();
        loop {
            while self.parser.accept_keyword("NOT") {
                group.negated ^= true;
                group.bare = false;
            }
            if self.parser.accept("(") {
                outer.push(std::mem::take(&mut group));
                self.require_shallow(&outer)?;
                continue;
            }
            let mut left = self.simple()?;
            let mut grouped = false;
            loop {
                if let Some(node) = self.comparison(&mut left)? {
                    (left, grouped) = (Part::Condition(node), false);
                }
                if self.parser.at_keyword("AND") || self.parser.at_keyword("OR") {
                    self.join(&mut group, left)?;
                    break;
                }
                if group.bare {
                    group.redundant = grouped;
                } else {
                    left = Part::Condition(self.whole(&mut group, left)?);
                }
                let Some(around) = outer.pop() else { return Ok(left) };
                self.parser.expect(")")?;
                if std::mem::replace(&mut group, around).redundant {
                    self.parser.note(Rank::Parentheses, REDUNDANT);
                }
                left = self.continued(left)?;
                grouped = true;
            }
        }
    }

    /// A part before AND or OR, which is the next token, goes into its group.
    fn join(&mut self, group: &mut Group, part: Part) -> Result<(), Error> {
        let node = group.negate(self.condition(part)?);
        group.all.push(node);
        group.bare = false;
        if self.parser.accept_keyword("OR") {
            group.any.push(one_or(std::mem::take(&mut group.all), Node::All));
        } else {
            self.parser.advance();
        }
        Ok(())
    }

    /// The condition of a group whose last part is read.
    fn whole(&mut self, group: &mut Group, part: Part) -> Result<Node, Error> {
        let node = group.negate(self.condition(part)?);
        group.all.push(node);
        group.any.push(one_or(std::mem::take(&mut group.all), Node::All));
        Ok(one_or(std::mem::take(&mut group.any), Node::Any))
    }

    /// The comparison that the next token begins, with the part before it; none if there is none.
    fn comparison(&mut self, left: &mut Part) -> Result<Option<Node>, Error> {
        let token = self.parser.peek();
        let comparator = Comparator::ALL
            .into_iter()
            .find(|comparator| token.kind == TokenKind::Symbol && token.text == comparator.symbol());
        let between = self.parser.at_keyword("BETWEEN");
        if comparator.is_none() && !between && !self.parser.at_keyword("IN") {
            return Ok(None);
        }
        let left = self.operand_of(std::mem::replace(left, Part::Operand(check::nothing())))?;
        self.parser.advance();
        self.parser.count_operator();
        let node = match comparator {
            Some(comparator) => self.compare(comparator, left)?,
            None if between => self.between(left)?,
            None => self.within(left)?,
        };
        self.parser.end_part();
        Ok(Some(node))
    }

    fn compare(&mut self, comparator: Comparator, left: Operand) -> Result<Node, Error> {
        let right = self.operand()?;
        self.note_all(check::comparison(comparator, &left, &right));
        Ok(Node::Compare(comparator, left, right))
    }

    fn note_all(&mut self, faults: Vec<check::Fault>) {
        for (rank, text) in faults {
            self.parser.note(rank, text);
        }
    }

    fn between(&mut self, value: Operand) -> Result<Node, Error> {
        let low = self.operand()?;
        if !self.parser.accept_keyword("AND") {
            return Err(self.parser.syntax_error());
        }
        let high = self.operand()?;
        self.note_all(check::between(&value, &low, &high));
        Ok(Node::Between(value, low, high))
    }

    fn within(&mut self, value: Operand) -> Result<Node, Error> {
        self.parser.expect("(")?;
        let list = self.operands()?;
        self.note_all(check::within(&list));
        Ok(Node::In(value, list))
    }

    /// Operands to the closing parenthesis.
    fn operands(&mut self) -> Result<Vec<Operand>, Error> {
        let mut operands = vec![self.operand()?];
        while self.parser.accept(",") {
            operands.push(self.operand()?);
        }
        self.parser.expect(")")?;
        Ok(operands)
    }

    /// An operand, perhaps in parentheses.
    fn operand(&mut self) -> Result<Operand, Error> {
        let mut open = 0usize;
        while self.parser.accept("(") {
            open += 1;
        }
        let mut part = self.simple()?;
        for closed in 0..open {
            self.parser.expect(")")?;
            if closed > 0 {
                self.parser.note(Rank::Parentheses, REDUNDANT);
            }
            part = self.continued(part)?;
        }
        self.operand_of(part)
    }

    /// More open parentheses than operators could need.
    fn require_shallow(&self, outer: &[Group]) -> Result<(), Error> {
        if outer.len() > PARENTHESES_MAX { Err(self.parser.parameter().invalid(REDUNDANT)) } else { Ok(()) }
    }

    /// A path in parentheses may go on after them.
    fn continued(&mut self, part: Part) -> Result<Part, Error> {
        match part {
            Part::Operand(Operand::Path(path)) => {
                self.parser.path_rest(path, Rank::Reserved).map(|path| Part::Operand(Operand::Path(path)))
            }
            other => Ok(other),
        }
    }

    fn simple(&mut self) -> Result<Part, Error> {
        let token = self.parser.peek();
        if KEYWORDS.iter().any(|keyword| self.parser.at_keyword(keyword)) {
            return Err(self.parser.syntax_error());
        }
        match token.kind {
            TokenKind::Value => Ok(Part::Operand(Operand::Value(self.parser.value(Rank::Name)))),
            TokenKind::Word if self.parser.peek_second().text == "(" => self.call().map(Part::Call),
            _ => Ok(Part::Operand(Operand::Path(self.parser.path(Rank::Reserved)?))),
        }
    }

    fn call(&mut self) -> Result<Call, Error> {
        let name = self.parser.advance().text.to_owned();
        self.parser.expect("(")?;
        self.depth += 1;
        if self.depth > CALLS_MAX {
            return Err(self.parser.parameter().invalid(misuse(&name)));
        }
        let operands = self.operands()?;
        self.depth -= 1;
        self.parser.count_operator();
        match check::arity(&name) {
            None if UPDATE_FUNCTIONS.contains(&name.as_str()) => self.misused(&name),
            None => {
                self.parser.note(Rank::UnknownFunction, format!("Invalid function name; function: {name}"))
            }
            Some(_) => self.note_all(check::call(&name, &operands)),
        }
        Ok(Call { name, operands })
    }

    fn misused(&mut self, name: &str) {
        self.parser.note(Rank::MisusedFunction, misuse(name));
    }

    /// The part as something to compare; a condition cannot be.
    fn operand_of(&mut self, part: Part) -> Result<Operand, Error> {
        match part {
            Part::Operand(operand) => Ok(operand),
            Part::Call(mut call) if call.name == "size" => Ok(call
                .operands
                .pop()
                .map_or_else(check::nothing, |operand| Operand::Size(Box::new(operand)))),
            Part::Call(call) => {
                if check::arity(&call.name).is_some() {
                    self.misused(&call.name);
                }
                Ok(check::nothing())
            }
            Part::Condition(_) => Err(self.parser.syntax_error()),
        }
    }

    /// The part as a condition; a value or a path cannot be.
    fn condition(&mut self, part: Part) -> Result<Node, Error> {
        match part {
            Part::Condition(node) => Ok(node),
            Part::Operand(_) => Err(self.parser.syntax_error()),
            Part::Call(call) => {
                self.parser.end_part();
                if call.name == "size" {
                    self.misused(&call.name);
                }
                Ok(check::function(&call.name, call.operands))
            }
        }
    }
}

const REDUNDANT: &str = "The expression has redundant parentheses;";

fn misuse(name: &str) -> String {
    format!("The function is not allowed to be used this way in an expression; function: {name}")
}

fn one_or(mut nodes: Vec<Node>, many: fn(Vec<Node>) -> Node) -> Node {
    match nodes.len() {
        1 => nodes.remove(0),
        _ => many(nodes),
    }
}
