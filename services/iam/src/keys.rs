//! Access keys of users.

use cloud::identity::record::{AccessKey, BY_USER};
use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::error::Error;

/// More keys than a user can have.
const KEYS_READ_MAX: usize = 100;

/// The keys of a user; `None` is the root user.
pub(crate) async fn of_user(cx: &mut Cx, user: Option<&str>) -> Result<Vec<AccessKey>, Error> {
    let owner = (cx.account().to_owned(), user.map(str::to_ascii_lowercase));
    let keys = table::list_by(cx.tx(), BY_USER, owner, &Paging::first(KEYS_READ_MAX)).await?;
    Ok(keys.items)
}

/// A key of a user; `None` is the root user.
pub(crate) async fn get(cx: &mut Cx, user: Option<&str>, id: &str) -> Result<AccessKey, Error> {
    let keys = of_user(cx, user).await?;
    keys.into_iter().find(|key| key.id == id).ok_or_else(|| missing(id))
}

/// The state of a key on the wire.
pub(crate) fn status(active: bool) -> String {
    if active { "Active" } else { "Inactive" }.to_owned()
}

/// Nobody here has such a key.
pub(crate) fn missing(id: &str) -> Error {
    Error::NoSuchEntity(format!("The Access Key with id {id} cannot be found."))
}
