//! What the tagging operations share: the tag's shape and the parameter they tag.

use cloud::prelude::*;

use crate::error::Error;
use crate::keys::{self, ParameterRow};
use crate::parameter::{Reference, arn};

/// A tag on the wire.
#[derive(Clone, Debug, Shape)]
pub(crate) struct Tag {
    #[shape(len = 1..=128, pattern = "^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$")]
    pub(crate) key: String,
    #[shape(len = 0..=256, pattern = "^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$")]
    pub(crate) value: String,
}

/// The kinds of resource that Systems Manager tags; of these only parameters are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
pub(crate) enum ResourceType {
    Document,
    ManagedInstance,
    MaintenanceWindow,
    Parameter,
    PatchBaseline,
    OpsItem,
    OpsMetadata,
    Automation,
    Association,
}

/// What access to a tagging operation is decided on.
pub(crate) fn resource(cx: &Cx, id: &str) -> Resource {
    arn(cx.region(), cx.account(), &Reference::parse(id).shown).into()
}

/// The parameter that a tagging operation names.
pub(crate) async fn tagged(cx: &mut Cx, kind: ResourceType, id: &str) -> Result<ParameterRow, Error> {
    if kind != ResourceType::Parameter {
        return Err(Error::InvalidResourceType(kind.as_str().to_owned()));
    }
    keys::get(cx, &Reference::parse(id).stored).await?.ok_or(Error::InvalidResourceId)
}
