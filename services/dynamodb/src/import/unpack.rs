//! Unpacks the pieces of an object as they come.

use std::io::{self, Write as _};

use flate2::write::MultiGzDecoder;

/// An object's bytes on their way.
pub(super) enum Unpack {
    Plain(Vec<u8>),
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
}

impl Unpack {
    pub(super) fn new(is_packed: bool) -> Self {
        match is_packed {
            true => Self::Gzip(Box::new(MultiGzDecoder::new(Vec::new()))),
            false => Self::Plain(Vec::new()),
        }
    }

    /// Takes a piece; answers what is unpacked by now.
    pub(super) fn push(&mut self, piece: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Plain(out) => out.extend_from_slice(piece),
            Self::Gzip(decoder) => decoder.write_all(piece)?,
        }
        Ok(self.taken())
    }

    /// The rest, when all pieces were there.
    pub(super) fn finish(mut self) -> io::Result<Vec<u8>> {
        if let Self::Gzip(decoder) = &mut self {
            decoder.try_finish()?;
        }
        Ok(self.taken())
    }

    fn taken(&mut self) -> Vec<u8> {
        match self {
            Self::Plain(out) => std::mem::take(out),
            Self::Gzip(decoder) => std::mem::take(decoder.get_mut()),
        }
    }
}
