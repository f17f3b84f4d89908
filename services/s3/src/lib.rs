//! S3: the Simple Storage Service.
//!
//! `bucket.rs`, `conditions.rs`, `listing.rs` and `checksum.rs` hold the rules; `upload.rs` and `download.rs` move
//! bytes without holding them; `keys.rs` has the stored rows. Objects over a few kilobytes are files beside the
//! store. Start with `ops/put_object.rs`.
//!
//! Differs from AWS: versions, object lock, access control lists, KMS and customer keys, archives,
//! access logs, replication, inventories, metrics and uploads by form are refused; a bucket answers in every region.

use cloud::operation::entry;
use cloud::service::{Service, Words};
use wire::table::Protocol;

mod acl;
mod announce;
mod bucket;
mod checksum;
mod conditions;
mod copying;
mod cors;
mod download;
mod encryption;
mod error;
mod event;
mod headers;
mod jobs;
mod keys;
mod lifecycle;
mod limits;
mod listing;
mod multipart;
mod notification;
mod ops;
mod ownership;
mod plane;
mod policy;
mod public_access;
mod settings;
mod stack;
mod tagging;
#[cfg(test)]
mod tests;
mod upload;
mod website;

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
        entry::<ops::AbortMultipartUpload>(),
        entry::<ops::CompleteMultipartUpload>(),
        entry::<ops::CopyObject>(),
        entry::<ops::CreateBucket>(),
        entry::<ops::CreateMultipartUpload>(),
        entry::<ops::DeleteBucket>(),
        entry::<ops::DeleteBucketCors>(),
        entry::<ops::DeleteBucketEncryption>(),
        entry::<ops::DeleteBucketLifecycle>(),
        entry::<ops::DeleteBucketOwnershipControls>(),
        entry::<ops::DeleteBucketPolicy>(),
        entry::<ops::DeleteBucketReplication>(),
        entry::<ops::DeleteBucketTagging>(),
        entry::<ops::DeleteBucketWebsite>(),
        entry::<ops::DeleteObject>(),
        entry::<ops::DeleteObjectTagging>(),
        entry::<ops::DeleteObjects>(),
        entry::<ops::DeletePublicAccessBlock>(),
        entry::<ops::GetBucketAccelerateConfiguration>(),
        entry::<ops::GetBucketAcl>(),
        entry::<ops::GetBucketCors>(),
        entry::<ops::GetBucketEncryption>(),
        entry::<ops::GetBucketLifecycleConfiguration>(),
        entry::<ops::GetBucketLocation>(),
        entry::<ops::GetBucketLogging>(),
        entry::<ops::GetBucketNotificationConfiguration>(),
        entry::<ops::GetBucketOwnershipControls>(),
        entry::<ops::GetBucketPolicy>(),
        entry::<ops::GetBucketPolicyStatus>(),
        entry::<ops::GetBucketReplication>(),
        entry::<ops::GetBucketRequestPayment>(),
        entry::<ops::GetBucketTagging>(),
        entry::<ops::GetBucketVersioning>(),
        entry::<ops::GetBucketWebsite>(),
        entry::<ops::GetObject>(),
        entry::<ops::GetObjectAcl>(),
        entry::<ops::GetObjectAttributes>(),
        entry::<ops::GetObjectLockConfiguration>(),
        entry::<ops::GetObjectTagging>(),
        entry::<ops::GetPublicAccessBlock>(),
        entry::<ops::HeadBucket>(),
        entry::<ops::HeadObject>(),
        entry::<ops::ListBuckets>(),
        entry::<ops::ListMultipartUploads>(),
        entry::<ops::ListObjectVersions>(),
        entry::<ops::ListObjects>(),
        entry::<ops::ListObjectsV2>(),
        entry::<ops::ListParts>(),
        entry::<ops::PutBucketAccelerateConfiguration>(),
        entry::<ops::PutBucketAcl>(),
        entry::<ops::PutBucketCors>(),
        entry::<ops::PutBucketEncryption>(),
        entry::<ops::PutBucketLifecycleConfiguration>(),
        entry::<ops::PutBucketLogging>(),
        entry::<ops::PutBucketNotificationConfiguration>(),
        entry::<ops::PutBucketOwnershipControls>(),
        entry::<ops::PutBucketPolicy>(),
        entry::<ops::PutBucketReplication>(),
        entry::<ops::PutBucketRequestPayment>(),
        entry::<ops::PutBucketTagging>(),
        entry::<ops::PutBucketVersioning>(),
        entry::<ops::PutBucketWebsite>(),
        entry::<ops::PutObject>(),
        entry::<ops::PutObjectAcl>(),
        entry::<ops::PutObjectTagging>(),
        entry::<ops::PutPublicAccessBlock>(),
        entry::<ops::UploadPart>(),
        entry::<ops::UploadPartCopy>(),
    ],
    resources: &[&stack::Bucket, &stack::BucketPolicy],
    jobs: &[jobs::LIFECYCLE, jobs::UPLOADS],
    plane: Some(&plane::Websites),
    words: Words { validation_code: "MalformedXML", denied_code: "AccessDenied" },
};
