//! What services keep in memory of what they have read.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use store::Version;
use store::keyspace::Prefix;
use tokio::sync::watch;

use crate::instance::Cloud;

/// Entries that are kept; beyond that the memory is emptied, which costs a few reads.
const KEPT_MAX: usize = 10_000;

/// Values that were read of late, until something is written below one of the prefixes that they come from.
#[derive(Debug)]
pub struct Memo<K, V>(Mutex<Option<Inner<K, V>>>);

#[derive(Debug)]
struct Inner<K, V> {
    changes: Vec<watch::Receiver<Version>>,
    generation: u64,
    known: HashMap<K, V>,
}

/// Which state of the store something is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation(u64);

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<K: Eq + Hash, V: Clone> Memo<K, V> {
    /// What is known under a key. If nothing is: for [`Memo::keep`], once it was read in a view that is opened after this.
    /// `prefixes` are the same each time.
    pub fn find(&self, cloud: &Cloud, prefixes: &[Prefix], key: &K) -> Result<V, Generation> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let inner = inner.get_or_insert_with(|| Inner {
            changes: prefixes.iter().map(|prefix| cloud.store().watch(prefix.0.to_vec().into())).collect(),
            generation: 0,
            known: HashMap::new(),
        });
        for changes in &mut inner.changes {
            // A closed store changes no more.
            if changes.has_changed().unwrap_or(false) {
                changes.mark_unchanged();
                inner.known.clear();
                inner.generation += 1;
            }
        }
        inner.known.get(key).cloned().ok_or(Generation(inner.generation))
    }

    /// Keeps what was read, unless something has changed since it was looked for.
    pub fn keep(&self, read_in: Generation, key: K, value: V) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(inner) = inner.as_mut().filter(|inner| inner.generation == read_in.0) {
            if inner.known.len() >= KEPT_MAX {
                inner.known.clear();
            }
            inner.known.insert(key, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use store::keyspace::{TEST_PLAIN, TEST_TABLE};

    use super::*;
    use crate::instance::{Config, Parts};

    #[tokio::test]
    async fn a_write_makes_it_forget() {
        let cloud = Cloud::assemble(Config::of_tests(PathBuf::new()), &[], Parts::in_memory()).await.unwrap();
        let memo = Memo::<u8, &str>::default();
        let prefixes = [TEST_PLAIN, TEST_TABLE];
        let write = async |prefix: Prefix, value: &'static [u8]| {
            let mut tx = store::begin(cloud.store()).await.unwrap();
            tx.put(prefix.0.to_vec(), value).unwrap();
            tx.commit().await.unwrap();
        };
        let first = memo.find(&cloud, &prefixes, &1).unwrap_err();
        memo.keep(first, 1, "one");
        memo.keep(first, 2, "two");
        assert_eq!(
            (memo.find(&cloud, &prefixes, &1), memo.find(&cloud, &prefixes, &2)),
            (Ok("one"), Ok("two"))
        );
        for (turn, prefix) in prefixes.into_iter().enumerate() {
            write(prefix, b"x").await;
            let now = memo.find(&cloud, &prefixes, &1).unwrap_err();
            // What was read before the write is not kept.
            memo.keep(first, 1, "old");
            assert_eq!(memo.find(&cloud, &prefixes, &1), Err(now), "{turn}");
            memo.keep(now, 1, "new");
            assert_eq!(memo.find(&cloud, &prefixes, &1), Ok("new"));
        }
    }
}
