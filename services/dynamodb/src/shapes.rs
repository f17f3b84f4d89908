//! The members that requests and descriptions of tables share.

use cloud::prelude::*;

use crate::table::KeyKind;
pub(crate) use crate::table::ViewType;

/// A key attribute and its type.
#[derive(Clone, Debug, Shape)]
pub(crate) struct AttributeDefinition {
    #[shape(len = 1..=255)]
    pub(crate) attribute_name: String,
    pub(crate) attribute_type: KeyKind,
}

/// The part that an attribute plays in a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
pub(crate) enum KeyType {
    #[shape(name = "HASH")]
    Hash,
    #[shape(name = "RANGE")]
    Range,
}

/// An attribute of a key.
#[derive(Clone, Debug, Shape)]
pub(crate) struct KeySchemaElement {
    #[shape(len = 1..=255)]
    pub(crate) attribute_name: String,
    pub(crate) key_type: KeyType,
}

/// How much of an item an index holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ProjectionType {
    All,
    Include,
    KeysOnly,
}

/// What an index holds.
#[derive(Clone, Debug, Shape)]
pub(crate) struct Projection {
    pub(crate) projection_type: Option<ProjectionType>,
    #[shape(len = 1..=20)]
    pub(crate) non_key_attributes: Option<Vec<String>>,
}

/// Units of throughput.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
pub(crate) struct ProvisionedThroughput {
    #[shape(range = 1..)]
    pub(crate) read_capacity_units: i64,
    #[shape(range = 1..)]
    pub(crate) write_capacity_units: i64,
}

/// Highest units of on-demand tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
pub(crate) struct OnDemandThroughput {
    pub(crate) max_read_request_units: Option<i64>,
    pub(crate) max_write_request_units: Option<i64>,
}

/// Units that a table must be ready for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
pub(crate) struct WarmThroughput {
    pub(crate) read_units_per_second: Option<i64>,
    pub(crate) write_units_per_second: Option<i64>,
}

/// Who pays by what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum BillingMode {
    Provisioned,
    PayPerRequest,
}

impl BillingMode {
    /// That of a table which is on demand or not.
    pub(crate) fn of(is_on_demand: bool) -> Self {
        if is_on_demand { Self::PayPerRequest } else { Self::Provisioned }
    }
}

/// How often a table is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum TableClass {
    Standard,
    StandardInfrequentAccess,
}

/// A local index of a new table.
#[derive(Clone, Debug, Shape)]
pub(crate) struct LocalSecondaryIndex {
    #[shape(len = 3..=255, pattern = "[a-zA-Z0-9_.-]+")]
    pub(crate) index_name: String,
    #[shape(len = 1..=2)]
    pub(crate) key_schema: Vec<KeySchemaElement>,
    pub(crate) projection: Projection,
}

/// A global index to be made.
#[derive(Clone, Debug, Shape)]
pub(crate) struct GlobalSecondaryIndex {
    #[shape(len = 3..=255, pattern = "[a-zA-Z0-9_.-]+")]
    pub(crate) index_name: String,
    #[shape(len = 1..=2)]
    pub(crate) key_schema: Vec<KeySchemaElement>,
    pub(crate) projection: Projection,
    pub(crate) provisioned_throughput: Option<ProvisionedThroughput>,
    pub(crate) on_demand_throughput: Option<OnDemandThroughput>,
    pub(crate) warm_throughput: Option<WarmThroughput>,
}

/// A stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
pub(crate) struct StreamSpecification {
    pub(crate) stream_enabled: bool,
    pub(crate) stream_view_type: Option<ViewType>,
}

/// Kinds of encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
pub(crate) enum SseType {
    #[shape(name = "AES256")]
    Aes256,
    #[shape(name = "KMS")]
    Kms,
}

/// Encryption at rest.
#[derive(Clone, Debug, Shape)]
pub(crate) struct SseSpecification {
    pub(crate) enabled: Option<bool>,
    #[shape(name = "SSEType")]
    pub(crate) sse_type: Option<SseType>,
    #[shape(name = "KMSMasterKeyId")]
    pub(crate) kms_master_key_id: Option<String>,
}

/// A tag.
#[derive(Clone, Debug, Shape)]
pub(crate) struct Tag {
    #[shape(len = 1..=128)]
    pub(crate) key: String,
    #[shape(len = 0..=256)]
    pub(crate) value: String,
}
