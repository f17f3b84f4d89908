//! Who is in a group.

use cloud::identity::record::{BY_GROUP, User};
use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::error::Error;

/// An account has at most this many users.
const USERS_MAX: usize = 5_000;

/// The users of a group by name.
pub(crate) async fn of(cx: &mut Cx, group: &str) -> Result<Vec<User>, Error> {
    let group = (cx.account().to_owned(), group.to_ascii_lowercase());
    Ok(table::list_by(cx.tx(), BY_GROUP, group, &Paging::first(USERS_MAX)).await?.items)
}
