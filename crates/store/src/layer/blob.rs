//! Large immutable bytes outside the key-value store.
//!
//! A blob is written to the end, is durable when [`BlobWriter::finish`] returns, and never changes.
//! The transaction that makes it part of the state calls [`own`]; the one that lets it go calls
//! [`disown`]. Owners are counted, so a copy costs no bytes. The file of a blob without owners
//! stays for a while, because a reader may still be at it; [`Blobs::sweep`] removes it later, and
//! also what an interrupted upload left behind.

mod files;
mod home;
mod s3;
mod sweep;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::{GetOptions, MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload, path};
use serde::{Deserialize, Serialize};

use crate::keyspace::{BLOB_DEAD, BLOB_OWNERS};
use crate::{Error, Tx, private, tuple};

/// Bytes that a writer collects before it hands them on: its share of memory.
const PART_BYTES: usize = 1024 * 1024;

/// The name of a blob: the time of its making and randomness, so names sort by age.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BlobId(String);

impl BlobId {
    /// A new name from the time in milliseconds and a random number.
    pub fn new(now: i64, random: u64) -> Self {
        BlobId(format!("{:012x}{random:016x}", now.max(0)))
    }

    /// A name that was stored as text.
    pub fn stored(text: &str) -> Self {
        BlobId(text.to_owned())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// When the blob was begun; None for a name that this crate did not make.
    fn made_at(&self) -> Option<i64> {
        i64::from_str_radix(self.0.get(..12)?, 16).ok()
    }

    /// Folders of two digits keep directories small.
    fn path(&self) -> path::Path {
        let shard = self.0.get(self.0.len().saturating_sub(2)..).unwrap_or_default();
        path::Path::from_iter([shard, &self.0])
    }
}

/// A finished blob, to be kept in a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// Its name.
    pub id: BlobId,
    /// Its length in bytes.
    pub size: u64,
}

/// Where blobs are kept.
#[derive(Clone, Debug)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    /// The folder, when it is one.
    folder: Option<Arc<Path>>,
    /// Bytes that a writer collects before it hands them on.
    part_bytes: usize,
}

impl Blobs {
    /// Blobs as files of a folder, which is made if need be. Every file is synced to the disk.
    pub fn in_folder(folder: &Path) -> Result<Self, Error> {
        private::folder(folder).map_err(|error| unavailable(&error))?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(|error| failed(&error))?;
        Ok(Blobs {
            store: Arc::new(store.with_fsync(true)),
            folder: Some(folder.into()),
            part_bytes: PART_BYTES,
        })
    }

    /// Blobs that live as long as the process.
    pub fn in_memory() -> Self {
        Blobs { store: Arc::new(InMemory::new()), folder: None, part_bytes: PART_BYTES }
    }

    /// Begins a blob.
    pub fn writer(&self, id: BlobId) -> BlobWriter {
        let store = self.store.clone();
        let part_bytes = self.part_bytes;
        BlobWriter { store, id, part_bytes, size: 0, parts: Vec::new(), pending: 0, upload: None }
    }

    /// Writes a blob that is at hand.
    pub async fn put(&self, id: BlobId, bytes: Bytes) -> Result<Blob, Error> {
        let mut writer = self.writer(id);
        writer.write(bytes).await?;
        writer.finish().await
    }

    /// Reads bytes of a blob as a stream of pieces. The range must lie in the blob.
    pub async fn read(
        &self,
        blob: &Blob,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes, Error>>, Error> {
        if range.end > blob.size || range.start > range.end {
            return Err(Error::Corrupt(format!("bytes {range:?} of a blob of {}", blob.size)));
        }
        if range.is_empty() {
            return Ok(Box::pin(futures::stream::empty()));
        }
        let options = GetOptions { range: Some(range.into()), ..GetOptions::default() };
        let got = self.store.get_opts(&blob.id.path(), options).await;
        Ok(files::stream(got.map_err(|error| failed(&error))?))
    }

    /// Reads a whole blob of at most `size_max` bytes.
    pub async fn read_all(&self, blob: &Blob, size_max: u64) -> Result<Bytes, Error> {
        if blob.size > size_max {
            return Err(Error::TooLarge(format!("blob of {} bytes, wanted at most {size_max}", blob.size)));
        }
        if blob.size == 0 {
            return Ok(Bytes::new());
        }
        let got = self.store.get_range(&blob.id.path(), 0..blob.size).await;
        got.map_err(|error| failed(&error))
    }
}

/// A blob in the making. Dropping it leaves no blob.
pub struct BlobWriter {
    store: Arc<dyn ObjectStore>,
    id: BlobId,
    part_bytes: usize,
    size: u64,
    parts: Vec<Bytes>,
    pending: usize,
    upload: Option<Box<dyn MultipartUpload>>,
}

impl BlobWriter {
    /// Adds bytes. It waits for the disk when enough have come together.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), Error> {
        self.size += bytes.len() as u64;
        self.pending += bytes.len();
        self.parts.push(bytes);
        if self.pending >= self.part_bytes {
            self.flush().await?;
        }
        Ok(())
    }

    /// Bytes written so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Ends the blob and makes it durable.
    pub async fn finish(mut self) -> Result<Blob, Error> {
        if self.upload.is_none() {
            let payload: PutPayload = std::mem::take(&mut self.parts).into_iter().collect();
            let put = self.store.put(&self.id.path(), payload).await;
            put.map_err(|error| failed(&error))?;
        } else {
            self.flush().await?;
            if let Some(mut upload) = self.upload.take() {
                upload.complete().await.map_err(|error| failed(&error))?;
            }
        }
        Ok(Blob { id: self.id, size: self.size })
    }

    async fn flush(&mut self) -> Result<(), Error> {
        let payload: PutPayload = std::mem::take(&mut self.parts).into_iter().collect();
        self.pending = 0;
        let upload = match &mut self.upload {
            Some(upload) => upload,
            none => {
                let begun = self.store.put_multipart(&self.id.path()).await;
                none.insert(begun.map_err(|error| failed(&error))?)
            }
        };
        upload.put_part(payload).await.map_err(|error| failed(&error))
    }
}

/// Makes a blob part of the state: one more owner.
pub fn own(tx: &mut Tx, blob: &Blob) -> Result<(), Error> {
    tx.add(tuple::key(BLOB_OWNERS, &blob.id.0), 1)
}

/// Takes a blob from one owner. The last one marks it for the sweep.
pub async fn disown(tx: &mut Tx, blob: &Blob, now: i64) -> Result<(), Error> {
    let key = tuple::key(BLOB_OWNERS, &blob.id.0);
    match tx.get_counter(&key).await? {
        ..1 => Err(Error::Corrupt(format!("blob `{}` has no owner to leave it", blob.id.0))),
        1 => {
            // The row stays, at 0, until the sweep: it tells that the file is not an orphan.
            tx.add(key, -1)?;
            tx.put(tuple::key(BLOB_DEAD, &(now, &blob.id.0)), Bytes::new())
        }
        _ => tx.add(key, -1),
    }
}

fn unavailable(error: &std::io::Error) -> Error {
    Error::Unavailable(error.to_string())
}

fn failed(error: &object_store::Error) -> Error {
    match error {
        object_store::Error::NotFound { path, .. } => Error::Corrupt(format!("blob `{path}` is missing")),
        // The texts of the causes say what the outermost one leaves out, "no space left" above all.
        other => {
            let mut text = other.to_string();
            let mut cause = std::error::Error::source(other);
            while let Some(error) = cause {
                text = format!("{text}: {error}");
                cause = error.source();
            }
            Error::Unavailable(text)
        }
    }
}
