//! The one store of the platform: a small ordered, transactional key-value core with layers on top.
//!
//! Every piece of state (queues, stacks, parameters, timers, deliveries …) lives in one ordered
//! space of byte keys. Engines implement [`Store`]; everybody else holds a [`Tx`], which is either
//! a read snapshot or a serializable transaction. Richer models are layers that turn their calls
//! into keys of the same transaction.
//!
//! * Start here: [`Tx`] and [`layer::table`].
//! * Keys are made by [`tuple`] under a prefix that is listed in [`keyspace`], never by hand.
//! * The core knows no clock and no randomness: layers take times in milliseconds and ids from the
//!   caller, so that a test can replay every history.
//! * Values over [`VALUE_BYTES_MAX`] do not enter the store; they are blobs ([`layer::blob`]).
//!
//! ```
//! # async fn example() -> Result<(), store::Error> {
//! let store = store::open_memory();
//! let mut tx = store::begin(&store).await?;
//! tx.put("greeting", "hello")?;
//! tx.commit().await?;
//! let view = store::snapshot(&store).await?;
//! assert_eq!(view.get(&"greeting".into()).await?.as_deref(), Some(&b"hello"[..]));
//! # Ok(())
//! # }
//! ```

mod bell;
mod buffer;
mod engine;
mod error;
pub mod keyspace;
pub mod layer;
mod patience;
mod private;
pub mod tuple;
mod tx;
mod types;

pub use bell::Bell;
pub use engine::{Snapshot, Stats, Store, Txn, open_memory};
pub use engine::{postgres, sqlite};
pub use error::Error;
pub use tx::{Savepoint, Tx, begin, snapshot, transact};
pub use types::{
    Batch, Check, Committed, Durability, KEY_BYTES_MAX, Key, Page, Range, Scan, Stamp, TRANSACTION_BYTES_MAX,
    VALUE_BYTES_MAX, Val, Version, Write,
};
