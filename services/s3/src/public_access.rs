//! Block public access: a bucket is closed to the public until its owner opens it.

use cloud::prelude::*;

use crate::error::Error;
use crate::keys::BucketRow;
use crate::settings;

/// Its name among a bucket's configurations.
pub(crate) const NAME: &str = "publicAccessBlock";

#[derive(Clone, Copy, Debug, Default, Shape)]
pub(crate) struct PublicAccessBlockConfiguration {
    pub(crate) block_public_acls: Option<bool>,
    pub(crate) ignore_public_acls: Option<bool>,
    pub(crate) block_public_policy: Option<bool>,
    pub(crate) restrict_public_buckets: Option<bool>,
}

/// What is stored: the configuration, or that there is none.
#[derive(Shape)]
struct Stored {
    configuration: Option<PublicAccessBlockConfiguration>,
}

impl PublicAccessBlockConfiguration {
    /// New buckets block everything (S3 User Guide, "Blocking public access", since April 2023).
    const ALL: Self = Self {
        block_public_acls: Some(true),
        ignore_public_acls: Some(true),
        block_public_policy: Some(true),
        restrict_public_buckets: Some(true),
    };

    /// As S3 keeps it: what is not said is not blocked.
    pub(crate) fn complete(self) -> Self {
        let said = |flag: Option<bool>| Some(flag.unwrap_or(false));
        Self {
            block_public_acls: said(self.block_public_acls),
            ignore_public_acls: said(self.ignore_public_acls),
            block_public_policy: said(self.block_public_policy),
            restrict_public_buckets: said(self.restrict_public_buckets),
        }
    }
}

/// The bucket's configuration; none once it was deleted.
pub(crate) fn of(row: &BucketRow) -> Result<Option<PublicAccessBlockConfiguration>, Error> {
    match settings::read::<Stored>(row, NAME)? {
        Some(stored) => Ok(stored.configuration),
        None => Ok(Some(PublicAccessBlockConfiguration::ALL)),
    }
}

/// Keeps a configuration, or that there is none.
pub(crate) async fn set(
    cx: &mut Cx,
    row: BucketRow,
    configuration: Option<PublicAccessBlockConfiguration>,
) -> Result<(), Error> {
    settings::write(cx, row, NAME, Stored { configuration }).await
}
