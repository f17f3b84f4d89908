//! The keys of the root user, for a cloud that can be reached from elsewhere.

use std::fs::{OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use store::layer::table::{self, Paging};
use store::{Error, Store};

use super::ids;
use super::record::{AccessKey, BY_USER};
use crate::clock::{Chance, Clock};
use crate::instance::Config;

/// The file in the data folder, in the format of AWS's shared credentials file.
const FILE: &str = "root-credentials";
/// Only the owner may read it.
const FILE_MODE: u32 = 0o600;

/// Makes the root user's key unless there is one, and writes it to its file. Answers the file's path.
pub(super) async fn ensure(
    config: &Config,
    store: &Arc<dyn Store>,
    clock: &dyn Clock,
    chance: &Chance,
) -> Result<PathBuf, Error> {
    let fresh = AccessKey {
        id: ids::access_key(chance, "AKIA", &config.account),
        secret: ids::secret(chance),
        account: config.account.clone(),
        user: None,
        active: true,
        created_at_millis: clock.now().millis(),
    };
    let key = store::transact(store, |tx| {
        let fresh = fresh.clone();
        Box::pin(async move {
            let owner = (&fresh.account, None::<String>);
            let keys = table::list_by::<AccessKey>(tx, BY_USER, owner, &Paging::first(1)).await?;
            if let Some(key) = keys.items.into_iter().next() {
                return Ok(key);
            }
            table::put(tx, &fresh).await?;
            Ok(fresh)
        })
    })
    .await?;
    let file = config.data.as_ref().unwrap_or(&config.scratch).join(FILE);
    write(&file, &key)
        .map_err(|error| Error::Unavailable(format!("the root user's keys cannot be written: {error}")))?;
    Ok(file)
}

fn write(file: &Path, key: &AccessKey) -> std::io::Result<()> {
    let text = format!("[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n", key.id, key.secret);
    let mut open = OpenOptions::new().write(true).create(true).truncate(true).mode(FILE_MODE).open(file)?;
    // The mode above is for a new file; an old one may have been opened up.
    open.set_permissions(Permissions::from_mode(FILE_MODE))?;
    open.write_all(text.as_bytes())?;
    open.sync_all()
}
