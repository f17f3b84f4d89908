//! Comparisons joined by `&&` and `||`, in JSON patterns and in the fields of a message.

use crate::Error;
use crate::scan::Cursor;
use crate::text::Text;

/// How deep parentheses may go. A pattern has at most 1024 characters; nobody nests by hand.
const DEPTH_MAX: usize = 32;

/// A condition on subjects of type `S`.
#[derive(Debug, Clone)]
pub(crate) enum Expr<S> {
    And(Vec<Expr<S>>),
    Or(Vec<Expr<S>>),
    Test(S, Test),
}

/// What is asked about one subject.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    Equal(Text),
    NotEqual(Text),
    Order(Order, f64),
    IsTrue,
    IsFalse,
    IsNull,
    NotExists,
}

/// The comparisons of order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    pub(crate) fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Order::Less => left < right,
            Order::LessOrEqual => left <= right,
            Order::Greater => left > right,
            Order::GreaterOrEqual => left >= right,
        }
    }
}

impl<S> Expr<S> {
    /// Parses as far as the condition goes; `subject` reads what stands on the left side of a comparison.
    pub(crate) fn parse(
        cursor: &mut Cursor<'_>,
        subject: &mut dyn FnMut(&mut Cursor<'_>) -> Result<S, Error>,
    ) -> Result<Self, Error> {
        Self::any(cursor, subject, 0)
    }

    fn any(
        cursor: &mut Cursor<'_>,
        subject: &mut dyn FnMut(&mut Cursor<'_>) -> Result<S, Error>,
        depth: usize,
    ) -> Result<Self, Error> {
        let mut parts = vec![Self::all(cursor, subject, depth)?];
        loop {
            cursor.skip_blanks();
            if !cursor.eat("||") {
                return Ok(single(parts, Expr::Or));
            }
            parts.push(Self::all(cursor, subject, depth)?);
        }
    }

    fn all(
        cursor: &mut Cursor<'_>,
        subject: &mut dyn FnMut(&mut Cursor<'_>) -> Result<S, Error>,
        depth: usize,
    ) -> Result<Self, Error> {
        let mut parts = vec![Self::one(cursor, subject, depth)?];
        loop {
            cursor.skip_blanks();
            if !cursor.eat("&&") {
                return Ok(single(parts, Expr::And));
            }
            parts.push(Self::one(cursor, subject, depth)?);
        }
    }

    fn one(
        cursor: &mut Cursor<'_>,
        subject: &mut dyn FnMut(&mut Cursor<'_>) -> Result<S, Error>,
        depth: usize,
    ) -> Result<Self, Error> {
        cursor.skip_blanks();
        if !cursor.eat("(") {
            let subject = subject(cursor)?;
            return Ok(Expr::Test(subject, Test::parse(cursor)?));
        }
        if depth == DEPTH_MAX {
            return Err(Error::Form(format!("parentheses go deeper than {DEPTH_MAX}")));
        }
        let inner = Self::any(cursor, subject, depth + 1)?;
        cursor.skip_blanks();
        if cursor.eat(")") { Ok(inner) } else { Err(cursor.unexpected()) }
    }

    /// Whether the condition holds, by the answer to each test.
    pub(crate) fn holds(&self, test: &dyn Fn(&S, &Test) -> bool) -> bool {
        match self {
            Expr::And(parts) => parts.iter().all(|part| part.holds(test)),
            Expr::Or(parts) => parts.iter().any(|part| part.holds(test)),
            Expr::Test(subject, asked) => test(subject, asked),
        }
    }
}

/// One part stands for itself.
fn single<S>(mut parts: Vec<Expr<S>>, join: fn(Vec<Expr<S>>) -> Expr<S>) -> Expr<S> {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => join(parts),
    }
}

impl Test {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Error> {
        cursor.skip_blanks();
        if cursor.eat_word("IS") {
            cursor.skip_blanks();
            return match () {
                () if cursor.eat_word("TRUE") => Ok(Test::IsTrue),
                () if cursor.eat_word("FALSE") => Ok(Test::IsFalse),
                () if cursor.eat_word("NULL") => Ok(Test::IsNull),
                () => Err(cursor.unexpected()),
            };
        }
        if cursor.eat_word("NOT") {
            cursor.skip_blanks();
            return if cursor.eat_word("EXISTS") { Ok(Test::NotExists) } else { Err(cursor.unexpected()) };
        }
        let order = match () {
            () if cursor.eat("!=") => {
                cursor.skip_blanks();
                return Ok(Test::NotEqual(cursor.value()?));
            }
            () if cursor.eat("=") => {
                cursor.skip_blanks();
                return Ok(Test::Equal(cursor.value()?));
            }
            () if cursor.eat("<=") => Order::LessOrEqual,
            () if cursor.eat("<") => Order::Less,
            () if cursor.eat(">=") => Order::GreaterOrEqual,
            () if cursor.eat(">") => Order::Greater,
            () => return Err(cursor.unexpected()),
        };
        cursor.skip_blanks();
        let number = cursor.value()?.as_number();
        number
            .map(|number| Test::Order(order, number))
            .ok_or_else(|| Error::Form("a comparison of order needs a number".to_owned()))
    }
}
