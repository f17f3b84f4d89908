//! The stored rows: the only file of the service that knows keys and bytes.

use serde::{Deserialize, Serialize};
use store::keyspace::{self, Prefix};
use store::layer::table::Record;
use store::tuple::Tuple;

/// A queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct QueueRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) created_at_millis: i64,
}

impl Record for QueueRow {
    const PREFIX: Prefix = keyspace::SQS_QUEUE;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.name))
    }
}
