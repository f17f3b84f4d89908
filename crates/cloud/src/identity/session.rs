//! Temporary credentials.
//!
//! Nothing of them is stored: the session token holds what they stand for, authenticated with a secret of the cloud,
//! and the secret access key follows from the access key id and that same secret. So any process of a cloud can check
//! any session, without asking the store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use iampolicy::{Kind, Policy};
use serde::{Deserialize, Serialize};
use shape::Timestamp;
use store::{Error, Store, keyspace, tuple};

use super::{aws_policies, ids};
use crate::caller::{Principal, Session};
use crate::clock::Chance;

/// Bytes of the cloud's secret.
const SECRET_BYTES: usize = 32;
/// Bytes of a token's tag.
const TAG_BYTES: usize = 32;
/// Largest token: it travels in a header of each request. AWS limits policies and tags packed into a token, too,
/// without saying to how much.
const TOKEN_BYTES_MAX: usize = 12 * 1024;
/// Checked sessions that are kept in memory, in each of two generations.
const CHECKED_MAX: usize = 1_024;
/// The form of a token's content.
const VERSION: u8 = 1;

/// What a session is to be.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'w> {
    /// The session's name; empty for users.
    pub session_name: &'w str,
    /// How long it lasts.
    pub duration_seconds: i64,
    /// Session policies that were checked: as JSON, or as the ARN of a managed policy of AWS, which is too long for a
    /// token.
    pub policies: &'w [String],
    /// Session tags.
    pub tags: &'w [(String, String)],
    /// The keys of those tags that go on to sessions made from this one.
    pub transitive_tags: &'w [String],
}

/// Temporary credentials.
#[derive(Clone)]
pub struct Issued {
    /// `ASIA…`
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
    /// What has to be sent along.
    pub session_token: String,
    /// When they end.
    pub expires_at: Timestamp,
}

/// The policies and tags do not fit into a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("packed size of session policies and tags consumes {percent}% of allotted space")]
pub struct TooLarge {
    /// How much of the room they take, in percent.
    pub percent: usize,
}

/// A session whose token was found genuine.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The secret access key.
    pub secret: Arc<str>,
    /// The account of the principal.
    pub account: Arc<str>,
    /// Whose session it is.
    pub principal: Principal,
    /// What narrows and describes it.
    pub session: Arc<Session>,
}

/// What a token says.
#[derive(Serialize, Deserialize)]
struct Content {
    key: String,
    account: String,
    issued_at_millis: i64,
    expires_at_millis: i64,
    who: Who,
    policies: Vec<String>,
    tags: Vec<(String, String)>,
    transitive_tags: Vec<String>,
}

#[derive(Serialize, Deserialize)]
enum Who {
    Root,
    User { name: String, path: String, id: String },
    Role { name: String, path: String, id: String, session: String },
}

/// Makes and checks session tokens.
pub struct Sealer {
    seal: hmac::Key,
    secrets: hmac::Key,
    checked: Mutex<Kept>,
}

/// The cloud's secret, once it is read.
struct CloudSecret([u8; SECRET_BYTES]);

#[derive(Default)]
struct Kept {
    young: HashMap<String, (String, Checked)>,
    old: HashMap<String, (String, Checked)>,
}

impl Sealer {
    /// Reads the cloud's secret, or makes it.
    pub(super) async fn open(store: &Arc<dyn Store>, chance: &Chance) -> Result<Self, Error> {
        let key = tuple::key(keyspace::IDENTITY_SECRET, &());
        let mut fresh = vec![VERSION];
        fresh.resize(1 + SECRET_BYTES, 0);
        chance.fill(&mut fresh[1..]);
        let stored = store::transact(store, |tx| {
            let (key, fresh) = (key.clone(), fresh.clone());
            Box::pin(async move {
                if let Some(stored) = tx.get(&key).await? {
                    return Ok(stored.to_vec());
                }
                tx.put(key, fresh.clone())?;
                Ok(fresh)
            })
        })
        .await?;
        Ok(Self::new(&CloudSecret::decode(&stored)?))
    }

    fn new(secret: &CloudSecret) -> Self {
        // Two uses, two keys.
        let derive = |purpose: &[u8]| {
            let root = hmac::Key::new(hmac::HMAC_SHA256, &secret.0);
            hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, purpose).as_ref())
        };
        Self { seal: derive(b"session token"), secrets: derive(b"session secret"), checked: Mutex::default() }
    }

    /// Makes temporary credentials for a user, a role or the root user.
    pub fn issue(
        &self,
        now: Timestamp,
        chance: &Chance,
        account: &str,
        principal: &Principal,
        wanted: Wanted<'_>,
    ) -> Result<Issued, TooLarge> {
        let expires_at = now.plus_secs(wanted.duration_seconds);
        let access_key_id = ids::access_key(chance, "ASIA", account);
        let content = Content {
            key: access_key_id.clone(),
            account: account.to_owned(),
            issued_at_millis: now.millis(),
            expires_at_millis: expires_at.millis(),
            who: Who::of(principal, wanted.session_name),
            policies: wanted.policies.to_vec(),
            tags: wanted.tags.to_vec(),
            transitive_tags: wanted.transitive_tags.to_vec(),
        };
        let mut bytes = vec![VERSION];
        serde_json::to_writer(&mut bytes, &content).expect("texts and numbers can always be written as JSON");
        let tag = hmac::sign(&self.seal, &bytes);
        bytes.extend_from_slice(tag.as_ref());
        let session_token = STANDARD.encode(&bytes);
        if session_token.len() > TOKEN_BYTES_MAX {
            return Err(TooLarge { percent: session_token.len() * 100 / TOKEN_BYTES_MAX });
        }
        let secret_access_key = self.secret_of(&access_key_id);
        Ok(Issued { access_key_id, secret_access_key, session_token, expires_at })
    }

    /// How much of the room of a token its policies and tags take, in percent.
    pub fn packed_percent(wanted: &Wanted<'_>) -> usize {
        let policies: usize = wanted.policies.iter().map(String::len).sum();
        let tags: usize = wanted.tags.iter().map(|(name, value)| name.len() + value.len()).sum();
        ((policies + tags) * 100).div_ceil(TOKEN_BYTES_MAX)
    }

    /// Reads a token that came with `access_key_id`. `None`: it is not ours, or belongs to another key. Whether it
    /// has ended is the caller's to ask.
    pub fn check(&self, access_key_id: &str, token: &str) -> Option<Checked> {
        if let Some(checked) = self.kept().get(access_key_id, token) {
            return Some(checked);
        }
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let bytes = STANDARD.decode(token).ok()?; // no base64: not ours
        let (message, tag) = bytes.split_at_checked(bytes.len().checked_sub(TAG_BYTES)?)?;
        hmac::verify(&self.seal, message, tag).ok()?;
        let content: Content = match message.split_first() {
            Some((&VERSION, json)) => serde_json::from_slice(json).ok()?, // of a form that is no more
            _ => return None,
        };
        if content.key != access_key_id {
            return None;
        }
        let session = Session {
            // They were checked when the token was made.
            policies: content.policies.iter().map(|policy| read_policy(policy)).collect::<Option<_>>()?,
            tags: content.tags,
            transitive_tags: content.transitive_tags,
            issued_at_millis: content.issued_at_millis,
            expires_at_millis: content.expires_at_millis,
        };
        let checked = Checked {
            secret: self.secret_of(access_key_id).into(),
            account: content.account.into(),
            principal: content.who.into(),
            session: Arc::new(session),
        };
        self.kept().insert(access_key_id, token, &checked);
        Some(checked)
    }

    fn secret_of(&self, access_key_id: &str) -> String {
        let tag = hmac::sign(&self.secrets, access_key_id.as_bytes());
        let mut secret = STANDARD.encode(tag.as_ref());
        secret.truncate(ids::SECRET_LENGTH);
        secret
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.checked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read_policy(policy: &str) -> Option<Arc<Policy>> {
    if policy.starts_with("arn:") {
        return aws_policies::parsed(policy);
    }
    Policy::parse(policy, Kind::Inline).map(Arc::new).ok()
}

impl Kept {
    fn get(&mut self, access_key_id: &str, token: &str) -> Option<Checked> {
        if let Some((known, checked)) = self.young.get(access_key_id) {
            return (known == token).then(|| checked.clone());
        }
        let (known, checked) = self.old.remove(access_key_id)?;
        let found = (known == token).then(|| checked.clone());
        self.insert(access_key_id, &known, &checked);
        found
    }

    fn insert(&mut self, access_key_id: &str, token: &str, checked: &Checked) {
        if self.young.len() >= CHECKED_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(access_key_id.to_owned(), (token.to_owned(), checked.clone()));
    }
}

impl Who {
    fn of(principal: &Principal, session_name: &str) -> Self {
        match principal {
            Principal::User { name, path, id } => {
                Self::User { name: name.to_string(), path: path.to_string(), id: id.to_string() }
            }
            Principal::AssumedRole { role, path, id, .. } => Self::Role {
                name: role.to_string(),
                path: path.to_string(),
                id: id.to_string(),
                session: session_name.to_owned(),
            },
            Principal::Root | Principal::Service(_) | Principal::Anonymous => Self::Root,
        }
    }
}

impl From<Who> for Principal {
    fn from(who: Who) -> Self {
        match who {
            Who::Root => Self::Root,
            Who::User { name, path, id } => {
                Self::User { name: name.into(), path: path.into(), id: id.into() }
            }
            Who::Role { name, path, id, session } => Self::AssumedRole {
                role: name.into(),
                path: path.into(),
                id: id.into(),
                session: session.into(),
            },
        }
    }
}

impl CloudSecret {
    fn decode(stored: &[u8]) -> Result<Self, Error> {
        match stored.split_first() {
            Some((&VERSION, secret)) => secret.try_into().map(Self).ok(),
            _ => None,
        }
        .ok_or_else(|| Error::Corrupt("the secret of the sessions has an unknown form".into()))
    }
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issued").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}
