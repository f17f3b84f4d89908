//! Taking in a body: digests while it flows, small ones into the row, large ones into a file.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cloud::access;
use cloud::prelude::*;
use futures::StreamExt;
use store::layer::blob::{BlobId, BlobWriter};
use wire::digest::{Algorithm, Digest};

use crate::checksum::{Meter, Wanted};
use crate::error::Error;
use crate::keys::Content;

/// A body that was taken in.
pub(crate) struct Taken {
    pub(crate) content: Content,
    pub(crate) size: u64,
    pub(crate) md5: Digest,
    pub(crate) sums: Vec<(Algorithm, Digest)>,
}

/// How a body is taken in.
pub(crate) struct Terms<'a> {
    /// What the client says of it.
    pub(crate) wanted: &'a Wanted,
    /// Checksums to compute.
    pub(crate) algorithms: &'a [Algorithm],
    pub(crate) size_max: u64,
    /// Up to so many bytes it stays in memory for the row.
    pub(crate) inline_max: usize,
}

/// Reads `body` to its end, with memory that does not grow with it. What was written of a body that fails is
/// removed.
pub(crate) async fn take(cx: &Cx, body: &Stream, terms: &Terms<'_>) -> Result<Taken, Error> {
    let (declared, size_max) = (body.length(), terms.size_max);
    let too_large = |size: u64| Error::EntityTooLarge { size, max: size_max };
    if let Some(size) = declared.filter(|size| *size > size_max) {
        return Err(too_large(size));
    }
    let mut pieces =
        body.take().ok_or_else(|| Error::from(Failure::internal("the body was already taken")))?;
    let mut meter = Meter::new(terms.algorithms);
    let mut sink = Sink { cx, buffer: Vec::new(), inline_max: terms.inline_max, file: None, size: 0 };
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(broken)?;
        meter.update(&piece);
        sink.write(piece).await?;
        if sink.size > size_max {
            return Err(too_large(sink.size));
        }
    }
    if declared.is_some_and(|declared| declared != sink.size) {
        return Err(Error::IncompleteBody);
    }
    let (md5, sums) = meter.finish(terms.wanted)?;
    let size = sink.size;
    Ok(Taken { content: sink.finish().await?, size, md5, sums })
}

/// A body that ended early, or whose signature or checksum is wrong.
fn broken(error: std::io::Error) -> Error {
    match access::failure_of(&error) {
        Some(failure) => Error::Internal(failure.clone()),
        None => Error::IncompleteBody,
    }
}

/// Where bytes go: a buffer until they are too many for a row, then a file.
struct Sink<'a> {
    cx: &'a Cx,
    buffer: Vec<u8>,
    inline_max: usize,
    file: Option<BlobWriter>,
    size: u64,
}

impl Sink<'_> {
    async fn write(&mut self, piece: Bytes) -> Result<(), store::Error> {
        self.size += piece.len() as u64;
        if let Some(file) = &mut self.file {
            return file.write(piece).await;
        }
        if self.buffer.len() + piece.len() <= self.inline_max {
            self.buffer.extend_from_slice(&piece);
            return Ok(());
        }
        let mut file = self.begin();
        file.write(std::mem::take(&mut self.buffer).into()).await?;
        file.write(piece).await?;
        self.file = Some(file);
        Ok(())
    }

    fn begin(&self) -> BlobWriter {
        let id = BlobId::new(self.cx.now().millis(), self.cx.chance().number());
        self.cx.cloud().blobs().writer(id)
    }

    async fn finish(mut self) -> Result<Content, store::Error> {
        if self.file.is_none() && self.inline_max == 0 {
            self.file = Some(self.begin());
        }
        match self.file {
            Some(file) => Ok(Content::Blobs(vec![file.finish().await?])),
            None => Ok(Content::Inline(STANDARD.encode(&self.buffer))),
        }
    }
}
