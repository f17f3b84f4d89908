//! Pages of listings.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Listing, Paging, Record};
use store::tuple::Pack;

use crate::error::Error;
use crate::limits::PAGE;

/// Which page of a listing is asked for.
#[derive(Shape)]
pub(crate) struct Page {
    #[shape(len = 1..=2048)]
    pub(crate) next_token: Option<String>,
    #[shape(range = 1..=100)]
    limit: Option<i32>,
}

impl Page {
    /// How many items it has at the most.
    pub(crate) fn size(&self) -> usize {
        usize::try_from(self.limit.unwrap_or(PAGE)).unwrap_or(1)
    }

    /// The rows whose keys begin with `parts` and then a name that begins with `name_prefix`.
    pub(crate) async fn rows<R: Record>(
        &self,
        cx: &mut Cx,
        parts: impl Pack,
        name_prefix: Option<&str>,
    ) -> Result<Listing<R>, Error> {
        let after = Cursor::of_token(self.next_token.as_deref(), Error::token)?;
        let paging = Paging::after(self.size(), after);
        Ok(table::list_starting(cx.tx(), parts, name_prefix.unwrap_or_default(), &paging).await?)
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
