//! Bodies whose bond to the signature is only known at their end: streamed hashes and `aws-chunked`.

use std::io;

use bytes::Bytes;
use futures::StreamExt as _;
use http::HeaderMap;
use shape::Stream;
use wire::Body;
use wire::digest::{self, Algorithm, Digest, Hasher};
use wire::sigv4::chunked::{self, Decoder};
use wire::sigv4::{self, Answer, Dialect, Payload, Verified};

use crate::failure::Failure;

/// The failure in an error of a request's body, when the body is not the one that was signed.
///
/// A stream of a request ends in such an error after its last piece, so data counts only once the stream has ended
/// well.
pub fn failure_of(error: &io::Error) -> Option<&Failure> {
    error.get_ref()?.downcast_ref()
}

/// A failure from an answer of `wire`.
pub(super) fn failure(answer: Answer) -> Failure {
    let failure = Failure::new(answer.code, answer.status, answer.message);
    answer.details.iter().fold(failure, |failure, (name, value)| failure.detail(name, value))
}

/// Takes the frames off a body and sees to it that it is what was signed.
pub(super) fn bind(verified: Verified, headers: &HeaderMap, body: Body) -> Result<Body, Failure> {
    if verified.payload.is_chunked() {
        let decoder = Decoder::new(&verified.payload, Some(verified.seed), headers).map_err(refused)?;
        return unframe(decoder, headers, body);
    }
    match (verified.payload, body) {
        // A whole body was hashed before the signature was checked.
        (_, Body::Whole(bytes)) => Ok(Body::Whole(bytes)),
        (Payload::Hash(expected), Body::Flow(stream)) => hash_flow(expected, &stream).map(Body::Flow),
        (_, flow) => Ok(flow),
    }
}

/// The same for a request without a signature of Version 4: what it says of its body must be true as well.
pub(super) fn bind_unsigned(headers: &HeaderMap, body: Body) -> Result<Body, Failure> {
    let Some(declared) = headers.get("x-amz-content-sha256") else { return Ok(body) };
    let declared = declared.to_str().unwrap_or_default(); // not printable: no value of ours
    let payload = Payload::parse(declared).ok_or_else(|| {
        failure(sigv4::Error::InvalidContentSha256 { got: declared.to_owned() }.answer(Dialect::S3))
    })?;
    match (payload, body) {
        (Payload::Unsigned, body) => Ok(body),
        (Payload::Hash(client), Body::Whole(bytes)) => match digest::sha256_hex(&bytes) {
            computed if computed == client => Ok(Body::Whole(bytes)),
            computed => Err(failure(sigv4::Error::ContentSha256 { client, computed }.answer(Dialect::S3))),
        },
        (Payload::Hash(expected), Body::Flow(stream)) => hash_flow(expected, &stream).map(Body::Flow),
        (chunked, body) => unframe(Decoder::new(&chunked, None, headers).map_err(refused)?, headers, body),
    }
}

fn unframe(decoder: Decoder, headers: &HeaderMap, body: Body) -> Result<Body, Failure> {
    match body {
        Body::Whole(bytes) => decode_whole(decoder, bytes).map(Body::Whole),
        Body::Flow(stream) => decode_flow(decoder, Checksums::announced(headers), &stream).map(Body::Flow),
    }
}

fn decode_whole(mut decoder: Decoder, bytes: Bytes) -> Result<Bytes, Failure> {
    let mut whole = Vec::with_capacity(bytes.len());
    for piece in decoder.feed(bytes).map_err(refused)? {
        whole.extend_from_slice(&piece);
    }
    for (name, value) in decoder.finish().map_err(refused)? {
        if let Some(algorithm) = checksum_of(&name) {
            compare(algorithm, &digest::of(algorithm, &whole), &value)?;
        }
    }
    Ok(whole.into())
}

fn decode_flow(decoder: Decoder, checksums: Checksums, stream: &Stream) -> Result<Stream, Failure> {
    let length = decoder.decoded_length();
    let pieces = stream
        .take()
        .ok_or_else(|| Failure::internal("the body was taken before its signature was checked"))?;
    let state = Some((pieces, decoder, checksums));
    let decoded = futures::stream::unfold(state, |state| async move {
        let (mut pieces, mut decoder, mut checksums) = state?;
        match pieces.next().await {
            Some(Ok(piece)) => {
                let data = match decoder.feed(piece) {
                    Ok(data) => data,
                    Err(error) => return Some((vec![Err(io_error(refused(error)))], None)),
                };
                checksums.update(&data);
                Some((data.into_iter().map(Ok).collect(), Some((pieces, decoder, checksums))))
            }
            Some(Err(error)) => Some((vec![Err(error)], None)),
            None => {
                let end = decoder.finish().map_err(refused).and_then(|trailers| checksums.check(&trailers));
                end.err().map(|failure| (vec![Err(io_error(failure))], None))
            }
        }
    });
    Ok(Stream::new(decoded.flat_map(futures::stream::iter), Some(length)))
}

/// Running checksums of a decoded body, one for each that a trailer may name.
struct Checksums(Vec<(Algorithm, Hasher)>);

impl Checksums {
    /// The checksums that `x-amz-trailer` announces.
    fn announced(headers: &HeaderMap) -> Self {
        let announced = headers.get_all("x-amz-trailer").iter().filter_map(|value| value.to_str().ok());
        let names = announced.flat_map(|names| names.split(',')).map(|name| name.trim().to_ascii_lowercase());
        Self(
            names
                .filter_map(|name| checksum_of(&name))
                .map(|algorithm| (algorithm, Hasher::new(algorithm)))
                .collect(),
        )
    }

    fn update(&mut self, data: &[Bytes]) {
        for (_, hasher) in &mut self.0 {
            data.iter().for_each(|piece| hasher.update(piece));
        }
    }

    fn check(self, trailers: &[(String, String)]) -> Result<(), Failure> {
        for (algorithm, hasher) in self.0 {
            let Some(name) = algorithm.header() else { continue };
            if let Some((_, value)) = trailers.iter().find(|(known, _)| known == name) {
                compare(algorithm, &hasher.finish(), value)?;
            }
        }
        Ok(())
    }
}

fn checksum_of(trailer: &str) -> Option<Algorithm> {
    Algorithm::OBJECT_CHECKSUMS.into_iter().find(|algorithm| algorithm.header() == Some(trailer))
}

fn compare(algorithm: Algorithm, computed: &Digest, value: &str) -> Result<(), Failure> {
    match Digest::from_base64(algorithm, value.trim()) {
        Some(claimed) if claimed == *computed => Ok(()),
        Some(_) => {
            let text =
                format!("The {} you specified did not match the calculated checksum.", algorithm.name());
            Err(Failure::new("BadDigest", 400, text))
        }
        None => {
            let name = algorithm.header().unwrap_or_default();
            Err(Failure::new("InvalidRequest", 400, format!("Value for {name} trailing header is invalid.")))
        }
    }
}

fn hash_flow(expected: String, stream: &Stream) -> Result<Stream, Failure> {
    let length = stream.length();
    let pieces = stream
        .take()
        .ok_or_else(|| Failure::internal("the body was taken before its signature was checked"))?;
    let state = Some((pieces, Hasher::new(Algorithm::Sha256), expected));
    let checked = futures::stream::unfold(state, |state| async move {
        let (mut pieces, mut hasher, expected) = state?;
        match pieces.next().await {
            Some(Ok(piece)) => {
                hasher.update(&piece);
                Some((Ok(piece), Some((pieces, hasher, expected))))
            }
            Some(Err(error)) => Some((Err(error), None)),
            None => {
                let computed = hasher.finish().hex();
                if computed == expected {
                    return None;
                }
                let error = sigv4::Error::ContentSha256 { client: expected, computed };
                Some((Err(io_error(failure(error.answer(Dialect::S3)))), None))
            }
        }
    });
    Ok(Stream::new(checked, length))
}

fn refused(error: chunked::Error) -> Failure {
    failure(error.answer())
}

fn io_error(failure: Failure) -> io::Error {
    io::Error::other(failure)
}
