//! Formats of access logs: a text with variables of the context in it.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html>

/// What stands for a variable that has no value.
const MISSING: &str = "-";

/// A format, cut into its pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Variable(String),
}

impl Format {
    /// Reads a format: `$context.<name>`, in braces or without. Any other use of `$` is none.
    pub fn parse(format: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut rest = format;
        while let Some((before, behind)) = rest.split_once('$') {
            pieces.push(Piece::Text(before.to_owned()));
            let inner = behind.strip_prefix('{');
            let body = inner.unwrap_or(behind).strip_prefix("context.")?;
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
            let end = body.find(|c: char| !fits(c)).unwrap_or(body.len());
            let name = body[..end].trim_end_matches(['.', '-']);
            if name.is_empty() {
                return None;
            }
            pieces.push(Piece::Variable(name.to_owned()));
            rest = &body[name.len()..];
            if inner.is_some() {
                rest = rest.strip_prefix('}')?;
            }
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Some(Self(pieces))
    }

    /// The format with what is known of a request filled in: variables for which `value` gives none stay.
    pub fn filled(&self, value: impl Fn(&str) -> Option<String>) -> Self {
        let fill = |piece: &Piece| match piece {
            Piece::Variable(name) => value(name).map_or_else(|| piece.clone(), Piece::Text),
            Piece::Text(_) => piece.clone(),
        };
        Self(self.0.iter().map(fill).collect())
    }

    /// The line of a request; variables without a value show as `-`.
    pub fn line(&self, value: impl Fn(&str) -> Option<String>) -> String {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Variable(name) => out.push_str(value(name).as_deref().unwrap_or(MISSING)),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    #[test]
    fn variables_are_filled_in() {
        let format =
            Format::parse("{\"ip\":\"$context.identity.sourceIp\",\"id\":${context.requestId}} $context.no.");
        let value = |name: &str| match name {
            "identity.sourceIp" => Some("192.0.2.1".to_owned()),
            "requestId" => Some("7".to_owned()),
            _ => None,
        };
        assert_eq!(format.expect("a format").line(value), "{\"ip\":\"192.0.2.1\",\"id\":7} -.");
    }

    #[test]
    fn a_format_can_be_filled_in_by_and_by() {
        let format = Format::parse("$context.a $context.b $context.c").expect("a format");
        let format = format.filled(|name| (name == "a").then(|| "$context.b".to_owned()));
        assert_eq!(format.line(|name| (name == "b").then(|| "2".to_owned())), "$context.b 2 -");
    }

    #[test]
    fn other_expressions_are_none() {
        for format in ["$input.body", "$context.", "${context.a", "a $", "$contexts"] {
            assert_eq!(Format::parse(format), None, "{format}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_format_or_not(text in any::<String>()) {
            if let Some(format) = Format::parse(&text) {
                format.line(|_| None);
            }
        }
    }
}
