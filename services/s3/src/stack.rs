//! CloudFormation resource types.

mod bucket;
mod bucket_policy;

pub(crate) use bucket::Bucket;
pub(crate) use bucket_policy::BucketPolicy;
