//! Which resources may be worked on next. Pure.

use std::collections::{BTreeMap, BTreeSet};

/// Names and the names they wait for.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: BTreeMap<String, BTreeSet<String>>,
}

impl Queue {
    /// A queue; needs that are not in it themselves count as met.
    pub(crate) fn new(needs: BTreeMap<String, BTreeSet<String>>) -> Self {
        let names: BTreeSet<String> = needs.keys().cloned().collect();
        let keep = |(name, mut needs): (String, BTreeSet<String>)| {
            needs.retain(|need| names.contains(need));
            (name, needs)
        };
        Self { waiting: needs.into_iter().map(keep).collect() }
    }

    /// The same names the other way round: what waited is waited for.
    pub(crate) fn reversed(needs: BTreeMap<String, BTreeSet<String>>) -> Self {
        let mut turned: BTreeMap<String, BTreeSet<String>> =
            needs.keys().map(|name| (name.clone(), BTreeSet::new())).collect();
        for (name, needs) in needs {
            for need in needs {
                if let Some(followers) = turned.get_mut(&need) {
                    followers.insert(name.clone());
                }
            }
        }
        Self { waiting: turned }
    }

    /// Takes one name that waits for nothing.
    pub(crate) fn take(&mut self) -> Option<String> {
        let name = self.waiting.iter().find(|(_, needs)| needs.is_empty())?.0.clone();
        self.waiting.remove(&name);
        Some(name)
    }

    /// Says that `name` is done: nothing waits for it any more.
    pub(crate) fn finish(&mut self, name: &str) {
        for needs in self.waiting.values_mut() {
            needs.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(pairs: &[(&str, &[&str])]) -> BTreeMap<String, BTreeSet<String>> {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        pairs.iter().map(|(name, needs)| ((*name).to_owned(), set(needs))).collect()
    }

    #[test]
    fn names_come_after_their_needs() {
        let graph = [("a", &["b", "elsewhere"][..]), ("b", &[]), ("c", &[])];
        let mut queue = Queue::new(needs(&graph));
        assert_eq!(queue.take().as_deref(), Some("b"));
        assert_eq!(queue.take().as_deref(), Some("c"));
        assert_eq!(queue.take(), None);
        queue.finish("b");
        assert_eq!(queue.take().as_deref(), Some("a"));
        let mut queue = Queue::reversed(needs(&graph));
        assert_eq!(queue.take().as_deref(), Some("a"));
        assert_eq!(queue.take().as_deref(), Some("c"));
        assert_eq!(queue.take(), None);
        queue.finish("a");
        assert_eq!(queue.take().as_deref(), Some("b"));
    }
}
