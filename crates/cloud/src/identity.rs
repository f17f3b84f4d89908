//! Identities: principals, keys and policies, as the store holds them and as access decisions need them.
//!
//! [`record`] has the stored records; `services/iam` and `services/sts` write them. [`Identities`] is what the door
//! asks, for each request: whose is this key ([`Identities::key`]), and what may that principal
//! ([`Identities::grants`])? Both answer from memory; a change in the store empties that memory, here through
//! [`Identities::note_change`] and in other processes through the store's watch.
//!
//! Temporary credentials are not stored: [`session`] puts what they stand for into their token.

mod aws_policies;
mod cache;
mod grants;
pub mod ids;
pub mod record;
mod root;
pub mod session;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use store::{Store, Tx};

pub use aws_policies::{AwsPolicy, aws_policies, aws_policy};
pub use grants::Grants;

use crate::caller::Principal;
use crate::clock::{Chance, Clock};
use crate::instance::Config;
use cache::Cache;
use session::Sealer;

/// The access key id and the secret of the well-known root, on loopback only.
const WELL_KNOWN: &str = "test";

/// Principals, keys and policies, with what was asked of late in memory.
pub struct Identities {
    store: Arc<dyn Store>,
    cache: Arc<Cache>,
    sealer: Sealer,
    /// The account of the well-known root; none when the cloud can be reached from elsewhere.
    well_known_account: Option<Arc<str>>,
    root_credentials: Option<PathBuf>,
}

/// An access key and whose it is.
#[derive(Clone)]
pub struct Key {
    /// The secret.
    pub secret: Arc<str>,
    /// The account of the principal.
    pub account: Arc<str>,
    /// Whose key it is.
    pub principal: Principal,
    /// It is one that everybody knows.
    pub is_well_known: bool,
}

impl Identities {
    /// Opens the identities of a store. A cloud that can be reached from elsewhere gets root keys of its own.
    pub async fn open(
        config: &Config,
        store: &Arc<dyn Store>,
        clock: &dyn Clock,
        chance: &Chance,
    ) -> Result<Self, store::Error> {
        let sealer = Sealer::open(store, chance).await?;
        let root_credentials =
            if config.loopback { None } else { Some(root::ensure(config, store, clock, chance).await?) };
        Ok(Self {
            store: store.clone(),
            cache: Arc::new(Cache::new(store)),
            sealer,
            well_known_account: config.loopback.then(|| config.account.as_str().into()),
            root_credentials,
        })
    }

    /// The file with the keys of the root user, for a cloud that can be reached from elsewhere.
    pub fn root_credentials(&self) -> Option<&Path> {
        self.root_credentials.as_deref()
    }

    /// Whose access key this is; `None` for unknown and inactive ones.
    pub async fn key(&self, access_key_id: &str) -> Result<Option<Key>, store::Error> {
        if let Some(account) = self.well_known(access_key_id) {
            return Ok(Some(Key {
                secret: WELL_KNOWN.into(),
                account,
                principal: Principal::Root,
                is_well_known: true,
            }));
        }
        let generation = match self.cache.key(access_key_id) {
            Ok(key) => return Ok(Some(key)),
            Err(generation) => generation,
        };
        let tx = store::snapshot(&self.store).await?;
        let Some(found) = grants::load_key(&tx, access_key_id).await? else { return Ok(None) };
        self.cache.keep_key(generation, access_key_id, &found);
        Ok(Some(found))
    }

    fn well_known(&self, access_key_id: &str) -> Option<Arc<str>> {
        let own = self.well_known_account.as_ref()?;
        if access_key_id == WELL_KNOWN {
            return Some(own.clone());
        }
        let is_account = access_key_id.len() == 12 && access_key_id.bytes().all(|byte| byte.is_ascii_digit());
        is_account.then(|| access_key_id.into())
    }

    /// What a user or role may; nothing for other principals, and for those who are no more.
    pub async fn grants(
        &self,
        account: &Arc<str>,
        principal: &Principal,
    ) -> Result<Arc<Grants>, store::Error> {
        let Some(whose) = grants::Whose::of(account, principal) else { return Ok(Arc::default()) };
        let generation = match self.cache.grants(&whose) {
            Ok(grants) => return Ok(grants),
            Err(generation) => generation,
        };
        let tx = store::snapshot(&self.store).await?;
        let grants = Arc::new(grants::load(&tx, &whose).await?);
        self.cache.keep_grants(generation, whose, &grants);
        Ok(grants)
    }

    /// Says that `tx` changes identities: once it is committed, decisions see the change.
    pub fn note_change(&self, tx: &mut Tx) {
        let cache = self.cache.clone();
        tx.on_commit(move |_| cache.clear());
    }

    /// Makes and reads the tokens of temporary credentials.
    pub fn sessions(&self) -> &Sealer {
        &self.sealer
    }

    /// Temporary credentials for a role by its ARN, as AssumeRole and Lambda hand them out. Whether the caller may
    /// have them is not asked here. `None`: there is no such role.
    pub async fn role_session(
        &self,
        clock: &dyn Clock,
        chance: &Chance,
        role_arn: &str,
        wanted: session::Wanted<'_>,
    ) -> Result<Option<Result<session::Issued, session::TooLarge>>, store::Error> {
        let Some((account, principal)) = self.role(role_arn, wanted.session_name).await? else {
            return Ok(None);
        };
        Ok(Some(self.sealer.issue(clock.now(), chance, &account, &principal, wanted)))
    }

    /// A role by its ARN. `None`: there is no such role.
    pub async fn find_role(&self, role_arn: &str) -> Result<Option<Arc<record::Role>>, store::Error> {
        let generation = match self.cache.role(role_arn) {
            Ok(role) => return Ok(Some(role)),
            Err(generation) => generation,
        };
        let Some((account, name)) = record::role_of_arn(role_arn) else { return Ok(None) };
        let tx = store::snapshot(&self.store).await?;
        let role = store::layer::table::get::<record::Role>(&tx, record::key(account, name)).await?;
        let Some(role) = role.filter(|role| role.arn() == role_arn).map(Arc::new) else { return Ok(None) };
        self.cache.keep_role(generation, role_arn, &role);
        Ok(Some(role))
    }

    /// A role by its ARN, as the principal of a session of this name, and its account. `None`: there is no such role.
    pub async fn role(
        &self,
        role_arn: &str,
        session_name: &str,
    ) -> Result<Option<(Arc<str>, Principal)>, store::Error> {
        let Some(role) = self.find_role(role_arn).await? else { return Ok(None) };
        let principal = Principal::AssumedRole {
            role: role.name.as_str().into(),
            path: role.path.as_str().into(),
            id: role.id.as_str().into(),
            session: session_name.into(),
        };
        Ok(Some((role.account.as_str().into(), principal)))
    }
}

impl std::fmt::Debug for Identities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identities")
            .field("well_known_account", &self.well_known_account)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
