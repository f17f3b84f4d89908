//! S3: the Simple Storage Service.
//!
//! `bucket.rs`, `conditions.rs`, `listing.rs` and `checksum.rs` hold the rules; `upload.rs` and `download.rs` move
//! bytes without holding them; `keys.rs` has the stored rows. Objects over a few kilobytes are files beside the
//! store. Start with `ops/put_object.rs`.
//!
//! Differs from AWS: versioning is refused; a bucket answers in every region.

use cloud::operation::entry;
use cloud::service::{Service, Words};
use wire::table::Protocol;

mod bucket;
mod checksum;
mod conditions;
mod download;
mod error;
mod headers;
mod keys;
mod limits;
mod listing;
mod ops;
mod upload;

/// The service's table of contents.
pub static S3: Service = Service {
    name: "s3",
    title: "Simple Storage Service",
    signing_name: "s3",
    protocols: &[Protocol::RestXml {
        namespace: Some("http://s3.amazonaws.com/doc/2006-03-01/"),
        wrapped_errors: false,
    }],
    operations: &[
        entry::<ops::CreateBucket>(),
        entry::<ops::DeleteBucket>(),
        entry::<ops::DeleteObject>(),
        entry::<ops::GetBucketLocation>(),
        entry::<ops::GetObject>(),
        entry::<ops::HeadBucket>(),
        entry::<ops::HeadObject>(),
        entry::<ops::ListBuckets>(),
        entry::<ops::ListObjects>(),
        entry::<ops::ListObjectsV2>(),
        entry::<ops::PutObject>(),
    ],
    resources: &[],
    jobs: &[],
    plane: None,
    words: Words { validation_code: "InvalidRequest", denied_code: "AccessDenied" },
};
