//! Default encryption: AES256, or nothing else until KMS is there.

use cloud::prelude::*;

use crate::error::Error;
use crate::keys::BucketRow;
use crate::settings;

/// Its name among a bucket's configurations.
pub(crate) const NAME: &str = "encryption";

#[derive(Clone, Debug, Shape)]
#[shape(name = "ServerSideEncryptionConfiguration")]
pub(crate) struct Encryption {
    #[shape(flat, xml = "Rule")]
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, Shape)]
struct Rule {
    apply_server_side_encryption_by_default: Option<ByDefault>,
    bucket_key_enabled: Option<bool>,
    blocked_encryption_types: Option<Blocked>,
}

#[derive(Clone, Debug, Shape)]
struct ByDefault {
    #[shape(name = "SSEAlgorithm")]
    algorithm: String,
    #[shape(name = "KMSMasterKeyID")]
    kms_key: Option<String>,
}

#[derive(Clone, Debug, Shape)]
struct Blocked {
    #[shape(flat)]
    encryption_type: Vec<String>,
}

impl Encryption {
    /// What every bucket has from the start (S3 User Guide, "Setting default server-side encryption behavior").
    fn from_the_start() -> Self {
        let by_default = ByDefault { algorithm: "AES256".to_owned(), kms_key: None };
        Self {
            rules: vec![Rule {
                apply_server_side_encryption_by_default: Some(by_default),
                bucket_key_enabled: Some(false),
                blocked_encryption_types: None,
            }],
        }
    }

    /// Refuses what this cloud cannot do.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let [rule] = &self.rules[..] else {
            return Err(Error::MalformedXml);
        };
        if rule.blocked_encryption_types.is_some() {
            return Err(Error::not_supported("blocked encryption types"));
        }
        match &rule.apply_server_side_encryption_by_default {
            Some(ByDefault { algorithm, kms_key: None }) if algorithm == "AES256" => Ok(()),
            Some(ByDefault { algorithm, .. }) if algorithm == "AES256" => Err(Error::InvalidArgument {
                message: "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or \
                          aws:kms:dsse"
                    .to_owned(),
                name: "ApplyServerSideEncryptionByDefault",
                value: String::new(),
            }),
            Some(ByDefault { algorithm, .. }) if algorithm.starts_with("aws:kms") => {
                Err(Error::not_supported("encryption with KMS keys: objects are kept with AES256"))
            }
            _ => Err(Error::MalformedXml),
        }
    }

    /// As S3 keeps it: whether a bucket key is used is always said.
    pub(crate) fn complete(mut self) -> Self {
        for rule in &mut self.rules {
            rule.bucket_key_enabled.get_or_insert(false);
        }
        self
    }
}

/// The bucket's default encryption.
pub(crate) fn of(row: &BucketRow) -> Result<Encryption, Error> {
    Ok(settings::read(row, NAME)?.unwrap_or_else(Encryption::from_the_start))
}
