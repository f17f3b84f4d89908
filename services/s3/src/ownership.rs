//! Object ownership: the bucket's owner owns everything in it.

use cloud::prelude::*;

use crate::error::Error;
use crate::keys::BucketRow;
use crate::settings;

/// Its name among a bucket's configurations.
pub(crate) const NAME: &str = "ownershipControls";

#[derive(Clone, Debug, Shape)]
pub(crate) struct OwnershipControls {
    #[shape(flat, xml = "Rule")]
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, Shape)]
struct Rule {
    object_ownership: String,
}

impl OwnershipControls {
    /// What new buckets have.
    fn enforced() -> Self {
        Self { rules: vec![Rule { object_ownership: "BucketOwnerEnforced".to_owned() }] }
    }

    /// Refuses the settings that bring access control lists back.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.rules[..] {
            [rule] => match rule.object_ownership.as_str() {
                "BucketOwnerEnforced" => Ok(()),
                "BucketOwnerPreferred" | "ObjectWriter" => Err(Error::not_supported(
                    "object ownership other than BucketOwnerEnforced: access control lists are disabled",
                )),
                _ => Err(Error::MalformedXml),
            },
            _ => Err(Error::MalformedXml),
        }
    }
}

/// What is stored: the controls, or that there are none.
#[derive(Shape)]
struct Stored {
    controls: Option<OwnershipControls>,
}

/// The bucket's controls; none once they were deleted.
pub(crate) fn of(row: &BucketRow) -> Result<Option<OwnershipControls>, Error> {
    match settings::read::<Stored>(row, NAME)? {
        Some(stored) => Ok(stored.controls),
        None => Ok(Some(OwnershipControls::enforced())),
    }
}

/// Keeps controls, or that there are none.
pub(crate) async fn set(
    cx: &mut Cx,
    row: BucketRow,
    controls: Option<OwnershipControls>,
) -> Result<(), Error> {
    settings::write(cx, row, NAME, Stored { controls }).await
}
