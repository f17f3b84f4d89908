//! How long policy documents may be.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>, "IAM and STS character limits".

/// Longest managed policy; white space does not count.
pub const MANAGED_POLICY_CHARACTERS_MAX: usize = 6_144;
/// All inline policies of one user together; white space does not count.
pub const USER_INLINE_CHARACTERS_MAX: usize = 2_048;
/// All inline policies of one role together; white space does not count.
pub const ROLE_INLINE_CHARACTERS_MAX: usize = 10_240;
/// All inline policies of one group together; white space does not count.
pub const GROUP_INLINE_CHARACTERS_MAX: usize = 5_120;
/// Longest trust policy of a role (the default quota); white space does not count.
pub const TRUST_POLICY_CHARACTERS_MAX: usize = 2_048;
/// The inline session policy and the managed session policies together.
pub const SESSION_POLICY_CHARACTERS_MAX: usize = 2_048;
/// Longest bucket policy, in bytes.
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/add-bucket-policy.html>.
pub const BUCKET_POLICY_BYTES_MAX: usize = 20_480;

/// No document over this is parsed at all: the largest that any service accepts, with room for white space.
pub(crate) const DOCUMENT_BYTES_MAX: usize = 131_072;

/// The size of a document as IAM counts it: characters that are not white space.
pub fn size(document: &str) -> usize {
    document.chars().filter(|character| !character.is_whitespace()).count()
}
