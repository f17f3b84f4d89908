//! Removing the files of blobs that nobody owns.

use std::path::Path;
use std::sync::Arc;

use futures::StreamExt;
use object_store::ObjectStoreExt;

use super::{BlobId, Blobs, failed, unavailable};
use crate::keyspace::{BLOB_DEAD, BLOB_OWNERS};
use crate::tuple;
use crate::types::Scan;
use crate::{Error, Store, begin, snapshot};

/// How long a blob without owners stays, for readers that have begun.
const KEPT_MS: i64 = 10 * 60 * 1000;
/// How long an upload may take before its file counts as left behind.
const UPLOAD_MS: i64 = 24 * 60 * 60 * 1000;
/// Dead blobs removed in one sweep.
const SWEPT_MAX: usize = 1000;

impl Blobs {
    /// Removes the blobs that died a while ago and returns how many. Call it from a timer.
    pub async fn sweep(&self, store: &Arc<dyn Store>, now: i64) -> Result<usize, Error> {
        let mut range = tuple::range(BLOB_DEAD, &());
        range.to = tuple::range(BLOB_DEAD, &(now - KEPT_MS)).to;
        let scan = Scan::new(range).limit(SWEPT_MAX).keys_only();
        let page = snapshot(store).await?.scan(scan).await?;
        let mut swept = 0;
        for (key, _) in page.rows {
            let (_, id): (i64, String) = tuple::unpack_key(&key)?;
            // The file first: a row without a file is swept again, a file without a row is lost.
            let id = BlobId(id);
            self.remove(&id).await?;
            let mut tx = begin(store).await?;
            tx.delete(tuple::key(BLOB_OWNERS, &id.0))?;
            tx.delete(key)?;
            tx.commit().await?;
            swept += 1;
        }
        Ok(swept)
    }

    /// Removes the files of uploads that began long ago and never became part of the state, and
    /// returns how many. It walks all files: once a day is enough.
    pub async fn sweep_orphans(&self, store: &Arc<dyn Store>, now: i64) -> Result<usize, Error> {
        let mut swept = 0;
        let mut files = self.store.list(None);
        while let Some(file) = files.next().await {
            let path = file.map_err(|error| failed(&error))?.location;
            let id = BlobId(path.filename().unwrap_or_default().to_owned());
            if id.made_at().is_none_or(|made| made > now - UPLOAD_MS) {
                continue;
            }
            let view = snapshot(store).await?;
            if view.get(&tuple::key(BLOB_OWNERS, &id.0)).await?.is_none() {
                self.remove(&id).await?;
                swept += 1;
            }
        }
        if let Some(folder) = self.folder.clone() {
            swept += tokio::task::spawn_blocking(move || remove_partial_files(&folder, now))
                .await
                .map_err(|error| Error::Unavailable(error.to_string()))??;
        }
        Ok(swept)
    }

    async fn remove(&self, id: &BlobId) -> Result<(), Error> {
        match self.store.delete(&id.path()).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(&error)),
        }
    }
}

/// Removes files that a killed process was still writing: the file store lists none of them.
/// Their names are `<blob>#<number>`.
fn remove_partial_files(folder: &Path, now: i64) -> Result<usize, Error> {
    let mut removed = 0;
    for shard in std::fs::read_dir(folder).map_err(|error| unavailable(&error))? {
        let shard = shard.map_err(|error| unavailable(&error))?;
        if !shard.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        for file in std::fs::read_dir(shard.path()).map_err(|error| unavailable(&error))? {
            let file = file.map_err(|error| unavailable(&error))?;
            let name = file.file_name().to_string_lossy().into_owned();
            let Some((blob, _)) = name.split_once('#') else { continue };
            let made = BlobId(blob.to_owned()).made_at();
            if made.is_some_and(|made| made <= now - UPLOAD_MS) {
                std::fs::remove_file(file.path()).map_err(|error| unavailable(&error))?;
                removed += 1;
            }
        }
    }
    Ok(removed)
}
