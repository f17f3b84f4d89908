//! Well-known keys in the hands of functions.
//!
//! Everybody knows the well-known keys, and they are root's. Applications name them in their code, because a program
//! needs some key to talk to a cloud of its own machine. So they work in functions, too, and stand there for what a
//! function has on AWS: its execution role. Hostile code gains nothing by them.

use std::sync::Arc;

use http::request::Parts;

use crate::caller::Principal;
use crate::failure::Failure;
use crate::instance::Cloud;
use crate::sandbox::{Connection, Who};

/// The account and the role of the function that sent the request; none when it came from elsewhere.
pub(super) async fn role_behind(
    cloud: &Cloud,
    parts: &Parts,
) -> Result<Option<(Arc<str>, Principal)>, Failure> {
    let Some(connection) = parts.extensions.get::<Connection>() else { return Ok(None) };
    let refused = |text: String| Err(Failure::new("AccessDenied", 403, text));
    match connection.who(cloud.hooks()).await {
        Who::Outside => Ok(None),
        Who::Guest(guest) => match cloud.identities().role(&guest.role, &guest.function).await? {
            Some(role) => Ok(Some(role)),
            None => refused(format!("The role {} of this function does not exist.", guest.role)),
        },
        Who::Unknown => refused(
            "The well-known keys of this cloud are for programs of this machine, and it could not be found out which \
             one sent the request."
                .to_owned(),
        ),
    }
}
