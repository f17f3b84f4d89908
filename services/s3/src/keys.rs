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
    /// It was uploaded in parts: each of its files is one.
    #[serde(default)]
    pub(crate) multipart: bool,
    /// The digests of the parts of a composite checksum, as far as they fit in a row, parted by blanks.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) part_checksums: String,
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
    Blobs(#[serde(with = "packed")] Vec<Blob>),
}

impl ObjectRow {
    /// Sizes of the parts that it was uploaded in.
    pub(crate) fn parts(&self) -> Vec<u64> {
        match &self.content {
            Content::Blobs(blobs) if self.multipart => blobs.iter().map(|blob| blob.size).collect(),
            _ => Vec::new(),
        }
    }
}

/// An upload in parts that is not finished.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct UploadRow {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) id: String,
    /// When its bucket was created: a bucket made again under the same name has none of the old uploads.
    pub(crate) bucket_created_at_millis: i64,
    pub(crate) begun_at_millis: i64,
    pub(crate) initiator: String,
    pub(crate) headers: Headers,
    pub(crate) tags: BTreeMap<String, String>,
    /// The algorithm that the client asked for.
    pub(crate) algorithm: Option<String>,
    /// `FULL_OBJECT` or `COMPOSITE`.
    pub(crate) checksum_type: String,
}

/// A part of an unfinished upload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PartRow {
    pub(crate) upload: String,
    pub(crate) number: u32,
    /// The MD5 in hex.
    pub(crate) etag: String,
    pub(crate) modified_at_millis: i64,
    pub(crate) blob: Blob,
    /// Base64 digests by algorithm name.
    pub(crate) checksums: BTreeMap<String, String>,
}

/// Ten thousand parts must fit in a row: `id size;id size` is half of what JSON makes of them.
mod packed {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};
    use store::layer::blob::{Blob, BlobId};

    pub(super) fn serialize<S: Serializer>(blobs: &[Blob], out: S) -> Result<S::Ok, S::Error> {
        let texts: Vec<_> = blobs.iter().map(|blob| format!("{} {}", blob.id.as_str(), blob.size)).collect();
        out.serialize_str(&texts.join(";"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<Blob>, D::Error> {
        let text = String::deserialize(input)?;
        let read = |one: &str| {
            let (id, size) = one.split_once(' ')?;
            Some(Blob { id: BlobId::stored(id), size: size.parse().ok()? })
        };
        let parts = text.split(';').filter(|one| !one.is_empty());
        parts.map(|one| read(one).ok_or_else(|| D::Error::custom("a file of an object"))).collect()
    }
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

impl Record for UploadRow {
    const PREFIX: Prefix = keyspace::S3_UPLOAD;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.bucket, &self.key, &self.id))
    }
}

impl Record for PartRow {
    const PREFIX: Prefix = keyspace::S3_PART;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.upload, u64::from(self.number)))
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
    take_over(tx, row, old, now_millis).await
}

/// As [`put_object`], for an object whose files are owned already.
pub(crate) async fn take_over(
    tx: &mut Tx,
    row: &ObjectRow,
    old: Option<&ObjectRow>,
    now_millis: i64,
) -> Result<(), store::Error> {
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
        let content: Content = serde_json::from_str(r#"{"Blobs":"00ff 5;01ff 6"}"#).unwrap();
        let Content::Blobs(blobs) = &content else { panic!("{content:?}") };
        assert_eq!(blobs.iter().map(|blob| blob.size).collect::<Vec<_>>(), [5, 6]);
        assert_eq!(serde_json::to_string(&content).unwrap(), r#"{"Blobs":"00ff 5;01ff 6"}"#);
        let json = r#"{"bucket":"b","key":"k","id":"u","bucket_created_at_millis":1,"begun_at_millis":2,
            "initiator":"i","headers":{"content_type":null,"cache_control":null,"content_disposition":null,
            "content_encoding":null,"content_language":null,"expires":null,"website_redirect":null,
            "storage_class":null,"metadata":{}},"tags":{},"algorithm":null,"checksum_type":"FULL_OBJECT"}"#;
        let upload: UploadRow = table::decode(&[&[1], json.as_bytes()].concat()).unwrap();
        assert_eq!(upload.id, "u");
        let json = r#"{"upload":"u","number":1,"etag":"e","modified_at_millis":3,
            "blob":{"id":"00ff","size":5},"checksums":{}}"#;
        let part: PartRow = table::decode(&[&[1], json.as_bytes()].concat()).unwrap();
        assert_eq!(part.blob.size, 5);
    }
}
