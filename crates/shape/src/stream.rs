//! A body that flows.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::stream::{self, StreamExt};

/// Bytes that all bodies which are held whole may take together. Bodies are read before their sender is known, so
/// without a bound a few dozen strangers with large ones would take all memory of the machine.
const HELD_BYTES_MAX: usize = 512 * 1024 * 1024;
/// Bodies up to this size do not count: ordinary requests go on while large ones have to wait.
const HELD_BYTES_FREE: usize = 64 * 1024;

/// What is held now.
static HELD: Room = Room::new(HELD_BYTES_MAX);

type Inner = Pin<Box<dyn futures::Stream<Item = io::Result<Bytes>> + Send>>;

/// Bytes in pieces, taken once; or bytes that are already here, which are there for everybody. Clones of a flow share
/// it, so that a [`crate::Doc`] stays cheap to clone.
#[derive(Clone)]
pub struct Stream {
    source: Source,
    length: Option<u64>,
}

#[derive(Clone)]
enum Source {
    Whole(Bytes),
    Flow(Arc<Mutex<Option<Inner>>>),
}

impl Stream {
    /// A stream of `pieces`, with its length in bytes where it is known.
    pub fn new(
        pieces: impl futures::Stream<Item = io::Result<Bytes>> + Send + 'static,
        length: Option<u64>,
    ) -> Self {
        Self { source: Source::Flow(Arc::new(Mutex::new(Some(Box::pin(pieces))))), length }
    }

    /// A stream of bytes that are already here.
    pub fn once(bytes: Bytes) -> Self {
        let length = bytes.len() as u64;
        Self { source: Source::Whole(bytes), length: Some(length) }
    }

    /// An empty stream.
    pub fn empty() -> Self {
        Self::once(Bytes::new())
    }

    /// The length in bytes, where it is known ahead.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// The bytes, if they are already here.
    pub fn whole(&self) -> Option<&Bytes> {
        match &self.source {
            Source::Whole(bytes) => Some(bytes),
            Source::Flow(_) => None,
        }
    }

    /// The flow itself. Whoever takes it first has it; later takers get `None`.
    pub fn take(&self) -> Option<Inner> {
        match &self.source {
            Source::Whole(bytes) => {
                let bytes = (!bytes.is_empty()).then(|| Ok(bytes.clone()));
                Some(Box::pin(stream::iter(bytes)))
            }
            Source::Flow(flow) => flow.lock().unwrap_or_else(PoisonError::into_inner).take(),
        }
    }

    /// All bytes, refused with an error of kind `FileTooLarge` once there are more than `limit`, and of kind
    /// `ResourceBusy` while bodies of others take all the room that there is for them.
    pub async fn collect(&self, limit: usize) -> io::Result<Bytes> {
        self.collect_in(&HELD, limit).await
    }

    async fn collect_in(&self, room: &'static Room, limit: usize) -> io::Result<Bytes> {
        let too_large = || io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {limit} bytes"));
        if let Some(bytes) = self.whole() {
            // Somebody else holds them already: there is no room to be taken for them.
            return if bytes.len() > limit { Err(too_large()) } else { Ok(bytes.clone()) };
        }
        let Some(mut pieces) = self.take() else {
            return Err(io::Error::other("the stream was already taken"));
        };
        let mut whole = Held { bytes: Vec::new(), counted: 0, room };
        while let Some(piece) = pieces.next().await {
            let piece = piece?;
            if whole.bytes.len() + piece.len() > limit {
                return Err(too_large());
            }
            whole.add(&piece)?;
        }
        Ok(Bytes::from_owner(whole))
    }
}

/// Room for bytes that several holders share.
struct Room {
    taken: AtomicUsize,
    max: usize,
}

impl Room {
    const fn new(max: usize) -> Self {
        Self { taken: AtomicUsize::new(0), max }
    }

    fn take(&self, bytes: usize) -> io::Result<()> {
        let fits = |taken: usize| taken.checked_add(bytes).filter(|taken| *taken <= self.max);
        match self.taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits) {
            Ok(_) => Ok(()),
            Err(_) => Err(io::Error::new(io::ErrorKind::ResourceBusy, "too many large bodies at once")),
        }
    }
}

/// Bytes that count against a room until the last who has them lets them go.
struct Held {
    bytes: Vec<u8>,
    counted: usize,
    room: &'static Room,
}

impl Held {
    fn add(&mut self, piece: &[u8]) -> io::Result<()> {
        let length = self.bytes.len() + piece.len();
        if length > HELD_BYTES_FREE {
            self.room.take(length - self.counted)?;
            self.counted = length;
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.room.taken.fetch_sub(self.counted, Ordering::AcqRel);
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("length", &self.length).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    static SMALL: Room = Room::new(200 * 1024);

    fn collect(length: usize, limit: usize) -> io::Result<Bytes> {
        let pieces = stream::iter([Ok(vec![b'x'; length].into())]);
        let body = Stream::new(pieces, Some(length as u64));
        body.collect_in(&SMALL, limit).now_or_never().expect("nothing waits")
    }

    #[test]
    fn bytes_that_are_here_are_there_for_everybody() {
        let body = Stream::once(Bytes::from_static(b"whole"));
        for _ in 0..2 {
            let collected = body.collect(5).now_or_never().expect("nothing waits");
            assert_eq!(collected.expect("within the limit"), "whole");
        }
        let refused = body.collect(4).now_or_never().expect("nothing waits").expect_err("over the limit");
        assert_eq!(refused.kind(), io::ErrorKind::FileTooLarge);
        let pieces: Vec<_> = body.take().expect("a flow").collect().now_or_never().expect("nothing waits");
        assert_eq!(pieces.len(), 1);
        assert!(Stream::empty().take().expect("a flow").next().now_or_never().expect("it ends").is_none());
    }

    /// A few clients without credentials took all memory with large bodies.
    #[test]
    fn large_bodies_share_a_bounded_room() {
        let first = collect(150 * 1024, usize::MAX).expect("there is room");
        let part = first.slice(..10);
        drop(first);
        let refused = collect(100 * 1024, usize::MAX).expect_err("a part is still held");
        assert_eq!(refused.kind(), io::ErrorKind::ResourceBusy);
        // Small ones always fit.
        let small = collect(HELD_BYTES_FREE, usize::MAX).expect("small bodies do not count");
        assert_eq!(small.len(), HELD_BYTES_FREE);
        drop(part);
        let second = collect(200 * 1024, usize::MAX).expect("all of the room is free again");
        assert_eq!(second.len(), 200 * 1024);
        drop(second);
        // A body that was refused gives back what it had taken.
        let large = collect(199 * 1024, 10).expect_err("over the limit");
        assert_eq!(large.kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(SMALL.taken.load(Ordering::Acquire), 0);
    }
}
