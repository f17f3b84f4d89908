//! From Rust's names to AWS's.

/// How member names are written on the wire.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Pascal,
    Camel,
    ScreamingSnake,
}

impl Case {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "PascalCase" => Some(Self::Pascal),
            "camelCase" => Some(Self::Camel),
            "SCREAMING_SNAKE_CASE" => Some(Self::ScreamingSnake),
            _ => None,
        }
    }

    /// A member name from snake_case, or a variant name from PascalCase.
    pub(crate) fn apply(self, ident: &str) -> String {
        let words = words(ident.trim_start_matches("r#"));
        match self {
            Self::Pascal => words.iter().map(|word| capitalise(word)).collect(),
            Self::Camel => {
                let rest: String = words.iter().skip(1).map(|word| capitalise(word)).collect();
                words.first().map(|word| word.to_lowercase()).unwrap_or_default() + &rest
            }
            Self::ScreamingSnake => {
                words.iter().map(|word| word.to_uppercase()).collect::<Vec<_>>().join("_")
            }
        }
    }
}

/// The words of a snake_case or PascalCase name.
fn words(ident: &str) -> Vec<String> {
    let mut words = Vec::new();
    for part in ident.split('_').filter(|part| !part.is_empty()) {
        let mut word = String::new();
        for c in part.chars() {
            if c.is_uppercase() && !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            word.push(c);
        }
        words.push(word);
    }
    words
}

fn capitalise(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
