//! A cloud whose store is a database, which several nodes may share.

use std::fmt;
use std::fs::{File, TryLockError};
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, bail};
use cloud::Parts;
use store::layer::blob::Blobs;

/// The name of the file whose lock says that a data folder is in use.
const LOCK: &str = "node.lock";

/// A connection string, which has a password in it: it shows neither in logs nor in errors.
#[derive(Clone)]
pub struct Database(String);

impl FromStr for Database {
    type Err = std::convert::Infallible;

    /// Whether it is right is looked at later: an error of the command line would show it.
    fn from_str(url: &str) -> Result<Self, Self::Err> {
        Ok(Self(url.to_owned()))
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Database(…)")
    }
}

impl Database {
    /// Host and database.
    pub fn shown(&self) -> anyhow::Result<String> {
        Ok(store::postgres::describe(&self.0)?)
    }
}

/// Opens the store and the blobs that belong to it. `place` is a folder or `s3://bucket/prefix`.
pub(super) async fn open(database: &Database, place: &str) -> anyhow::Result<Parts> {
    let store = store::postgres::open(&database.0).await?;
    let blobs = match place.starts_with("s3://") {
        true => Blobs::in_s3(place),
        false => Blobs::in_folder(Path::new(place)),
    };
    let blobs = blobs.with_context(|| format!("cannot open the blobs in `{place}`"))?;
    let parts = Parts { store, blobs, ..Parts::in_memory() };
    let belong = parts.blobs.belong_to(&parts.store, &parts.chance.uuid()).await;
    belong.with_context(|| format!("the blobs in `{place}` cannot be used"))?;
    Ok(parts)
}

/// Takes the data folder for this node: two in one folder would remove each other's unpacked code.
pub(super) fn lock(folder: &Path) -> anyhow::Result<File> {
    let path = folder.join(LOCK);
    let file = File::create(&path).with_context(|| format!("cannot open `{}`", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "the data folder `{}` is in use by another node: give each node its own with `--data`, and all the same `--blobs`",
            folder.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock `{}`", path.display()))
        }
    }
}
