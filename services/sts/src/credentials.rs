//! Temporary credentials on the wire.

use cloud::identity::session::Issued;
use cloud::prelude::*;

/// Temporary credentials.
#[derive(Shape)]
pub(crate) struct Credentials {
    access_key_id: String,
    #[shape(sensitive)]
    secret_access_key: String,
    session_token: String,
    expiration: Timestamp,
}

impl From<Issued> for Credentials {
    fn from(issued: Issued) -> Self {
        Self {
            access_key_id: issued.access_key_id,
            secret_access_key: issued.secret_access_key,
            session_token: issued.session_token,
            expiration: issued.expires_at,
        }
    }
}
