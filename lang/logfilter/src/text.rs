//! Values that texts and numbers are compared with.

use crate::Error;

/// The largest compiled regular expression, in bytes: patterns come from clients.
const REGEX_BYTES_MAX: usize = 1 << 20;
/// Characters of a regular expression besides letters and digits.
const REGEX_SYMBOLS: &str = "_#=@/;,-^$?[]{}|\\*+.";

/// A value on the right side of a comparison.
#[derive(Debug, Clone)]
pub(crate) enum Text {
    /// A bare number. Texts are compared with its spelling.
    Number(f64, String),
    /// A text whose `*` stand for anything, cut at the stars.
    Wildcard(Vec<String>),
    /// A regular expression.
    Regex(Regex),
}

/// A regular expression in the small language of filter patterns.
#[derive(Debug, Clone)]
pub(crate) struct Regex(regex::Regex);

impl Text {
    /// A text in which `*` stands for anything.
    pub(crate) fn wildcard(text: &str) -> Self {
        Self::Wildcard(text.split('*').map(str::to_owned).collect())
    }

    /// A bare value: a number if it reads as one.
    pub(crate) fn bare(text: &str) -> Self {
        let numeric = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
        match text.parse::<f64>() {
            Ok(number) if numeric => Self::Number(number, text.to_owned()),
            _ => Self::wildcard(text),
        }
    }

    /// The number, for comparisons of order.
    pub(crate) fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number, _) => Some(*number),
            Self::Wildcard(_) | Self::Regex(_) => None,
        }
    }

    /// Whether it stands for any value at all.
    pub(crate) fn is_anything(&self) -> bool {
        matches!(self, Self::Wildcard(parts) if parts.len() > 1 && parts.iter().all(String::is_empty))
    }

    /// Whether a text is equal to this value.
    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Number(_, spelling) => text == spelling,
            Self::Wildcard(parts) => glob(parts, text),
            Self::Regex(regex) => regex.is_found(text),
        }
    }
}

impl Regex {
    /// Checks the language AWS supports and compiles.
    pub(crate) fn parse(source: &str) -> Result<Self, Error> {
        if let Some(foreign) =
            source.chars().find(|c| !c.is_ascii_alphanumeric() && !REGEX_SYMBOLS.contains(*c))
        {
            return Err(Error::Character(foreign.to_string()));
        }
        regex::RegexBuilder::new(&literal_braces(source))
            .size_limit(REGEX_BYTES_MAX)
            .build()
            .map(Self)
            .map_err(|_| Error::Regex(format!("%{source}%")))
    }

    /// Whether the expression is found anywhere in the text.
    pub(crate) fn is_found(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

/// Escapes every `{` that does not begin a count, and its `}`, because AWS reads those as themselves.
fn literal_braces(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut chars = source.char_indices();
    while let Some((at, next)) = chars.next() {
        match next {
            '\\' => {
                out.push('\\');
                out.extend(chars.next().map(|(_, escaped)| escaped));
            }
            '{' => {
                let inside = source[at + 1..].split_once('}').map_or("", |(inside, _)| inside);
                let is_count = inside.starts_with(|first: char| first.is_ascii_digit())
                    && inside.chars().all(|c| c.is_ascii_digit() || c == ',');
                if is_count && at > 0 {
                    out.push('{');
                    out.push_str(inside);
                    out.push('}');
                    chars.by_ref().nth(inside.len());
                } else {
                    out.push_str("\\{");
                }
            }
            '}' => out.push_str("\\}"),
            other => out.push(other),
        }
    }
    out
}

/// Whether `text` is made of the parts in order, with anything between them.
fn glob(parts: &[String], text: &str) -> bool {
    let (first, rest) = parts.split_first().expect("splitting gives at least one part");
    let Some((last, middle)) = rest.split_last() else { return text == first };
    let Some(mut text) = text.strip_prefix(first.as_str()).and_then(|text| text.strip_suffix(last.as_str()))
    else {
        return false;
    };
    for part in middle {
        match text.find(part.as_str()) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    true
}
