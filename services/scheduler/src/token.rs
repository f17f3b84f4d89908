//! Client tokens: a request that comes again is answered as the first one, and does nothing.

use cloud::prelude::*;
use store::layer::{table, timer};

use crate::error::Error;
use crate::keys::TokenRow;
use crate::limits::TOKEN_MILLIS;

/// The kind of the timers by which tokens are forgotten.
pub(crate) const TIMER: &str = "scheduler/token";

/// Whether this request was carried out before. `asked` says what it asks for.
pub(crate) async fn is_repeated(cx: &mut Cx, token: Option<&str>, asked: &str) -> Result<bool, Error> {
    let Some(token) = token else { return Ok(false) };
    let row = TokenRow {
        account: cx.account().to_owned(),
        region: cx.region().to_owned(),
        token: token.to_owned(),
        asked: wire::digest::hex(&wire::digest::sha256(asked.as_bytes())),
    };
    let key = (row.account.as_str(), row.region.as_str(), row.token.as_str());
    match table::get::<TokenRow>(cx.tx(), key).await? {
        Some(known) if known.asked == row.asked => Ok(true),
        Some(_) => Err(Error::Conflict("The client token was used before with other parameters.".to_owned())),
        None => {
            let until = cx.now().millis() + TOKEN_MILLIS;
            table::put(cx.tx(), &row).await?;
            timer::set(cx.tx(), TIMER, key, until, Vec::new()).await?;
            Ok(false)
        }
    }
}
