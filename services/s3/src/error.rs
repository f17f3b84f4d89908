//! Every AWS error of the service. Texts: "Error responses" in the S3 API reference, and recorded answers.

use cloud::prelude::*;

/// What S3 answers when it cannot do what was asked.
#[derive(Debug, ApiError)]
pub(crate) enum Error {
    #[api(code = "NoSuchBucket", status = 404, message = "The specified bucket does not exist")]
    NoSuchBucket {
        #[api(detail = "BucketName")]
        bucket: String,
    },
    #[api(code = "NoSuchKey", status = 404, message = "The specified key does not exist.")]
    NoSuchKey {
        #[api(detail = "Key")]
        key: String,
    },
    #[api(code = "InvalidBucketName", status = 400, message = "The specified bucket is not valid.")]
    InvalidBucketName {
        #[api(detail = "BucketName")]
        bucket: String,
    },
    #[api(
        code = "BucketAlreadyExists",
        status = 409,
        message = "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again."
    )]
    BucketAlreadyExists {
        #[api(detail = "BucketName")]
        bucket: String,
    },
    #[api(
        code = "BucketAlreadyOwnedByYou",
        status = 409,
        message = "Your previous request to create the named bucket succeeded and you already own it."
    )]
    BucketAlreadyOwnedByYou {
        #[api(detail = "BucketName")]
        bucket: String,
    },
    #[api(code = "BucketNotEmpty", status = 409, message = "The bucket you tried to delete is not empty")]
    BucketNotEmpty {
        #[api(detail = "BucketName")]
        bucket: String,
    },
    #[api(
        code = "IllegalLocationConstraintException",
        status = 400,
        message = "The {0} location constraint is incompatible for the region specific endpoint this request was sent to."
    )]
    IllegalLocationConstraint(String),
    #[api(
        code = "InvalidLocationConstraint",
        status = 400,
        message = "The specified location-constraint is not valid"
    )]
    InvalidLocationConstraint {
        #[api(detail = "LocationConstraint")]
        location: String,
    },
    #[api(code = "AccessControlListNotSupported", status = 400, message = "The bucket does not allow ACLs")]
    AclNotSupported,
    #[api(
        code = "NotImplemented",
        status = 501,
        message = "A header you provided implies functionality that is not implemented"
    )]
    NotImplemented {
        #[api(detail = "Header")]
        header: String,
        #[api(detail = "AdditionalMessage")]
        why: String,
    },
    #[api(
        code = "PreconditionFailed",
        status = 412,
        message = "At least one of the pre-conditions you specified did not hold"
    )]
    PreconditionFailed {
        #[api(detail = "Condition")]
        condition: &'static str,
    },
    #[api(code = "NotModified", status = 304, message = "Not Modified")]
    NotModified,
    #[api(code = "InvalidRange", status = 416, message = "The requested range is not satisfiable")]
    InvalidRange {
        #[api(detail = "RangeRequested")]
        range: String,
        #[api(detail = "ActualObjectSize")]
        size: u64,
    },
    #[api(code = "InvalidDigest", status = 400, message = "The Content-MD5 you specified was invalid.")]
    InvalidDigest {
        #[api(detail = "Content-MD5")]
        md5: String,
    },
    #[api(code = "BadDigest", status = 400, message = "The {name} you specified did not match {what}.")]
    BadDigest { name: String, what: &'static str },
    #[api(code = "InvalidRequest", status = 400, message = "{0}")]
    InvalidRequest(String),
    #[api(code = "InvalidArgument", status = 400, message = "{message}")]
    InvalidArgument {
        message: String,
        #[api(detail = "ArgumentName")]
        name: &'static str,
        #[api(detail = "ArgumentValue")]
        value: String,
    },
    #[api(code = "InvalidArgument", status = 400, message = "{message}")]
    Notification {
        message: String,
        #[api(detail = "ArgumentName")]
        name: String,
        #[api(detail = "ArgumentValue")]
        value: String,
    },
    #[api(code = "KeyTooLongError", status = 400, message = "Your key is too long")]
    KeyTooLong {
        #[api(detail = "Size")]
        size: usize,
        #[api(detail = "MaxSizeAllowed")]
        max: usize,
    },
    #[api(
        code = "MetadataTooLarge",
        status = 400,
        message = "Your metadata headers exceed the maximum allowed metadata size"
    )]
    MetadataTooLarge {
        #[api(detail = "Size")]
        size: usize,
        #[api(detail = "MaxSizeAllowed")]
        max: usize,
    },
    #[api(
        code = "EntityTooLarge",
        status = 400,
        message = "Your proposed upload exceeds the maximum allowed size"
    )]
    EntityTooLarge {
        #[api(detail = "ProposedSize")]
        size: u64,
        #[api(detail = "MaxSizeAllowed")]
        max: u64,
    },
    #[api(
        code = "IncompleteBody",
        status = 400,
        message = "You did not provide the number of bytes specified by the Content-Length HTTP header"
    )]
    IncompleteBody,
    #[api(
        code = "InvalidBucketOwnerAWSAccountID",
        status = 400,
        message = "The value of the expected bucket owner parameter must be an AWS Account ID... [{0}]"
    )]
    InvalidBucketOwner(String),
    #[api(code = "AccessDenied", status = 403, message = "{0}")]
    AccessDenied(String),
    #[api(
        code = "MalformedXML",
        status = 400,
        message = "The XML you provided was not well-formed or did not validate against our published schema"
    )]
    MalformedXml,
    #[api(code = "MalformedPolicy", status = 400, message = "{0}")]
    MalformedPolicy(String),
    #[api(code = "BadRequest", status = 400, message = "{0}")]
    BadRequest(String),
    #[api(
        code = "IllegalVersioningConfigurationException",
        status = 400,
        message = "The Versioning element must be specified"
    )]
    NoVersioningStatus,
    #[api(code = "NoSuchBucketPolicy", status = 404, message = "The bucket policy does not exist")]
    NoPolicy {
        #[api(detail = "BucketName")]
        bucket: String,
    },
    #[api(code = "NoSuchTagSet", status = 404, message = "The TagSet does not exist")]
    NoTagSet {
        #[api(detail = "BucketName")]
        bucket: String,
    },
    #[api(code = "NoSuchCORSConfiguration", status = 404, message = "The CORS configuration does not exist")]
    NoCors {
        #[api(detail = "BucketName")]
        bucket: String,
    },
    #[api(
        code = "NoSuchLifecycleConfiguration",
        status = 404,
        message = "The lifecycle configuration does not exist"
    )]
    NoLifecycle {
        #[api(detail = "BucketName")]
        bucket: String,
    },
    #[api(
        code = "NoSuchPublicAccessBlockConfiguration",
        status = 404,
        message = "The public access block configuration was not found"
    )]
    NoPublicAccessBlock {
        #[api(detail = "BucketName")]
        bucket: String,
    },
    #[api(
        code = "OwnershipControlsNotFoundError",
        status = 404,
        message = "The bucket ownership controls were not found"
    )]
    NoOwnershipControls {
        #[api(detail = "BucketName")]
        bucket: String,
    },
    #[api(
        code = "NoSuchWebsiteConfiguration",
        status = 404,
        message = "The specified bucket does not have a website configuration"
    )]
    NoWebsite {
        #[api(detail = "BucketName")]
        bucket: String,
    },
    #[api(
        code = "ReplicationConfigurationNotFoundError",
        status = 404,
        message = "The replication configuration was not found"
    )]
    NoReplication {
        #[api(detail = "BucketName")]
        bucket: String,
    },
    #[api(
        code = "ObjectLockConfigurationNotFoundError",
        status = 404,
        message = "Object Lock configuration does not exist for this bucket"
    )]
    NoObjectLock {
        #[api(detail = "BucketName")]
        bucket: String,
    },
    #[api(
        code = "NoSuchUpload",
        status = 404,
        message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
    )]
    NoSuchUpload {
        #[api(detail = "UploadId")]
        upload: String,
    },
    #[api(
        code = "InvalidPart",
        status = 400,
        message = "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag."
    )]
    InvalidPart {
        #[api(detail = "UploadId")]
        upload: String,
        #[api(detail = "PartNumber")]
        part: i32,
        #[api(detail = "ETag")]
        etag: String,
    },
    #[api(
        code = "InvalidPartOrder",
        status = 400,
        message = "The list of parts was not in ascending order. Parts must be ordered by part number."
    )]
    InvalidPartOrder {
        #[api(detail = "UploadId")]
        upload: String,
    },
    #[api(
        code = "EntityTooSmall",
        status = 400,
        message = "Your proposed upload is smaller than the minimum allowed size"
    )]
    EntityTooSmall {
        #[api(detail = "ProposedSize")]
        size: u64,
        #[api(detail = "MinSizeAllowed")]
        min: u64,
        #[api(detail = "PartNumber")]
        part: i32,
        #[api(detail = "ETag")]
        etag: String,
    },
    #[api(internal)]
    Internal(Failure),
}

impl Error {
    /// There is no bucket `name`.
    pub(crate) fn no_bucket(name: &str) -> Self {
        Self::NoSuchBucket { bucket: name.to_owned() }
    }

    /// Something that this cloud does not do, and says so.
    pub(crate) fn not_supported(what: &str) -> Self {
        Self::Internal(Failure::new("NotImplemented", 501, format!("This cloud does not support {what}.")))
    }

    /// A tag, or a set of them, that cannot be.
    pub(crate) fn invalid_tag(message: &str, key: Option<&String>, value: Option<&String>) -> Self {
        let mut failure = Failure::new("InvalidTag", 400, message);
        if let Some(key) = key {
            failure = failure.detail("TagKey", key);
        }
        if let Some(value) = value {
            failure = failure.detail("TagValue", value);
        }
        Self::Internal(failure)
    }

    /// There is no object `key`.
    pub(crate) fn no_key(key: &str) -> Self {
        Self::NoSuchKey { key: key.to_owned() }
    }
}
