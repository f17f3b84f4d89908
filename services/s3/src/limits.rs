//! Every limit of the service, from the S3 User Guide unless it says otherwise.

/// Bytes of a key in UTF-8 ("Naming Amazon S3 objects").
pub(crate) const KEY_BYTES_MAX: usize = 1024;
/// Bytes of all user-defined metadata, names and values ("Working with object metadata").
pub(crate) const METADATA_BYTES_MAX: usize = 2048;
/// Bytes of an object that is put in one request.
pub(crate) const PUT_BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024;
/// Keys of one listing.
pub(crate) const LIST_KEYS_MAX: i32 = 1000;
/// Buckets of one listing when the request names no number.
pub(crate) const BUCKETS_MAX: usize = 10_000;
/// Bytes of an object that stands in its row; larger ones are files. The store's advice is 16 KiB, and the row
/// holds them in base64.
pub(crate) const INLINE_BYTES_MAX: usize = 12 * 1024;
/// Tags of a bucket ("Using cost allocation S3 bucket tags").
pub(crate) const BUCKET_TAGS_MAX: usize = 50;
/// Tags of an object ("Categorizing your objects using tags").
pub(crate) const OBJECT_TAGS_MAX: usize = 10;
/// Characters of a tag's key.
pub(crate) const TAG_KEY_CHARS_MAX: usize = 128;
/// Characters of a tag's value.
pub(crate) const TAG_VALUE_CHARS_MAX: usize = 256;
/// Rules of a CORS configuration ("Elements of a CORS configuration").
pub(crate) const CORS_RULES_MAX: usize = 100;
/// Rules of a lifecycle configuration ("Managing the lifecycle of objects").
pub(crate) const LIFECYCLE_RULES_MAX: usize = 1000;
/// Routing rules of a website ("Configuring advanced conditional redirects").
pub(crate) const ROUTING_RULES_MAX: usize = 50;
/// Parts of an upload ("Amazon S3 multipart upload limits").
pub(crate) const PARTS_MAX: u32 = 10_000;
/// Bytes of a part that is not the last one.
pub(crate) const PART_BYTES_MIN: u64 = 5 * 1024 * 1024;
/// Bytes of a part.
pub(crate) const PART_BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024;
/// Bytes of an object that is copied in one request.
pub(crate) const COPY_BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024;
/// Keys of one DeleteObjects.
pub(crate) const DELETE_KEYS_MAX: usize = 1000;
/// Parts of one listing.
pub(crate) const LIST_PARTS_MAX: i32 = 1000;
/// Uploads of one listing.
pub(crate) const LIST_UPLOADS_MAX: i32 = 1000;
/// Bytes of one configuration as it is stored. S3 allows 64 KB of CORS rules and names no number for the others; a
/// bucket's row, which holds them all, must fit into a value of the store.
pub(crate) const SETTING_BYTES_MAX: usize = 128 * 1024;
/// Bytes of the parts' digests that stand in an object's row: enough for a thousand parts with SHA-256.
pub(crate) const PART_CHECKSUMS_BYTES_MAX: usize = 48 * 1024;
