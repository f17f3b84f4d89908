//! What is sent when something happens to an object: the record of notifications, and the event of EventBridge. Pure.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::bucket::canonical_id;
use crate::keys::{BucketRow, ObjectRow};

/// What stays as it is in the key of a record; a blank becomes a plus sign.
const KEPT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/').remove(b' ');

/// Something that happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Put,
    Copy,
    Complete,
    Delete,
    Expire,
    Tag,
    Untag,
}

impl Kind {
    /// The event's name in records, such as `ObjectCreated:Put`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Put => "ObjectCreated:Put",
            Self::Copy => "ObjectCreated:Copy",
            Self::Complete => "ObjectCreated:CompleteMultipartUpload",
            Self::Delete => "ObjectRemoved:Delete",
            Self::Expire => "LifecycleExpiration:Delete",
            Self::Tag => "ObjectTagging:Put",
            Self::Untag => "ObjectTagging:Delete",
        }
    }

    /// What EventBridge calls it.
    pub(crate) fn detail_type(self) -> &'static str {
        match self {
            Self::Put | Self::Copy | Self::Complete => "Object Created",
            Self::Delete | Self::Expire => "Object Deleted",
            Self::Tag => "Object Tags Added",
            Self::Untag => "Object Tags Deleted",
        }
    }

    /// Why, for EventBridge.
    fn reason(self) -> Option<&'static str> {
        match self {
            Self::Put => Some("PutObject"),
            Self::Copy => Some("CopyObject"),
            Self::Complete => Some("CompleteMultipartUpload"),
            Self::Delete => Some("DeleteObject"),
            Self::Expire => Some("Lifecycle Expiration"),
            Self::Tag | Self::Untag => None,
        }
    }

    fn is_creation(self) -> bool {
        matches!(self, Self::Put | Self::Copy | Self::Complete)
    }

    fn is_removal(self) -> bool {
        matches!(self, Self::Delete | Self::Expire)
    }

    /// Tags and lifecycles came with a later version of the record.
    fn version(self) -> &'static str {
        match self {
            Self::Expire | Self::Tag | Self::Untag => "2.3",
            _ => "2.1",
        }
    }
}

/// Who did it, from where, and when.
#[derive(Clone, Debug)]
pub(crate) struct Circumstances {
    pub(crate) principal: String,
    pub(crate) account: String,
    pub(crate) address: String,
    pub(crate) request_id: String,
    pub(crate) time: String,
    /// Later events of one key have larger ones.
    pub(crate) sequencer: String,
}

/// The key of an object as records have it.
fn encoded(key: &str) -> String {
    utf8_percent_encode(key, KEPT).to_string().replace(' ', "+")
}

/// The body of a notification.
pub(crate) fn record(
    kind: Kind,
    bucket: &BucketRow,
    object: &ObjectRow,
    around: &Circumstances,
    configuration: &str,
) -> String {
    let mut shown = json!({"key": encoded(&object.key)});
    if kind.is_creation() {
        shown["size"] = json!(object.size);
    }
    if !kind.is_removal() {
        shown["eTag"] = json!(object.etag);
    }
    if !matches!(kind, Kind::Tag | Kind::Untag) {
        shown["sequencer"] = json!(around.sequencer);
    }
    let record = json!({
        "eventVersion": kind.version(),
        "eventSource": "aws:s3",
        "awsRegion": bucket.region,
        "eventTime": around.time,
        "eventName": kind.name(),
        "userIdentity": {"principalId": format!("AWS:{}", around.principal)},
        "requestParameters": {"sourceIPAddress": around.address},
        "responseElements": {"x-amz-request-id": around.request_id, "x-amz-id-2": around.request_id},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration,
            "bucket": {
                "name": bucket.name,
                "ownerIdentity": {"principalId": canonical_id(&bucket.owner)},
                "arn": format!("arn:aws:s3:::{}", bucket.name),
            },
            "object": shown,
        },
    });
    json!({"Records": [record]}).to_string()
}

/// The detail of an event for EventBridge (recorded: test_object_created_put_in_different_region).
pub(crate) fn detail(kind: Kind, bucket: &BucketRow, object: &ObjectRow, around: &Circumstances) -> Value {
    let mut shown = json!({"key": object.key});
    if kind.is_creation() {
        shown["size"] = json!(object.size);
    }
    if !kind.is_removal() {
        shown["etag"] = json!(object.etag);
    }
    if kind.reason().is_some() {
        shown["sequencer"] = json!(around.sequencer);
    }
    let mut detail = json!({
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": shown,
        "request-id": around.request_id,
        "requester": around.account,
        "source-ip-address": around.address,
    });
    if let Some(reason) = kind.reason() {
        detail["reason"] = json!(reason);
    }
    if kind.is_removal() {
        detail["deletion-type"] = json!("Permanently Deleted");
    }
    detail
}

/// What queues and topics get once, when they become destinations.
pub(crate) fn test(bucket: &str, request_id: &str, time: &str) -> String {
    json!({
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": time,
        "Bucket": bucket,
        "RequestId": request_id,
        "HostId": request_id,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>: "red flower.jpg".
    #[test]
    fn keys_are_encoded_as_in_forms() {
        assert_eq!(encoded("red flower.jpg"), "red+flower.jpg");
        assert_eq!(encoded("a/b+c/é*~"), "a/b%2Bc/%C3%A9*%7E");
    }
}
