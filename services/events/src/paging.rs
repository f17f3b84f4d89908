//! Pages of listings.

use store::layer::table::{Cursor, Paging};

use crate::error::Error;
use crate::limits::PAGE;

/// The page that `Limit` and `NextToken` ask for.
pub(crate) fn read(limit: Option<i32>, token: Option<&str>) -> Result<Paging, Error> {
    let after = token.map(|token| Cursor::from_text(token).ok_or_else(Error::token)).transpose()?;
    Ok(Paging::after(usize::try_from(limit.unwrap_or(PAGE)).unwrap_or(1), after))
}
