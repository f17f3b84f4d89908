//! STS: who am I, and temporary credentials.
//!
//! `ops/assume_role.rs` is the heart: it asks the role's trust policy and hands out a session. What a session is, and
//! how its token works, is in `cloud::identity::session`.
//!
//! Differs from AWS: sessions of web identities, SAML and GetFederationToken are not there; the answer is
//! `InvalidAction`.

use cloud::operation::entry;
use cloud::service::{Service, Words};
use wire::table::Protocol;

mod credentials;
mod error;
mod ops;
mod tags;

#[cfg(test)]
mod tests;

/// The service's table of contents.
pub static STS: Service = Service {
    name: "sts",
    title: "Security Token Service",
    signing_name: "sts",
    protocols: &[Protocol::query("2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/")],
    operations: &[
        entry::<ops::AssumeRole>(),
        entry::<ops::DecodeAuthorizationMessage>(),
        entry::<ops::GetAccessKeyInfo>(),
        entry::<ops::GetCallerIdentity>(),
        entry::<ops::GetSessionToken>(),
    ],
    resources: &[],
    jobs: &[],
    plane: None,
    words: Words::QUERY,
};
