//! The stored rows: the only file of the service that knows keys and bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::keyspace::{self, Prefix};
use store::layer::table::Record;
use store::tuple::Tuple;

/// A pipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PipeRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    /// Names its checkpoints: a pipe made again under the same name begins anew.
    pub(crate) id: String,
    pub(crate) description: Option<String>,
    /// Whether it shall run.
    pub(crate) runs: bool,
    /// `RUNNING`, `STOPPED`, `CREATING`, `UPDATING`, `STARTING` or `STOPPING`.
    pub(crate) state: String,
    pub(crate) source: String,
    /// The parameters, checked, as the API has them.
    pub(crate) source_parameters: Option<Value>,
    pub(crate) enrichment: Option<String>,
    pub(crate) enrichment_parameters: Option<Value>,
    pub(crate) target: String,
    pub(crate) target_parameters: Option<Value>,
    pub(crate) role_arn: String,
    pub(crate) kms_key: Option<String>,
    /// Another one with each change: what runs begins anew.
    pub(crate) revision: u64,
    pub(crate) created_at_millis: i64,
    pub(crate) modified_at_millis: i64,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Record for PipeRow {
    const PREFIX: Prefix = keyspace::PIPES_PIPE;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.name))
    }
}

impl PipeRow {
    /// The pipe's ARN.
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:pipes:{}:{}:pipe/{}", self.region, self.account, self.name)
    }

    /// What names it among feeds.
    pub(crate) fn feed_id(&self) -> String {
        format!("{}/{}/{}/{}", self.account, self.region, self.name, self.id)
    }

    /// `RUNNING` or `STOPPED`.
    pub(crate) fn desired(&self) -> &'static str {
        if self.runs { "RUNNING" } else { "STOPPED" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_of_rows_is_read() {
        let pipe = r#"{"account":"a","region":"r","name":"n","id":"i","description":null,"runs":true,
            "state":"RUNNING","source":"s","source_parameters":{},"enrichment":null,"enrichment_parameters":null,
            "target":"t","target_parameters":null,"role_arn":"x","kms_key":null,"revision":1,"created_at_millis":1,
            "modified_at_millis":2,"tags":{}}"#;
        let row: PipeRow = serde_json::from_str(pipe).unwrap();
        assert_eq!((row.arn().as_str(), row.feed_id().as_str()), ("arn:aws:pipes:r:a:pipe/n", "a/r/n/i"));
    }
}
