//! Strings of a policy with wildcards and policy variables.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>.

use crate::context::Context;
use crate::glob::{Glob, Token, push_text};

/// One step of a string of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// Fixed: text or wildcard.
    Token(Token),
    /// `${key}` or `${key, 'default'}`; the key is in lower case, because condition keys ignore case.
    Variable { key: String, default: Option<String> },
}

/// What the syntax of a string allows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Syntax {
    /// `${…}` stands for a value. Only with policy version 2012-10-17.
    pub(crate) variables: bool,
    /// `*` and `?` are wildcards.
    pub(crate) wildcards: bool,
}

/// Splits a string into its parts.
pub(crate) fn parts(text: &str, syntax: Syntax) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if syntax.variables
            && let Some(after) = rest.strip_prefix("${")
            && let Some(end) = after.find('}')
        {
            parts.push(variable(&after[..end]));
            rest = &after[end + 1..];
            continue;
        }
        match character {
            '*' if syntax.wildcards => parts.push(Part::Token(Token::Star)),
            '?' if syntax.wildcards => parts.push(Part::Token(Token::One)),
            other => parts.push(Part::Token(Token::Text(other.to_string()))),
        }
        rest = &rest[character.len_utf8()..];
    }
    join(parts)
}

/// The inside of `${…}`. `${*}`, `${?}` and `${$}` are the characters themselves.
fn variable(inside: &str) -> Part {
    if matches!(inside, "*" | "?" | "$") {
        return Part::Token(Token::Text(inside.to_string()));
    }
    let (key, default) = match inside.split_once(',') {
        Some((key, default)) => {
            let default = default.trim();
            let quoted = default.strip_prefix('\'').and_then(|default| default.strip_suffix('\''));
            (key, quoted.map(ToString::to_string))
        }
        None => (inside, None),
    };
    Part::Variable { key: key.trim().to_ascii_lowercase(), default }
}

/// Joins neighbouring texts.
fn join(parts: Vec<Part>) -> Vec<Part> {
    let mut joined: Vec<Part> = Vec::new();
    for part in parts {
        match (joined.last_mut(), part) {
            (Some(Part::Token(Token::Text(before))), Part::Token(Token::Text(text))) => {
                before.push_str(&text)
            }
            (_, part) => joined.push(part),
        }
    }
    joined
}

/// A string of a policy, ready to match.
#[derive(Debug, Clone)]
pub(crate) enum Template {
    /// Without variables.
    Fixed(Glob),
    /// With variables: compiled anew for each request.
    Variable(Vec<Part>),
}

impl Template {
    pub(crate) fn new(parts: Vec<Part>) -> Self {
        let tokens: Option<Vec<Token>> = parts
            .iter()
            .map(|part| match part {
                Part::Token(token) => Some(token.clone()),
                Part::Variable { .. } => None,
            })
            .collect();
        match tokens {
            Some(tokens) => Self::Fixed(Glob::new(&tokens)),
            None => Self::Variable(parts),
        }
    }

    pub(crate) fn parse(text: &str, syntax: Syntax) -> Self {
        Self::new(parts(text, syntax))
    }

    /// Whether the whole text matches. A variable without value and default matches nothing.
    pub(crate) fn matches(&self, text: &str, context: &dyn Context) -> bool {
        match self {
            Self::Fixed(glob) => glob.matches(text),
            Self::Variable(parts) => {
                resolve(parts, context).is_some_and(|tokens| Glob::new(&tokens).matches(text))
            }
        }
    }

    /// As `matches`, but `A` and `a` are the same.
    pub(crate) fn matches_ignoring_case(&self, text: &str, context: &dyn Context) -> bool {
        let text = text.to_lowercase();
        match self {
            Self::Fixed(Glob::Exact(wanted)) => wanted.to_lowercase() == text,
            Self::Fixed(glob) => glob.matches(&text),
            Self::Variable(parts) => resolve(parts, context).is_some_and(|tokens| {
                let lower: Vec<Token> = tokens
                    .into_iter()
                    .map(|token| match token {
                        Token::Text(text) => Token::Text(text.to_lowercase()),
                        other => other,
                    })
                    .collect();
                Glob::new(&lower).matches(&text)
            }),
        }
    }
}

/// Puts the values in. A value is text: a `*` in it is no wildcard.
fn resolve(parts: &[Part], context: &dyn Context) -> Option<Vec<Token>> {
    let mut tokens = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Part::Token(Token::Text(text)) => push_text(&mut tokens, text),
            Part::Token(token) => tokens.push(token.clone()),
            Part::Variable { key, default } => {
                let values = context.values(key);
                // Only keys with one value can be variables.
                let value = match values.as_deref() {
                    Some([one]) => Some(&**one),
                    _ => default.as_deref(),
                };
                push_text(&mut tokens, value?);
            }
        }
    }
    Some(tokens)
}

/// The number of parts of an ARN: `arn:partition:service:region:account:resource`.
const ARN_PARTS: usize = 6;

/// A pattern for ARNs: each of the six parts is matched for itself, so a `*` does not reach over a colon, except in
/// the last part.
#[derive(Debug, Clone)]
pub(crate) enum ArnPattern {
    /// `*`
    Any,
    /// Six parts.
    Parts(Box<[Template; ARN_PARTS]>),
    /// Not an ARN: matched as a whole.
    Whole(Template),
    /// An ARN that lacks parts, where they are not filled in.
    Nothing,
}

impl ArnPattern {
    /// `complete`: missing parts at the end are `*`, as in the `Resource` element.
    pub(crate) fn parse(text: &str, syntax: Syntax, complete: bool) -> Self {
        if text == "*" {
            return Self::Any;
        }
        let mut split: Vec<Vec<Part>> = vec![Vec::new()];
        for part in parts(text, syntax) {
            let Part::Token(Token::Text(mut text)) = part else {
                split.last_mut().expect("never empty").push(part);
                continue;
            };
            while split.len() < ARN_PARTS
                && let Some((before, after)) = text.split_once(':')
            {
                if !before.is_empty() {
                    split.last_mut().expect("never empty").push(Part::Token(Token::Text(before.to_string())));
                }
                split.push(Vec::new());
                text = after.to_string();
            }
            if !text.is_empty() {
                split.last_mut().expect("never empty").push(Part::Token(Token::Text(text)));
            }
        }
        if split.len() == 1 {
            return Self::Whole(Template::parse(text, syntax));
        }
        if split.len() < ARN_PARTS && !complete {
            return Self::Nothing;
        }
        split.resize(ARN_PARTS, vec![Part::Token(Token::Star)]);
        let templates: Vec<Template> = split.into_iter().map(Template::new).collect();
        match templates.try_into() {
            Ok(templates) => Self::Parts(Box::new(templates)),
            Err(_) => Self::Whole(Template::parse(text, syntax)),
        }
    }

    pub(crate) fn matches(&self, arn: &ArnText<'_>, context: &dyn Context) -> bool {
        match self {
            Self::Any => true,
            Self::Nothing => false,
            Self::Whole(template) => template.matches(arn.whole, context),
            Self::Parts(templates) => arn.parts.as_ref().is_some_and(|parts| {
                templates.iter().zip(parts).all(|(template, part)| template.matches(part, context))
            }),
        }
    }
}

/// A text that may be an ARN, split once for many patterns.
#[derive(Debug)]
pub(crate) struct ArnText<'t> {
    pub(crate) whole: &'t str,
    parts: Option<[&'t str; ARN_PARTS]>,
}

impl<'t> ArnText<'t> {
    pub(crate) fn new(whole: &'t str) -> Self {
        let mut parts = [""; ARN_PARTS];
        let mut found = 0;
        for (slot, part) in parts.iter_mut().zip(whole.splitn(ARN_PARTS, ':')) {
            *slot = part;
            found += 1;
        }
        Self { whole, parts: (found == ARN_PARTS).then_some(parts) }
    }

    /// The account of the ARN, when it names one.
    pub(crate) fn account(&self) -> Option<&'t str> {
        self.parts.map(|parts| parts[4]).filter(|account| !account.is_empty())
    }
}
