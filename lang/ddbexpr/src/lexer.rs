//! Expressions cut into tokens. Nothing is refused here: an unknown character is a token that no rule accepts.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name without a placeholder, or a keyword.
    Word,
    /// `#name`.
    Name,
    /// `:value`.
    Value,
    /// Digits.
    Digits,
    /// `= <> < <= > >=`, parentheses, brackets, `. , + -`.
    Symbol,
    /// Anything else.
    Unknown,
    /// The end of the expression.
    End,
}

/// A token and where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    pub(crate) start: usize,
}

impl Token<'_> {
    pub(crate) fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// Cuts a text. The last token is the end.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if matches!(first, ' ' | '\t' | '\r' | '\n') {
            at += 1;
            continue;
        }
        let (kind, length) = cut(&text[at..], first);
        tokens.push(Token { kind, text: &text[at..at + length], start: at });
        at += length;
    }
    tokens.push(Token { kind: Kind::End, text: "", start: text.len() });
    tokens
}

/// Kind and length of the token at the start of a text.
fn cut(text: &str, first: char) -> (Kind, usize) {
    let word = |from: usize| {
        let part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        from + text.as_bytes()[from..].iter().take_while(|byte| part(byte)).count()
    };
    match first {
        'a'..='z' | 'A'..='Z' => (Kind::Word, word(0)),
        '0'..='9' => (Kind::Digits, text.bytes().take_while(u8::is_ascii_digit).count()),
        '#' if word(1) > 1 => (Kind::Name, word(1)),
        ':' if word(1) > 1 => (Kind::Value, word(1)),
        '<' if text.starts_with("<>") || text.starts_with("<=") => (Kind::Symbol, 2),
        '>' if text.starts_with(">=") => (Kind::Symbol, 2),
        '<' | '>' | '=' | '(' | ')' | '[' | ']' | '.' | ',' | '+' | '-' => (Kind::Symbol, 1),
        other => (Kind::Unknown, other.len_utf8()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut() {
        let cut: Vec<_> =
            tokens("a.#b_1[10]<>:v_ AND(é!").iter().map(|token| (token.kind, token.text)).collect();
        assert_eq!(
            cut,
            [
                (Kind::Word, "a"),
                (Kind::Symbol, "."),
                (Kind::Name, "#b_1"),
                (Kind::Symbol, "["),
                (Kind::Digits, "10"),
                (Kind::Symbol, "]"),
                (Kind::Symbol, "<>"),
                (Kind::Value, ":v_"),
                (Kind::Word, "AND"),
                (Kind::Symbol, "("),
                (Kind::Unknown, "é"),
                (Kind::Unknown, "!"),
                (Kind::End, ""),
            ]
        );
    }
}
