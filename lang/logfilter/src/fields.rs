//! Conditions on the fields of a message that are parted by blanks.

use crate::Error;
use crate::expr::{Expr, Test};
use crate::scan::Cursor;
use crate::text::Text;

/// A whole pattern in brackets. With `...` the fields behind it are counted from the end of the message; without it
/// the last field takes all that is left of the message.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    front: Vec<Field>,
    back: Option<Vec<Field>>,
}

/// One field: its condition, if it has one. The name only binds the condition's parts together.
type Field = Option<Expr<()>>;

impl Fields {
    pub(crate) fn parse(pattern: &str) -> Result<Self, Error> {
        let mut cursor = Cursor::new(pattern);
        cursor.eat("[");
        let mut fields = Self { front: Vec::new(), back: None };
        loop {
            cursor.skip_blanks();
            if cursor.eat("...") {
                if fields.back.is_some() {
                    return Err(Error::Form("only one ... is allowed".to_owned()));
                }
                fields.back = Some(Vec::new());
            } else {
                let field = field(&mut cursor)?;
                fields.back.as_mut().unwrap_or(&mut fields.front).push(field);
            }
            cursor.skip_blanks();
            if cursor.eat(",") {
                continue;
            }
            if !cursor.eat("]") || !cursor.is_at_end() {
                return Err(cursor.unexpected());
            }
            return Ok(fields);
        }
    }

    pub(crate) fn matches(&self, message: &str) -> bool {
        let tokens = split(message);
        match &self.back {
            Some(back) => {
                let enough = tokens.len() >= self.front.len() + back.len();
                enough
                    && all(&self.front, tokens.iter().map(|token| token.text))
                    && all(back, tokens[tokens.len() - back.len()..].iter().map(|token| token.text))
            }
            None => {
                let last = self.front.len() - 1;
                if tokens.len() < self.front.len() {
                    return false;
                }
                let rest = if tokens.len() > self.front.len() {
                    message[tokens[last].start..].trim_end()
                } else {
                    tokens[last].text
                };
                let texts = tokens[..last].iter().map(|token| token.text).chain([rest]);
                all(&self.front, texts)
            }
        }
    }
}

fn all<'a>(fields: &[Field], texts: impl Iterator<Item = &'a str>) -> bool {
    fields.iter().zip(texts).all(|(field, text)| match field {
        None => true,
        Some(condition) => condition.holds(&|(), test| holds(text, test)),
    })
}

fn holds(text: &str, test: &Test) -> bool {
    match test {
        Test::Equal(wanted) => equals(text, wanted),
        Test::NotEqual(wanted) => !equals(text, wanted),
        Test::Order(order, limit) => text.parse::<f64>().is_ok_and(|number| order.holds(number, *limit)),
        Test::IsTrue | Test::IsFalse | Test::IsNull | Test::NotExists => false,
    }
}

fn equals(text: &str, wanted: &Text) -> bool {
    match (wanted.as_number(), text.parse::<f64>()) {
        (Some(wanted), Ok(number)) => number == wanted,
        _ => wanted.matches(text),
    }
}

/// `name`, or a condition in which one name stands on all left sides.
fn field(cursor: &mut Cursor<'_>) -> Result<Field, Error> {
    let mut ahead = *cursor;
    if !name(&mut ahead).is_empty() {
        ahead.skip_blanks();
        if matches!(ahead.peek(), Some(',' | ']')) {
            *cursor = ahead;
            return Ok(None);
        }
    }
    let mut first: Option<String> = None;
    let mut subject = |cursor: &mut Cursor<'_>| {
        cursor.skip_blanks();
        let found = name(cursor);
        if found.is_empty() {
            return Err(cursor.unexpected());
        }
        match &first {
            Some(first) if first != found => {
                Err(Error::Form(format!("`{found}` is not the name of its field")))
            }
            _ => {
                first = Some(found.to_owned());
                Ok(())
            }
        }
    };
    let expr = Expr::parse(cursor, &mut subject)?;
    match postfix(&expr) {
        true => Err(Error::Form("a field can only be compared with a value".to_owned())),
        false => Ok(Some(expr)),
    }
}

fn name<'a>(cursor: &mut Cursor<'a>) -> &'a str {
    cursor.take_while(|next| next.is_alphanumeric() || next == '_' || next == '-')
}

/// Whether a test for JSON stands among them.
fn postfix(expr: &Expr<()>) -> bool {
    match expr {
        Expr::And(parts) | Expr::Or(parts) => parts.iter().any(postfix),
        Expr::Test((), test) => matches!(test, Test::IsTrue | Test::IsFalse | Test::IsNull | Test::NotExists),
    }
}

struct Token<'a> {
    start: usize,
    text: &'a str,
}

/// Cuts a message at blanks; what stands in brackets or double quotes is one field without them.
fn split(message: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(offset) = message[at..].find(|next: char| !next.is_whitespace()) {
        let start = at + offset;
        let rest = &message[start..];
        let closing = match rest.as_bytes()[0] {
            b'[' => Some(']'),
            b'"' => Some('"'),
            _ => None,
        };
        let wrapped = closing.and_then(|closing| rest[1..].find(closing)).map(|length| &rest[1..1 + length]);
        let (text, end) = match wrapped {
            Some(text) => (text, start + text.len() + 2),
            None => {
                let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
                (&rest[..length], start + length)
            }
        };
        tokens.push(Token { start, text });
        at = end;
    }
    tokens
}
