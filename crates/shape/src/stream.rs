//! A body that flows.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::stream::{self, StreamExt};

type Inner = Pin<Box<dyn futures::Stream<Item = io::Result<Bytes>> + Send>>;

/// Bytes in pieces, taken once. Clones share the one flow, so that a [`crate::Doc`] stays cheap to clone.
#[derive(Clone)]
pub struct Stream {
    inner: Arc<Mutex<Option<Inner>>>,
    length: Option<u64>,
}

impl Stream {
    /// A stream of `pieces`, with its length in bytes where it is known.
    pub fn new(
        pieces: impl futures::Stream<Item = io::Result<Bytes>> + Send + 'static,
        length: Option<u64>,
    ) -> Self {
        Self { inner: Arc::new(Mutex::new(Some(Box::pin(pieces)))), length }
    }

    /// A stream of bytes that are already here.
    pub fn once(bytes: Bytes) -> Self {
        let length = bytes.len() as u64;
        Self::new(stream::iter((!bytes.is_empty()).then_some(Ok(bytes))), Some(length))
    }

    /// An empty stream.
    pub fn empty() -> Self {
        Self::once(Bytes::new())
    }

    /// The length in bytes, where it is known ahead.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// The flow itself. Whoever takes it first has it; later takers get `None`.
    pub fn take(&self) -> Option<Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// All bytes, refused with an error of kind `FileTooLarge` once there are more than `limit`.
    pub async fn collect(&self, limit: usize) -> io::Result<Bytes> {
        let Some(mut pieces) = self.take() else {
            return Err(io::Error::other("the stream was already taken"));
        };
        let mut whole = Vec::new();
        while let Some(piece) = pieces.next().await {
            let piece = piece?;
            if whole.len() + piece.len() > limit {
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {limit} bytes")));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.into())
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("length", &self.length).finish_non_exhaustive()
    }
}
