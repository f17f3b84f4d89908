//! The stored rows: the only file of the service that knows keys and bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::keyspace::{self, Prefix};
use store::layer::blob::Blob;
use store::layer::table::{Index, Record};
use store::tuple::Tuple;

use crate::logging::Logging;
use crate::names::FunctionRef;

/// A function with everything that belongs to it but its published versions and aliases.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FunctionRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) latest: Config,
    /// The number that the next published version gets.
    pub(crate) next_version: u64,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) reserved_concurrency: Option<u32>,
    /// `RecursiveLoop` is `Allow`.
    #[serde(default)]
    pub(crate) may_loop: bool,
    /// Resource-based policies by qualifier; the empty one is the unqualified function.
    pub(crate) policies: BTreeMap<String, Policy>,
    /// Settings of asynchronous invocation, by qualifier.
    pub(crate) event_invoke: BTreeMap<String, EventInvoke>,
    /// Function URLs, by alias; the empty one is `$LATEST`.
    pub(crate) urls: BTreeMap<String, Url>,
}

/// What a function is at one moment: code and configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Config {
    pub(crate) runtime: String,
    pub(crate) handler: String,
    pub(crate) role: String,
    pub(crate) description: String,
    pub(crate) timeout_seconds: u32,
    pub(crate) memory_mb: u32,
    pub(crate) tmp_mb: u32,
    pub(crate) variables: Option<BTreeMap<String, String>>,
    pub(crate) layers: Vec<LayerUse>,
    pub(crate) architecture: String,
    pub(crate) tracing_active: bool,
    pub(crate) dead_letter_arn: Option<String>,
    pub(crate) log_group: Option<String>,
    /// Not in rows of the first release.
    #[serde(default)]
    pub(crate) logging: Logging,
    pub(crate) code: Code,
    /// SDK packages that the code names and does not bring.
    pub(crate) sdk_packages: Vec<String>,
    pub(crate) modified_at_millis: i64,
    pub(crate) revision_id: String,
    #[serde(default)]
    pub(crate) vpc: Option<Vpc>,
    #[serde(default)]
    pub(crate) file_systems: Vec<FileSystem>,
    /// SnapStart for published versions.
    #[serde(default)]
    pub(crate) snap_start: bool,
    /// When the runtime is updated: AWS's word, or none for `Auto`.
    #[serde(default)]
    pub(crate) update_runtime_on: Option<String>,
    /// The runtime version that `Manual` names.
    #[serde(default)]
    pub(crate) runtime_version_arn: Option<String>,
}

/// The network that a function says it is in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Vpc {
    pub(crate) subnets: Vec<String>,
    pub(crate) groups: Vec<String>,
    pub(crate) dual_stack: bool,
}

/// A file system that a function shares with others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FileSystem {
    /// Of the access point.
    pub(crate) arn: String,
    /// Where the function sees it.
    pub(crate) path: String,
}

/// A zip file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Code {
    pub(crate) blob: Blob,
    /// In base64, as AWS shows it.
    pub(crate) sha256: String,
}

/// A layer version in use. It stays usable when the layer version is deleted, so its code is owned, too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LayerUse {
    pub(crate) arn: String,
    pub(crate) code: Code,
}

/// A resource-based policy.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Policy {
    pub(crate) statements: Vec<Value>,
    pub(crate) revision_id: String,
}

/// Settings of asynchronous invocation.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct EventInvoke {
    pub(crate) retries: Option<i32>,
    pub(crate) age_seconds: Option<i32>,
    pub(crate) on_success: Option<String>,
    pub(crate) on_failure: Option<String>,
    pub(crate) modified_at_millis: i64,
}

/// A function URL.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Url {
    pub(crate) id: String,
    pub(crate) iam: bool,
    pub(crate) cors: Option<Cors>,
    /// InvokeMode RESPONSE_STREAM. Not in rows of the first release.
    #[serde(default)]
    pub(crate) streams: bool,
    pub(crate) created_at_millis: i64,
    pub(crate) modified_at_millis: i64,
}

/// Cross-origin rules of a function URL.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cors {
    pub(crate) credentials: bool,
    pub(crate) headers: Vec<String>,
    pub(crate) methods: Vec<String>,
    pub(crate) origins: Vec<String>,
    pub(crate) expose: Vec<String>,
    pub(crate) max_age_seconds: Option<i32>,
}

/// A published version.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct VersionRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) number: u64,
    pub(crate) config: Config,
    /// The revision of `$LATEST` that was published.
    pub(crate) published_revision: String,
}

/// An alias.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AliasRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) alias: String,
    pub(crate) version: String,
    pub(crate) description: String,
    /// A second version and its share of the invocations.
    pub(crate) routing: Option<(String, f64)>,
    pub(crate) revision_id: String,
}

/// Where a function URL leads.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct UrlRow {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    /// An alias, or empty.
    pub(crate) qualifier: String,
}

/// A layer version.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LayerVersionRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) number: i64,
    pub(crate) description: String,
    pub(crate) code: Code,
    pub(crate) runtimes: Vec<String>,
    pub(crate) architectures: Vec<String>,
    pub(crate) license: Option<String>,
    pub(crate) created_at_millis: i64,
    pub(crate) policy: Policy,
}

/// A layer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LayerRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    /// Numbers are not used again after a deletion.
    pub(crate) next_version: i64,
}

/// An asynchronous invocation that has failed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct EventRow {
    pub(crate) request_id: String,
    pub(crate) failures: i32,
    pub(crate) first_at_millis: i64,
}

/// Provisioned concurrency of a version or an alias.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ProvisionedRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    /// A version number or an alias.
    pub(crate) qualifier: String,
    pub(crate) requested: u32,
    pub(crate) modified_at_millis: i64,
    /// A new one with each change.
    pub(crate) revision_id: String,
}

/// An event source mapping: a function that is fed from a queue or a stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct MappingRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) id: String,
    /// The function's name.
    pub(crate) name: String,
    pub(crate) qualifier: Option<String>,
    /// The ARN of the queue or stream.
    pub(crate) source: String,
    pub(crate) enabled: bool,
    pub(crate) state: MappingState,
    /// A new one with each change by a user.
    pub(crate) revision: String,
    pub(crate) batch_size: i32,
    pub(crate) window_seconds: i32,
    pub(crate) filters: Option<Vec<String>>,
    /// ReportBatchItemFailures.
    pub(crate) reports_failures: bool,
    pub(crate) concurrency_max: Option<i32>,
    /// `TRIM_HORIZON`, `LATEST` or `AT_TIMESTAMP`; none for queues.
    pub(crate) start: Option<String>,
    pub(crate) start_at_millis: Option<i64>,
    pub(crate) lanes: i32,
    pub(crate) bisect: bool,
    /// -1: as long as they are in the stream.
    pub(crate) age_seconds: i32,
    /// -1: without end.
    pub(crate) retries: i32,
    pub(crate) tumbling_seconds: i32,
    pub(crate) on_failure: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) modified_at_millis: i64,
}

/// AWS's words for what a mapping is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum MappingState {
    Creating,
    Enabling,
    Enabled,
    Disabling,
    Disabled,
    Updating,
    Deleting,
}

impl Record for MappingRow {
    const PREFIX: Prefix = keyspace::LAMBDA_MAPPING;
    const VERSION: u8 = 1;
    const INDEXES: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.id))
    }

    fn indexes(&self) -> Vec<Index> {
        vec![Index::new(1, (&self.account, &self.region, &self.source, &self.name))]
    }
}

/// The key of a function, and the first part of the keys of its versions and aliases.
pub(crate) fn of(function: &FunctionRef) -> Tuple {
    Tuple::of((&function.account, &function.region, &function.name))
}

macro_rules! record {
    ($row:ty, $prefix:ident, $self:ident => $key:expr) => {
        impl Record for $row {
            const PREFIX: Prefix = keyspace::$prefix;
            const VERSION: u8 = 1;

            fn key(&$self) -> Tuple {
                Tuple::of($key)
            }
        }
    };
}

record!(FunctionRow, LAMBDA_FUNCTION, self => (&self.account, &self.region, &self.name));
record!(VersionRow, LAMBDA_VERSION, self => (&self.account, &self.region, &self.name, self.number));
record!(AliasRow, LAMBDA_ALIAS, self => (&self.account, &self.region, &self.name, &self.alias));
record!(UrlRow, LAMBDA_URL, self => &self.id);
record!(LayerVersionRow, LAMBDA_LAYER_VERSION, self => (&self.account, &self.region, &self.name, self.number));
record!(LayerRow, LAMBDA_LAYER, self => (&self.account, &self.region, &self.name));
record!(ProvisionedRow, LAMBDA_PROVISIONED, self => (&self.account, &self.region, &self.name, &self.qualifier));
record!(EventRow, LAMBDA_EVENT, self => &self.request_id);

impl FunctionRow {
    /// The function's name for ARNs and errors.
    pub(crate) fn reference(&self) -> FunctionRef {
        FunctionRef {
            account: self.account.clone(),
            region: self.region.clone(),
            name: self.name.clone(),
            qualifier: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_one_of_a_mapping_still_reads() {
        let json = r#"{"account":"000000000000","region":"us-east-1","id":"i","name":"f","qualifier":null,"source":"arn:s",
            "enabled":true,"state":"Updating","revision":"r","batch_size":10,"window_seconds":0,"filters":["{}"],
            "reports_failures":true,"concurrency_max":5,"start":"LATEST","start_at_millis":null,"lanes":1,"bisect":false,
            "age_seconds":-1,"retries":-1,"tumbling_seconds":0,"on_failure":null,"tags":{},"modified_at_millis":1}"#;
        let row: MappingRow = serde_json::from_str(json).unwrap();
        assert_eq!((row.state, MappingRow::VERSION), (MappingState::Updating, 1));
    }

    #[test]
    fn version_one_of_a_function_still_reads() {
        // As written by the first release: never change this text, add a new one.
        let json = r#"{"account":"000000000000","region":"us-east-1","name":"f","latest":{"runtime":"nodejs20.x",
            "handler":"i.h","role":"arn:aws:iam::000000000000:role/r","description":"","timeout_seconds":3,"memory_mb":128,
            "tmp_mb":512,"variables":null,"layers":[],"architecture":"x86_64","tracing_active":false,"dead_letter_arn":null,
            "log_group":null,"code":{"blob":{"id":"00","size":1},"sha256":"x"},"sdk_packages":[],"modified_at_millis":1,
            "revision_id":"r"},"next_version":1,"tags":{},"reserved_concurrency":null,"policies":{},"event_invoke":{},"urls":{}}"#;
        let row: FunctionRow = serde_json::from_str(json).unwrap();
        assert_eq!((row.latest.memory_mb, FunctionRow::VERSION), (128, 1));
        let json = r#"{"id":"abc","iam":false,"cors":null,"created_at_millis":1,"modified_at_millis":1}"#;
        let url: Url = serde_json::from_str(json).unwrap();
        assert!(!url.streams);
    }
}
