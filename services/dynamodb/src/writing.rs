//! Writing one item: what PutItem, UpdateItem and DeleteItem have in common.

use cloud::prelude::*;
use ddbexpr::{Condition, Item};
use serde_json::Value as Json;

use crate::capacity::{
    ConsumedCapacity, ItemCollectionMetrics, ReturnConsumedCapacity, ReturnItemCollectionMetrics,
};
use crate::error::Error;
use crate::keys::ItemKey;
use crate::request::{self, ReturnOnFailure, ReturnValue};
use crate::table::Table;
use crate::write::{self, Change};

/// What such an operation answers.
#[derive(Shape)]
pub(crate) struct Answer {
    attributes: Option<Json>,
    consumed_capacity: Option<ConsumedCapacity>,
    item_collection_metrics: Option<ItemCollectionMetrics>,
}

/// A write that is to be made.
pub(crate) struct Writing<'a> {
    pub(crate) table: &'a Table,
    /// The table as the request names it.
    pub(crate) table_name: &'a str,
    pub(crate) condition: Option<&'a Condition>,
    pub(crate) on_failure: Option<ReturnOnFailure>,
    pub(crate) capacity: Option<ReturnConsumedCapacity>,
    pub(crate) metrics: Option<ReturnItemCollectionMetrics>,
}

impl Writing<'_> {
    /// Puts what `new` makes of the item as it is, or nothing, in its place, if the condition holds. `shown` says what the
    /// answer shows of the change.
    pub(crate) async fn run(
        self,
        cx: &mut Cx,
        key: ItemKey,
        new: impl FnOnce(Option<&Item>) -> Result<Option<Item>, Error>,
        shown: impl FnOnce(&Change) -> Option<Json>,
    ) -> Result<Answer, Error> {
        let now = cx.now().millis();
        let tx = cx.tx();
        let old = write::get(tx, self.table, &key).await?;
        request::require(self.condition, old.as_ref(), self.on_failure)?;
        let new = new(old.as_ref())?;
        let change = Change { key, old, new, by_expiry: false };
        let written = write::apply(tx, self.table, &change, now).await?;
        let item = change.new.as_ref().or(change.old.as_ref());
        Ok(Answer {
            attributes: shown(&change),
            consumed_capacity: written.units.tell(self.capacity, self.table_name),
            item_collection_metrics: written.metrics(self.metrics, &self.table.row, item),
        })
    }
}

/// Whether the answer has the old item; PutItem and DeleteItem know nothing else to return.
pub(crate) fn wants_old(asked: Option<ReturnValue>) -> Result<bool, Error> {
    match asked.unwrap_or(ReturnValue::None) {
        ReturnValue::None => Ok(false),
        ReturnValue::AllOld => Ok(true),
        _ => Err(Error::validation("ReturnValues can only be ALL_OLD or NONE")),
    }
}

/// What is shown of a change when the old item is wanted.
pub(crate) fn old(change: &Change) -> Option<Json> {
    change.old.as_ref().map(request::write)
}
