//! Pages of listings.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Listing, Paging, Record};
use store::tuple::Pack;

use crate::error::Error;
use crate::limits::PAGE;

/// What a listing is asked for.
pub(crate) struct Asked {
    /// How the names begin.
    pub(crate) name_prefix: Option<String>,
    pub(crate) limit: Option<i32>,
    pub(crate) next_token: Option<String>,
}

impl Asked {
    /// The page that `Limit` and `NextToken` ask for.
    pub(crate) fn paging(&self) -> Result<Paging, Error> {
        let token = self.next_token.as_deref();
        let after = token.map(|token| Cursor::from_text(token).ok_or_else(Error::token)).transpose()?;
        Ok(Paging::after(usize::try_from(self.limit.unwrap_or(PAGE)).unwrap_or(1), after))
    }

    /// The rows whose keys begin with `parts` and then such a name.
    pub(crate) async fn rows<R: Record>(&self, cx: &mut Cx, parts: impl Pack) -> Result<Listing<R>, Error> {
        let prefix = self.name_prefix.as_deref().unwrap_or_default();
        let paging = self.paging()?;
        Ok(table::list_starting(cx.tx(), parts, prefix, &paging).await?)
    }
}

/// The token behind a page.
pub(crate) fn token<R>(page: &Listing<R>) -> Option<String> {
    page.next.as_ref().map(Cursor::to_text)
}

/// Refuses more than one of the filters of a listing.
pub(crate) fn one_filter(operation: &str, given: [bool; 3]) -> Result<(), Error> {
    if given.iter().filter(|given| **given).count() <= 1 {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "At most one filter is allowed for {operation}. Use either : State, EventSourceArn, or NamePrefix."
    )))
}
