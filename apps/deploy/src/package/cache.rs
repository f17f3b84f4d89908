//! What is remembered of the archives in a folder, so that the next packaging need not read everything again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::archive::Record;
use crate::problem::Problem;

/// The form of the cache. A cache of another form is passed over: everything is packed anew.
const VERSION: u32 = 1;

const FILE_NAME: &str = "cloudlet-packages.json";

#[derive(Debug, Default, Serialize, Deserialize)]
struct Stored {
    version: u32,
    archives: BTreeMap<String, Record>,
}

/// The records of a folder's archives.
#[derive(Debug)]
pub(crate) struct Cache {
    file: PathBuf,
    stored: Stored,
    changed: bool,
}

impl Cache {
    /// Opens the cache of a folder; a missing or unreadable one is empty.
    pub(crate) fn open(folder: &Path) -> Self {
        let file = folder.join(FILE_NAME);
        // Whatever is wrong with a cache, the answer is to do the work again.
        let stored = fs::read(&file)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Stored>(&bytes).ok())
            .filter(|stored| stored.version == VERSION)
            .unwrap_or(Stored { version: VERSION, archives: BTreeMap::new() });
        Self { file, stored, changed: false }
    }

    /// What is known of an archive.
    pub(crate) fn get(&self, name: &str) -> Option<&Record> {
        self.stored.archives.get(name)
    }

    /// Notes what is known of an archive.
    pub(crate) fn set(&mut self, name: &str, record: Record) {
        if self.stored.archives.get(name) != Some(&record) {
            self.stored.archives.insert(name.to_owned(), record);
            self.changed = true;
        }
    }

    /// Writes the cache if something is new in it.
    pub(crate) fn save(&self) -> Result<(), Problem> {
        if !self.changed {
            return Ok(());
        }
        let cannot = |error: &dyn std::fmt::Display| {
            Problem::new(format!("cannot write {}: {error}", self.file.display()))
        };
        let part = self.file.with_extension("json.part");
        let bytes = serde_json::to_vec(&self.stored).map_err(|error| cannot(&error))?;
        fs::write(&part, bytes).and_then(|()| fs::rename(&part, &self.file)).map_err(|error| cannot(&error))
    }
}
