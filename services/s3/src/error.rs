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
    #[api(internal)]
    Internal(Failure),
}

impl Error {
    /// There is no bucket `name`.
    pub(crate) fn no_bucket(name: &str) -> Self {
        Self::NoSuchBucket { bucket: name.to_owned() }
    }

    /// There is no object `key`.
    pub(crate) fn no_key(key: &str) -> Self {
        Self::NoSuchKey { key: key.to_owned() }
    }
}
