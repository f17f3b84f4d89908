//! Pages of listings.

use store::layer::table::{Cursor, Paging};

use crate::error::Error;
use crate::limits::PAGE;

/// The page that a `NextToken` asks for.
pub(crate) fn read(token: Option<&str>) -> Result<Paging, Error> {
    let after = token.map(|token| Cursor::from_text(token).ok_or_else(|| Error::invalid("NextToken")));
    Ok(Paging::after(PAGE, after.transpose()?))
}
