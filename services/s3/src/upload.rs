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
use crate::limits::INLINE_BYTES_MAX;

/// A body that was taken in.
pub(crate) struct Taken {
    pub(crate) content: Content,
    pub(crate) size: u64,
    /// The MD5 in hex.
    pub(crate) md5: String,
    pub(crate) algorithm: Algorithm,
    pub(crate) digest: Digest,
}

/// Reads `body` to its end, with memory that does not grow with it. What was written of a body that fails is
/// removed.
pub(crate) async fn take(cx: &Cx, body: &Stream, wanted: &Wanted, size_max: u64) -> Result<Taken, Error> {
    let declared = body.length();
    let too_large = |size: u64| Error::EntityTooLarge { size, max: size_max };
    if let Some(size) = declared.filter(|size| *size > size_max) {
        return Err(too_large(size));
    }
    let mut pieces =
        body.take().ok_or_else(|| Error::from(Failure::internal("the body was already taken")))?;
    let mut meter = Meter::new(wanted);
    let mut sink = Sink::new(cx);
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
    let (md5, algorithm, digest) = meter.finish(wanted)?;
    let size = sink.size;
    Ok(Taken { content: sink.finish().await?, size, md5, algorithm, digest })
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
    file: Option<BlobWriter>,
    size: u64,
}

impl<'a> Sink<'a> {
    fn new(cx: &'a Cx) -> Self {
        Self { cx, buffer: Vec::new(), file: None, size: 0 }
    }

    async fn write(&mut self, piece: Bytes) -> Result<(), store::Error> {
        self.size += piece.len() as u64;
        if let Some(file) = &mut self.file {
            return file.write(piece).await;
        }
        if self.buffer.len() + piece.len() <= INLINE_BYTES_MAX {
            self.buffer.extend_from_slice(&piece);
            return Ok(());
        }
        let id = BlobId::new(self.cx.now().millis(), self.cx.chance().number());
        let mut file = self.cx.cloud().blobs().writer(id);
        file.write(std::mem::take(&mut self.buffer).into()).await?;
        file.write(piece).await?;
        self.file = Some(file);
        Ok(())
    }

    async fn finish(self) -> Result<Content, store::Error> {
        match self.file {
            Some(file) => Ok(Content::Blobs(vec![file.finish().await?])),
            None => Ok(Content::Inline(STANDARD.encode(&self.buffer))),
        }
    }
}
