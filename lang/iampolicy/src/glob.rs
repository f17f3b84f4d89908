//! Matching with `*` (any run of characters) and `?` (any one character).
//!
//! Time is bounded by the length of the text times the number of 64-character blocks in the pattern, whatever the
//! pattern says: a hostile policy cannot make a request slow by backtracking.

/// One step of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// These characters.
    Text(String),
    /// Any run of characters, also none.
    Star,
    /// Any one character.
    One,
}

/// A pattern, ready to match.
#[derive(Debug, Clone)]
pub(crate) enum Glob {
    /// `*`
    Any,
    /// No wildcard.
    Exact(Box<str>),
    /// Text and then one `*`.
    Prefix(Box<str>),
    /// Everything else.
    Pieces(Pieces),
}

impl Glob {
    /// Compiles tokens.
    pub(crate) fn new(tokens: &[Token]) -> Self {
        let mut pieces = vec![Vec::new()];
        for token in tokens {
            let several = pieces.len() > 1;
            let last = pieces.last_mut().expect("`pieces` starts with one and never shrinks");
            match token {
                Token::Text(text) => last.extend(text.chars().map(Some)),
                Token::One => last.push(None),
                // Two stars in a row mean the same as one.
                Token::Star if several && last.is_empty() => {}
                Token::Star => pieces.push(Vec::new()),
            }
        }
        let mut pieces: Vec<Piece> = pieces.into_iter().map(Piece::new).collect();
        match pieces.as_mut_slice() {
            [Piece::Text(only)] => Self::Exact(std::mem::take(only)),
            [Piece::Text(first), Piece::Text(last)] if last.is_empty() => {
                if first.is_empty() {
                    Self::Any
                } else {
                    Self::Prefix(std::mem::take(first))
                }
            }
            _ => Self::Pieces(Pieces(pieces)),
        }
    }

    /// Compiles a pattern written with `*` and `?`.
    pub(crate) fn parse(pattern: &str) -> Self {
        let mut tokens = Vec::new();
        for character in pattern.chars() {
            match character {
                '*' => tokens.push(Token::Star),
                '?' => tokens.push(Token::One),
                other => push_text(&mut tokens, other.encode_utf8(&mut [0; 4])),
            }
        }
        Self::new(&tokens)
    }

    /// Whether the whole text matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(wanted) => **wanted == *text,
            Self::Prefix(prefix) => text.starts_with(&**prefix),
            Self::Pieces(pieces) => pieces.matches(text),
        }
    }
}

/// Adds text to the tokens, joined to the text before it.
pub(crate) fn push_text(tokens: &mut Vec<Token>, text: &str) {
    if let Some(Token::Text(last)) = tokens.last_mut() {
        last.push_str(text);
    } else if !text.is_empty() {
        tokens.push(Token::Text(text.to_string()));
    }
}

/// The parts of a pattern between its stars.
#[derive(Debug, Clone)]
pub(crate) struct Pieces(Vec<Piece>);

impl Pieces {
    fn matches(&self, text: &str) -> bool {
        let Some((first, rest)) = self.0.split_first() else { return text.is_empty() };
        let Some(text) = first.strip_from_start(text) else { return false };
        let Some((last, middle)) = rest.split_last() else { return text.is_empty() };
        let Some(mut text) = last.strip_from_end(text) else { return false };
        // Taking the leftmost place of each piece never loses a match: it leaves the most text to the next one.
        for piece in middle {
            match piece.skip_past(text) {
                Some(rest) => text = rest,
                None => return false,
            }
        }
        true
    }
}

#[derive(Debug, Clone)]
enum Piece {
    Text(Box<str>),
    Masked(Masked),
}

impl Piece {
    fn new(characters: Vec<Option<char>>) -> Self {
        match characters.iter().copied().collect::<Option<String>>() {
            Some(text) => Self::Text(text.into()),
            None => Self::Masked(Masked::new(characters)),
        }
    }

    fn strip_from_start<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Self::Text(piece) => text.strip_prefix(&**piece),
            Self::Masked(piece) => {
                let mut rest = text.chars();
                for wanted in &piece.characters {
                    let found = rest.next()?;
                    if wanted.is_some_and(|wanted| wanted != found) {
                        return None;
                    }
                }
                Some(rest.as_str())
            }
        }
    }

    fn strip_from_end<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Self::Text(piece) => text.strip_suffix(&**piece),
            Self::Masked(piece) => {
                let mut rest = text.chars();
                for wanted in piece.characters.iter().rev() {
                    let found = rest.next_back()?;
                    if wanted.is_some_and(|wanted| wanted != found) {
                        return None;
                    }
                }
                Some(rest.as_str())
            }
        }
    }

    /// What follows the leftmost place where the piece stands.
    fn skip_past<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Self::Text(piece) => text.find(&**piece).map(|at| &text[at + piece.len()..]),
            Self::Masked(piece) => piece.skip_past(text),
        }
    }
}

/// A piece with `?` in it. Found with the Shift-And algorithm: bit `i` of the state says that the last `i + 1`
/// characters of the text match the first `i + 1` of the piece, so one pass over the text is enough.
#[derive(Debug, Clone)]
struct Masked {
    characters: Vec<Option<char>>,
    /// For each character of the piece, the places where it may stand; sorted by character.
    places: Vec<(char, Vec<u64>)>,
    /// The places of `?`: where any other character may stand.
    elsewhere: Vec<u64>,
}

impl Masked {
    fn new(characters: Vec<Option<char>>) -> Self {
        let words = characters.len().div_ceil(64);
        let mut elsewhere = vec![0; words];
        for (place, _) in characters.iter().enumerate().filter(|(_, character)| character.is_none()) {
            elsewhere[place / 64] |= 1 << (place % 64);
        }
        let mut distinct: Vec<char> = characters.iter().flatten().copied().collect();
        distinct.sort_unstable();
        distinct.dedup();
        let mut places: Vec<(char, Vec<u64>)> =
            distinct.into_iter().map(|character| (character, elsewhere.clone())).collect();
        for (place, character) in characters.iter().enumerate() {
            let Some(character) = character else { continue };
            let index = places
                .binary_search_by_key(character, |(known, _)| *known)
                .expect("every character of the piece was collected above");
            places[index].1[place / 64] |= 1 << (place % 64);
        }
        Self { characters, places, elsewhere }
    }

    fn skip_past<'t>(&self, text: &'t str) -> Option<&'t str> {
        let last = self.characters.len() - 1;
        let mut state = vec![0u64; self.elsewhere.len()];
        let mut rest = text.chars();
        while let Some(character) = rest.next() {
            let mask = match self.places.binary_search_by_key(&character, |(known, _)| *known) {
                Ok(index) => &self.places[index].1,
                Err(_) => &self.elsewhere,
            };
            let mut carry = 1;
            for (word, mask) in state.iter_mut().zip(mask) {
                let next = *word >> 63;
                *word = ((*word << 1) | carry) & mask;
                carry = next;
            }
            if state[last / 64] >> (last % 64) & 1 == 1 {
                return Some(rest.as_str());
            }
        }
        None
    }
}
