//! Identities: principals, keys and policies as the store holds them.

use std::sync::Arc;

use store::Store;

use crate::clock::{Chance, Clock};
use crate::instance::Config;

/// Principals, keys and policies, with a cache in memory.
#[derive(Debug)]
pub struct Identities {}

impl Identities {
    /// Opens the identities of a store.
    pub async fn open(
        _config: &Config,
        _store: &Arc<dyn Store>,
        _clock: &dyn Clock,
        _chance: &Chance,
    ) -> Result<Self, store::Error> {
        Ok(Self {})
    }
}
