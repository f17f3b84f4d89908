//! `aws-chunked` bodies: taking the frames off, checking every chunk's signature and the trailers.
//!
//! The decoder takes bytes as they come and hands data out at once, without copying it; what it keeps itself is one
//! line. **Data is not to be trusted until [`Decoder::finish`] has said so**: write it somewhere that can be thrown
//! away, and commit after `finish`.
//!
//! Form: <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html> and `sigv4-streaming-trailers.html`.

use bytes::Bytes;
use http::HeaderMap;

use super::error::Mismatch;
use super::verify::Seed;
use super::{EMPTY_SHA256, Error as AuthError, Payload};
use crate::digest::{Algorithm, Hasher, sha256_hex};

/// A chunk's first line: 16 hexadecimal digits and one signature take less than half of it.
const CHUNK_LINE_BYTES_MAX: usize = 256;
/// All trailers together; S3 takes 8 KiB of headers.
const TRAILER_BYTES_MAX: usize = 8 * 1024;
/// S3 wants every chunk but the last to be at least this long.
const CHUNK_BYTES_MIN: u64 = 8 * 1024;
/// S3 takes at most 5 GiB in one request; the decoder itself has no need of the limit.
const CHUNK_BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024;

/// What is wrong with a chunked body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// `x-amz-decoded-content-length` is absent or no number.
    MissingDecodedLength,
    /// The framing is broken.
    Malformed,
    /// The body ended early or has another length than `x-amz-decoded-content-length` says.
    Incomplete {
        /// What the header says.
        expected_bytes: u64,
        /// What came.
        got_bytes: u64,
    },
    /// A chunk that is not the last is too small.
    ChunkTooSmall {
        /// Its number, from 1.
        chunk: u64,
        /// Its size.
        size_bytes: u64,
    },
    /// The trailers are broken, too many, or not those that `x-amz-trailer` announced.
    MalformedTrailer,
    /// A chunk's or the trailers' signature is wrong.
    Signature(Box<AuthError>),
}

impl Error {
    /// S3's code, status and text.
    pub fn answer(&self) -> super::Answer {
        let (code, status, message): (_, _, String) = match self {
            Self::MissingDecodedLength => {
                ("MissingContentLength", 411, "You must provide the Content-Length HTTP header.".into())
            }
            Self::Malformed => (
                "InvalidRequest",
                400,
                "The body is not well-formed aws-chunked content.".into(),
            ),
            Self::Incomplete { .. } => (
                "IncompleteBody",
                400,
                "You did not provide the number of bytes specified by the Content-Length HTTP header"
                    .into(),
            ),
            Self::ChunkTooSmall { .. } => (
                "InvalidChunkSizeError",
                403,
                format!("Only the last chunk is allowed to have a size less than {CHUNK_BYTES_MIN} bytes"),
            ),
            Self::MalformedTrailer => (
                "MalformedTrailerError",
                400,
                "The request contained trailing data that was not well-formed or did not conform to our published schema."
                    .into(),
            ),
            Self::Signature(error) => return error.answer(super::Dialect::S3),
        };
        let details = match self {
            Self::ChunkTooSmall { chunk, size_bytes } => {
                vec![("Chunk", chunk.to_string()), ("BadChunkSize", size_bytes.to_string())]
            }
            Self::Incomplete { expected_bytes, got_bytes } => vec![
                ("NumberBytesExpected", expected_bytes.to_string()),
                ("NumberBytesReceived", got_bytes.to_string()),
            ],
            _ => Vec::new(),
        };
        super::Answer { code, query_code: code, status, message, details }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.answer().message)
    }
}

impl std::error::Error for Error {}

/// Takes `aws-chunked` apart.
#[derive(Debug)]
pub struct Decoder {
    state: State,
    line: Vec<u8>,
    chain: Option<Chain>,
    announced: Vec<String>,
    trailers: Vec<(String, String)>,
    trailer_bytes: usize,
    trailer_signature: Option<String>,
    has_trailer: bool,
    decoded_length: u64,
    got: u64,
    chunk: u64,
    chunk_size: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    ChunkLine,
    Data(u64),
    DataEnd,
    Trailers,
    /// After the last chunk of a body without trailers: one empty line may follow.
    LastLine,
    Done,
}

/// The running chain of signatures.
#[derive(Debug)]
struct Chain {
    seed: Seed,
    previous: String,
    claimed: String,
    hasher: Hasher,
}

impl Chain {
    fn check(&mut self, to_sign: String, claimed: &str) -> Result<(), Error> {
        if !self.seed.key.matches(&to_sign, claimed) {
            return Err(Error::Signature(Box::new(AuthError::Mismatch(Box::new(Mismatch {
                access_key_id: self.seed.access_key_id.clone(),
                signature_provided: claimed.to_owned(),
                string_to_sign: to_sign,
                canonical_request: None,
            })))));
        }
        claimed.clone_into(&mut self.previous);
        Ok(())
    }

    fn check_chunk(&mut self) -> Result<(), Error> {
        let hasher = std::mem::replace(&mut self.hasher, Hasher::new(Algorithm::Sha256));
        let to_sign = chunk_to_sign(&self.seed, &self.previous, &hasher.finish().hex());
        let claimed = std::mem::take(&mut self.claimed);
        self.check(to_sign, &claimed)
    }
}

fn chunk_to_sign(seed: &Seed, previous: &str, data_sha256: &str) -> String {
    let Seed { amz_date, scope, .. } = seed;
    format!("AWS4-HMAC-SHA256-PAYLOAD\n{amz_date}\n{scope}\n{previous}\n{EMPTY_SHA256}\n{data_sha256}")
}

fn trailer_to_sign(seed: &Seed, previous: &str, trailers: &[(String, String)]) -> String {
    let Seed { amz_date, scope, .. } = seed;
    let text: String = trailers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let hash = sha256_hex(text.as_bytes());
    format!("AWS4-HMAC-SHA256-TRAILER\n{amz_date}\n{scope}\n{previous}\n{hash}")
}

impl Decoder {
    /// The decoder for a request with `headers` whose payload is `payload`; `seed` is [`super::Verified::seed`]
    /// (`None` for an anonymous request, which can only send unsigned chunks).
    ///
    /// # Errors
    /// When the decoded length is not given, or chunks are said to be signed without a signature to continue.
    pub fn new(payload: &Payload, seed: Option<Seed>, headers: &HeaderMap) -> Result<Self, Error> {
        let (signed, has_trailer) = match payload {
            Payload::Chunks => (true, false),
            Payload::ChunksWithTrailer => (true, true),
            Payload::UnsignedChunksWithTrailer => (false, true),
            Payload::Hash(_) | Payload::Unsigned => return Err(Error::Malformed),
        };
        let chain = match (signed, seed) {
            (false, _) => None,
            (true, None) => return Err(Error::Malformed),
            (true, Some(seed)) => Some(Chain {
                previous: seed.signature.clone(),
                seed,
                claimed: String::new(),
                hasher: Hasher::new(Algorithm::Sha256),
            }),
        };
        let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::trim);
        let decoded_length = text("x-amz-decoded-content-length")
            .and_then(|t| t.parse().ok())
            .ok_or(Error::MissingDecodedLength)?;
        let announced: Vec<String> = text("x-amz-trailer")
            .unwrap_or("")
            .split(',')
            .map(|name| name.trim().to_ascii_lowercase())
            .filter(|name| !name.is_empty())
            .collect();
        Ok(Self {
            state: State::ChunkLine,
            line: Vec::new(),
            chain,
            announced,
            trailers: Vec::new(),
            trailer_bytes: 0,
            trailer_signature: None,
            has_trailer,
            decoded_length,
            got: 0,
            chunk: 0,
            chunk_size: u64::MAX,
        })
    }

    /// `x-amz-decoded-content-length`.
    pub fn decoded_length(&self) -> u64 {
        self.decoded_length
    }

    /// Takes the next bytes of the body and returns the data in them.
    ///
    /// # Errors
    /// As soon as the framing, a signature or a trailer is wrong; the decoder is of no use after that.
    pub fn feed(&mut self, mut input: Bytes) -> Result<Vec<Bytes>, Error> {
        let mut out = Vec::new();
        while !input.is_empty() {
            match self.state {
                State::Data(left) => {
                    let here = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                    let piece = input.split_to(here);
                    self.take_data(&piece)?;
                    let left = left - here as u64;
                    self.state = if left == 0 { State::DataEnd } else { State::Data(left) };
                    out.push(piece);
                }
                State::Done => return Err(Error::Malformed),
                State::ChunkLine | State::DataEnd | State::Trailers | State::LastLine => {
                    let Some(end) = input.iter().position(|b| *b == b'\n') else {
                        self.keep(&input)?;
                        break;
                    };
                    let piece = input.split_to(end + 1);
                    self.keep(&piece)?;
                    self.take_line()?;
                }
            }
        }
        Ok(out)
    }

    /// Ends the body: everything came, every signature was right, every announced trailer is there.
    /// Returns the trailers, names in lower case.
    ///
    /// # Errors
    /// When something lacks.
    pub fn finish(mut self) -> Result<Vec<(String, String)>, Error> {
        // Some clients leave out the empty line at the end; nothing that counts can be missing by then.
        let ended = match self.state {
            State::Done => true,
            State::LastLine => self.line.is_empty() || self.line == b"\r",
            State::Trailers if self.line.is_empty() => {
                self.end_trailers()?;
                true
            }
            _ => false,
        };
        if !ended || self.got != self.decoded_length {
            return Err(Error::Incomplete { expected_bytes: self.decoded_length, got_bytes: self.got });
        }
        Ok(self.trailers)
    }

    fn take_data(&mut self, piece: &Bytes) -> Result<(), Error> {
        self.got += piece.len() as u64;
        if self.got > self.decoded_length {
            return Err(Error::Incomplete { expected_bytes: self.decoded_length, got_bytes: self.got });
        }
        if let Some(chain) = &mut self.chain {
            chain.hasher.update(piece);
        }
        Ok(())
    }

    /// Appends a piece of a line, within the limits.
    fn keep(&mut self, piece: &[u8]) -> Result<(), Error> {
        if self.state == State::Trailers {
            self.trailer_bytes += piece.len();
            if self.trailer_bytes > TRAILER_BYTES_MAX {
                return Err(Error::MalformedTrailer);
            }
        } else if self.line.len() + piece.len() > CHUNK_LINE_BYTES_MAX {
            return Err(Error::Malformed);
        }
        self.line.extend_from_slice(piece);
        Ok(())
    }

    fn take_line(&mut self) -> Result<(), Error> {
        let line = std::mem::take(&mut self.line);
        let bare = line.strip_suffix(b"\n").unwrap_or(&line);
        match self.state {
            State::Trailers => self.trailer_line(bare.strip_suffix(b"\r").unwrap_or(bare)),
            _ => {
                let bare = bare.strip_suffix(b"\r").ok_or(Error::Malformed)?;
                match self.state {
                    State::ChunkLine => self.chunk_line(bare),
                    State::DataEnd if bare.is_empty() => self.end_chunk(),
                    State::LastLine if bare.is_empty() => {
                        self.state = State::Done;
                        Ok(())
                    }
                    _ => Err(Error::Malformed),
                }
            }
        }
    }

    /// `10000;chunk-signature=…`, or `10000` alone when chunks are not signed.
    fn chunk_line(&mut self, line: &[u8]) -> Result<(), Error> {
        let line = std::str::from_utf8(line).map_err(|_| Error::Malformed)?;
        let (size, extension) = match line.split_once(';') {
            Some((size, extension)) => (size, Some(extension)),
            None => (line, None),
        };
        let is_hex = !size.is_empty() && size.len() <= 16 && size.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_hex {
            return Err(Error::Malformed);
        }
        let size = u64::from_str_radix(size, 16).map_err(|_| Error::Malformed)?;
        match (&mut self.chain, extension.map(|e| e.strip_prefix("chunk-signature="))) {
            (Some(chain), Some(Some(signature))) => signature.clone_into(&mut chain.claimed),
            (None, None) => {}
            _ => return Err(Error::Malformed),
        }
        if size > CHUNK_BYTES_MAX {
            return Err(Error::Malformed);
        }
        if size > 0 {
            if self.chunk > 0 && self.chunk_size < CHUNK_BYTES_MIN {
                return Err(Error::ChunkTooSmall { chunk: self.chunk, size_bytes: self.chunk_size });
            }
            self.chunk += 1;
            self.chunk_size = size;
            self.state = State::Data(size);
            return Ok(());
        }
        if let Some(chain) = &mut self.chain {
            chain.check_chunk()?;
        }
        self.state = if self.has_trailer { State::Trailers } else { State::LastLine };
        Ok(())
    }

    fn end_chunk(&mut self) -> Result<(), Error> {
        if let Some(chain) = &mut self.chain {
            chain.check_chunk()?;
        }
        self.state = State::ChunkLine;
        Ok(())
    }

    fn trailer_line(&mut self, line: &[u8]) -> Result<(), Error> {
        if line.is_empty() {
            // AWS's own description ends trailer lines with "\n" and sets "\r\n" before the signature's line.
            if self.chain.is_some() && self.trailer_signature.is_none() && !self.trailers.is_empty() {
                return Ok(());
            }
            self.end_trailers()?;
            self.state = State::Done;
            return Ok(());
        }
        let line = std::str::from_utf8(line).map_err(|_| Error::MalformedTrailer)?;
        let (name, value) = line.split_once(':').ok_or(Error::MalformedTrailer)?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
        if self.trailer_signature.is_some() {
            return Err(Error::MalformedTrailer);
        }
        if name == "x-amz-trailer-signature" {
            if self.chain.is_none() {
                return Err(Error::MalformedTrailer);
            }
            self.trailer_signature = Some(value);
            return Ok(());
        }
        let expected = self.announced.contains(&name);
        if !expected || self.trailers.iter().any(|(n, _)| *n == name) {
            return Err(Error::MalformedTrailer);
        }
        self.trailers.push((name, value));
        Ok(())
    }

    fn end_trailers(&mut self) -> Result<(), Error> {
        if self.trailers.len() != self.announced.len() {
            return Err(Error::MalformedTrailer);
        }
        let Some(chain) = &mut self.chain else { return Ok(()) };
        let claimed = self.trailer_signature.take().ok_or(Error::MalformedTrailer)?;
        let to_sign = trailer_to_sign(&chain.seed, &chain.previous, &self.trailers);
        chain.check(to_sign, &claimed)
    }
}

/// Puts `data` into frames of `chunk_bytes`, signed from `seed` when there is one: for clients and tests.
/// `trailers` are names (lower case) and values; with `None` the body has no trailer part at all.
pub fn encode(
    data: &[u8],
    chunk_bytes: usize,
    seed: Option<&Seed>,
    trailers: Option<&[(String, String)]>,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() + 256);
    let mut previous = seed.map(|s| s.signature.clone()).unwrap_or_default();
    for chunk in data.chunks(chunk_bytes.max(1)).chain([&[][..]]) {
        out.extend_from_slice(format!("{:x}", chunk.len()).as_bytes());
        if let Some(seed) = seed {
            previous = seed.key.sign(&chunk_to_sign(seed, &previous, &sha256_hex(chunk)));
            out.extend_from_slice(format!(";chunk-signature={previous}").as_bytes());
        }
        out.extend_from_slice(b"\r\n");
        if !chunk.is_empty() {
            out.extend_from_slice(chunk);
            out.extend_from_slice(b"\r\n");
        }
    }
    if let Some(trailers) = trailers {
        for (name, value) in trailers {
            out.extend_from_slice(format!("{name}:{value}\r\n").as_bytes());
        }
        if let Some(seed) = seed {
            let signature = seed.key.sign(&trailer_to_sign(seed, &previous, trailers));
            out.extend_from_slice(format!("x-amz-trailer-signature:{signature}\r\n").as_bytes());
        }
    }
    out.extend_from_slice(b"\r\n");
    out
}

#[cfg(test)]
mod tests;
