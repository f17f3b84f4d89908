//! Secrets and the keys derived from them.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;

use super::{Scope, TERMINATOR};
use crate::digest;

/// An access key with its secret, for signing.
#[derive(Clone)]
pub struct Credentials {
    /// `AKIA…` or `ASIA…`.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
    /// Token of temporary credentials.
    pub session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

/// The key that signs requests of one day, region and service.
#[derive(Clone)]
pub struct SigningKey(hmac::Key);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

impl SigningKey {
    /// The key for `scope` from the secret.
    pub fn derive(secret: &str, scope: &Scope) -> Self {
        let mut bytes = format!("AWS4{secret}").into_bytes();
        for part in [&scope.date, &scope.region, &scope.service, TERMINATOR] {
            let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
            bytes = hmac::sign(&key, part.as_bytes()).as_ref().to_vec();
        }
        Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
    }

    /// The signature of `text` in lower-case hexadecimal.
    pub(super) fn sign(&self, text: &str) -> String {
        digest::hex(hmac::sign(&self.0, text.as_bytes()).as_ref())
    }

    /// Whether `signature` (hexadecimal) is ours for `text`, in a time that tells nothing of it.
    pub(super) fn matches(&self, text: &str, signature: &str) -> bool {
        // AWS writes and accepts lower case only; other text cannot be equal, so compare the text itself.
        verify_slices_are_equal(self.sign(text).as_bytes(), signature.as_bytes()).is_ok()
    }
}

/// How many derived keys one generation of the cache holds: each client uses a handful a day.
const GENERATION_MAX: usize = 1024;

type CacheKey = (String, Scope);

/// Derived keys by access key id, date, region and service; deriving one costs four HMACs.
///
/// A key is handed out only to a caller that gives the same secret, so a key id that changed its secret is safe.
/// Memory is bounded: when a generation is full it becomes the old one, and the older is dropped.
#[derive(Default)]
pub struct KeyCache(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<CacheKey, Entry>,
    old: HashMap<CacheKey, Entry>,
}

#[derive(Clone)]
struct Entry {
    secret_sha256: [u8; 32],
    key: SigningKey,
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyCache")
    }
}

impl KeyCache {
    /// The key of `access_key_id` with `secret` for `scope`, derived when it is new.
    pub fn get(&self, access_key_id: &str, secret: &str, scope: &Scope) -> SigningKey {
        let secret_sha256 = digest::sha256(secret.as_bytes());
        let at = (access_key_id.to_owned(), scope.clone());
        let mut generations = self.lock();
        if let Some(entry) = generations.find(&at)
            && verify_slices_are_equal(&entry.secret_sha256, &secret_sha256).is_ok()
        {
            return entry.key;
        }
        let key = SigningKey::derive(secret, scope);
        generations.insert(at, Entry { secret_sha256, key: key.clone() });
        key
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Generations> {
        // A panic while holding the lock leaves at worst an entry less: the maps stay whole.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Generations {
    fn find(&mut self, at: &CacheKey) -> Option<Entry> {
        if let Some(entry) = self.young.get(at) {
            return Some(entry.clone());
        }
        let entry = self.old.remove(at)?;
        self.insert(at.clone(), entry.clone());
        Some(entry)
    }

    fn insert(&mut self, at: CacheKey, entry: Entry) {
        if self.young.len() >= GENERATION_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(at, entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(region: &str) -> Scope {
        Scope { date: "20150830".into(), region: region.into(), service: "iam".into() }
    }

    /// The derivation example of AWS's SigV4 guide ("Examples of how to derive a signing key").
    #[test]
    fn derives_as_in_the_guide() {
        let key = SigningKey::derive("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", &scope("us-east-1"));
        let to_sign = "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/iam/aws4_request\n\
            f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59";
        let expected = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
        assert_eq!(key.sign(to_sign), expected);
        assert!(key.matches(to_sign, expected));
        assert!(!key.matches(to_sign, &expected.to_uppercase()));
        assert!(!key.matches(to_sign, ""));
    }

    #[test]
    fn the_cache_answers_as_derivation_does_and_stays_small() {
        let cache = KeyCache::default();
        for round in 0..2 {
            for n in 0..GENERATION_MAX + 10 {
                let scope = scope(&n.to_string());
                let key = cache.get("AK", "secret", &scope);
                assert_eq!(key.sign("x"), SigningKey::derive("secret", &scope).sign("x"), "{round}");
            }
        }
        let generations = cache.lock();
        assert!(generations.young.len() <= GENERATION_MAX);
        assert!(generations.old.len() <= GENERATION_MAX);
    }

    #[test]
    fn a_changed_secret_gets_its_own_key() {
        let cache = KeyCache::default();
        let first = cache.get("AK", "one", &scope("r")).sign("x");
        let second = cache.get("AK", "two", &scope("r")).sign("x");
        assert_ne!(first, second);
        assert_eq!(second, SigningKey::derive("two", &scope("r")).sign("x"));
    }

    #[test]
    fn secrets_are_not_printed() {
        let credentials = Credentials {
            access_key_id: "AK".into(),
            secret_access_key: "hidden".into(),
            session_token: Some("hidden".into()),
        };
        let shown = format!("{credentials:?} {:?}", SigningKey::derive("hidden", &scope("r")));
        assert!(!shown.contains("hidden"), "{shown}");
    }
}
