//! Which blobs belong to which store, where several nodes must use the same ones.

use std::sync::Arc;

use futures::StreamExt;
use object_store::{ObjectStoreExt, PutMode, PutOptions, path};

use super::{Blobs, failed};
use crate::keyspace::SYSTEM;
use crate::patience::told;
use crate::{Error, Store, transact, tuple};

/// The file beside the blobs that says whose they are.
const MARK: &str = "cloudlet-blobs";

impl Blobs {
    /// Makes sure that these are the blobs of this store, and that no node uses others. The first node marks both
    /// with `fresh`, a random text; a store and blobs that do not belong together are refused.
    pub async fn belong_to(&self, store: &Arc<dyn Store>, fresh: &str) -> Result<(), Error> {
        // A bucket that does not answer is asked again for minutes.
        told(self.belong(store, fresh), async || "the place of the blobs".to_owned()).await
    }

    async fn belong(&self, store: &Arc<dyn Store>, fresh: &str) -> Result<(), Error> {
        let key = tuple::key(SYSTEM, &"blobs");
        let stored = crate::snapshot(store).await?.get(&key).await?;
        let mark = match (self.mark().await?, stored) {
            (Some(mark), Some(stored)) if mark == *stored => return Ok(()),
            (_, Some(_)) => return Err(elsewhere()),
            (Some(mark), None) => mark,
            (None, None) => self.make_mark(fresh).await?,
        };
        // Nothing but the mark may be there: the sweep would take the blobs of another cloud for its own dead.
        if !self.is_empty().await? {
            let text = "there are blobs of another cloud: name an empty place with `--blobs`";
            return Err(Error::Unavailable(text.into()));
        }
        let first = transact(store, |tx| {
            let (key, mark) = (key.clone(), mark.clone());
            Box::pin(async move {
                if let Some(stored) = tx.get(&key).await? {
                    return Ok(stored == mark);
                }
                tx.put(key, mark)?;
                Ok(true)
            })
        });
        if first.await? { Ok(()) } else { Err(elsewhere()) }
    }

    async fn mark(&self) -> Result<Option<Vec<u8>>, Error> {
        match self.store.get(&path::Path::from(MARK)).await {
            Ok(file) => Ok(Some(file.bytes().await.map_err(|error| failed(&error))?.into())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }

    /// Marks the blobs, unless another node does so at the same time; answers the mark.
    async fn make_mark(&self, fresh: &str) -> Result<Vec<u8>, Error> {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.store.put_opts(&path::Path::from(MARK), fresh.to_owned().into(), options).await {
            Ok(_) => Ok(fresh.as_bytes().to_vec()),
            Err(object_store::Error::AlreadyExists { .. }) => {
                let mark = self.mark().await?;
                mark.ok_or_else(|| Error::Unavailable("the mark of the blobs comes and goes".into()))
            }
            Err(error) => Err(failed(&error)),
        }
    }

    async fn is_empty(&self) -> Result<bool, Error> {
        let mut files = self.store.list(None);
        while let Some(file) = files.next().await {
            if file.map_err(|error| failed(&error))?.location.as_ref() != MARK {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn elsewhere() -> Error {
    let text = "the cloud in this database keeps its blobs elsewhere: name the same place for every node with `--blobs`";
    Error::Unavailable(text.into())
}
