//! The stored rows: the only file of the service that knows keys and bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use store::Tx;
use store::keyspace::{self, Prefix};
use store::layer::blob::{self, Blob};
use store::layer::table::{self, Record};
use store::tuple::Tuple;

/// A bucket. Names are unique in the whole cloud.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BucketRow {
    pub(crate) name: String,
    /// The account that owns it.
    pub(crate) owner: String,
    pub(crate) region: String,
    pub(crate) created_at_millis: i64,
    /// The bucket policy, as its author wrote it.
    #[serde(default)]
    pub(crate) policy: Option<String>,
    /// Configurations by subresource (`cors`, `lifecycle`, `tagging`, ..), each in the shape of its operation.
    #[serde(default)]
    pub(crate) settings: BTreeMap<String, serde_json::Value>,
}

/// An object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ObjectRow {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) size: u64,
    /// Without quotes: the MD5 in hex, or that of a multipart upload with its number of parts.
    pub(crate) etag: String,
    pub(crate) modified_at_millis: i64,
    pub(crate) content: Content,
    pub(crate) headers: Headers,
    /// Base64 digests by algorithm name (`CRC64NVME`).
    pub(crate) checksums: BTreeMap<String, String>,
    /// `FULL_OBJECT` or `COMPOSITE`.
    pub(crate) checksum_type: String,
    /// Sizes of the parts of a multipart upload, in order.
    #[serde(default)]
    pub(crate) parts: Vec<u64>,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
}

/// What a client says about an object and gets back with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Headers {
    pub(crate) content_type: Option<String>,
    pub(crate) cache_control: Option<String>,
    pub(crate) content_disposition: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) content_language: Option<String>,
    pub(crate) expires: Option<String>,
    pub(crate) website_redirect: Option<String>,
    pub(crate) storage_class: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
}

/// Where an object's bytes are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Content {
    /// In the row, in base64.
    Inline(String),
    /// In one or more files, one after the other.
    Blobs(Vec<Blob>),
}

impl Record for BucketRow {
    const PREFIX: Prefix = keyspace::S3_BUCKET;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.name,))
    }
}

impl Record for ObjectRow {
    const PREFIX: Prefix = keyspace::S3_OBJECT;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.bucket, &self.key))
    }
}

/// Writes an object in place of `old`; the old one's files go when nobody has them.
pub(crate) async fn put_object(
    tx: &mut Tx,
    row: &ObjectRow,
    old: Option<&ObjectRow>,
    now_millis: i64,
) -> Result<(), store::Error> {
    if let Content::Blobs(blobs) = &row.content {
        for part in blobs {
            blob::own(tx, part)?;
        }
    }
    if let Some(old) = old {
        release(tx, old, now_millis).await?;
    }
    table::put(tx, row).await
}

/// Removes an object.
pub(crate) async fn delete_object(tx: &mut Tx, row: &ObjectRow, now_millis: i64) -> Result<(), store::Error> {
    release(tx, row, now_millis).await?;
    table::delete::<ObjectRow>(tx, (&row.bucket, &row.key)).await?;
    Ok(())
}

async fn release(tx: &mut Tx, row: &ObjectRow, now_millis: i64) -> Result<(), store::Error> {
    if let Content::Blobs(blobs) = &row.content {
        for part in blobs {
            blob::disown(tx, part, now_millis).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Version 1 of the rows stays readable.
    #[test]
    fn rows_of_version_1() {
        let json = r#"{"name":"b","owner":"000000000000","region":"us-east-1","created_at_millis":1}"#;
        let bucket: BucketRow = table::decode(&[&[1], json.as_bytes()].concat()).unwrap();
        assert_eq!((bucket.name.as_str(), bucket.policy), ("b", None));
        let json = r#"{"bucket":"b","key":"k","size":2,"etag":"e","modified_at_millis":1,"content":{"Inline":"aGk="},
            "headers":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,
            "content_language":null,"expires":null,"website_redirect":null,"storage_class":null,"metadata":{}},
            "checksums":{"CRC32":"x"},"checksum_type":"FULL_OBJECT"}"#;
        let object: ObjectRow = table::decode(&[&[1], json.as_bytes()].concat()).unwrap();
        assert_eq!(object.content, Content::Inline("aGk=".into()));
    }
}
