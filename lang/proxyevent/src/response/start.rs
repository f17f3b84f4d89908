//! The start of a streamed response: a head in JSON, eight zero bytes, and the body.

use super::Malformed;

/// What stands between head and body.
const DELIMITER: [u8; 8] = [0; 8];

/// A head, and what of the body came with it.
pub type HeadAndBody = (Vec<u8>, Vec<u8>);

/// The first bytes of a streamed response, gathered until its head is whole.
#[derive(Debug)]
pub struct Start {
    bytes: Vec<u8>,
    max: usize,
}

impl Start {
    /// Nothing yet. Head and delimiter have to come within the first `max` bytes.
    pub fn new(max: usize) -> Self {
        Self { bytes: Vec::new(), max }
    }

    /// Adds the next piece. Gives something once the delimiter is there.
    pub fn push(&mut self, piece: &[u8]) -> Result<Option<HeadAndBody>, Malformed> {
        // The delimiter may have begun in the piece before.
        let from = self.bytes.len().saturating_sub(DELIMITER.len() - 1);
        self.bytes.extend_from_slice(piece);
        let end = self.bytes.len().min(self.max);
        let window = self.bytes.get(from..end).unwrap_or_default();
        let Some(at) = window.windows(DELIMITER.len()).position(|bytes| bytes == DELIMITER) else {
            return if self.bytes.len() < self.max { Ok(None) } else { Err(Malformed::Endless(self.max)) };
        };
        let body = self.bytes.split_off(from + at + DELIMITER.len());
        self.bytes.truncate(from + at);
        Ok(Some((std::mem::take(&mut self.bytes), body)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_at_the_delimiter_however_it_is_cut() {
        let whole = b"{\"a\":1}\0\0\0\0\0\0\0\0\0body";
        for size in 1..=whole.len() {
            let mut start = Start::new(64);
            let mut pieces = whole.chunks(size);
            let (head, mut body) = loop {
                let piece = pieces.next().expect("the delimiter is there");
                if let Some(found) = start.push(piece).expect("it is short") {
                    break found;
                }
            };
            body.extend(pieces.flatten());
            assert_eq!((&head[..], &body[..]), (&b"{\"a\":1}"[..], &b"\0body"[..]), "in pieces of {size}");
        }
    }

    #[test]
    fn a_head_without_an_end_is_given_up() {
        let mut start = Start::new(10);
        assert_eq!(start.push(b"{}"), Ok(None));
        assert_eq!(start.push(&[0; 8]), Ok(Some((b"{}".to_vec(), Vec::new()))));
        let mut start = Start::new(9);
        assert_eq!(start.push(b"{}"), Ok(None));
        assert_eq!(start.push(&[0; 8]), Err(Malformed::Endless(9)));
    }
}
