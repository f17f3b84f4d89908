//! Pages of listings.

use store::layer::table::{Cursor, Paging};

use crate::error::Error;
use crate::limits::PAGE;

/// The page that a `NextToken` asks for.
pub(crate) fn read(token: Option<&str>) -> Result<Paging, Error> {
    Ok(Paging::after(PAGE, Cursor::of_token(token, || Error::invalid("NextToken"))?))
}
