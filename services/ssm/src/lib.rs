//! SSM: Systems Manager, of which Parameter Store is here.
//!
//! `parameter.rs` holds the rules (names, selectors, tiers), `filter.rs` the filters of listings, `keys.rs` the
//! stored rows. SecureString needs KMS and is refused until that service is there.

use cloud::operation::entry;
use cloud::service::{Service, Words};
use wire::table::Protocol;

mod error;
mod filter;
mod keys;
mod limits;
mod ops;
mod parameter;
mod stack;

/// The service's table of contents.
pub static SSM: Service = Service {
    name: "ssm",
    title: "Systems Manager Parameter Store",
    signing_name: "ssm",
    protocols: &[Protocol::json_1_1("AmazonSSM")],
    operations: &[
        entry::<ops::AddTagsToResource>(),
        entry::<ops::DeleteParameter>(),
        entry::<ops::DeleteParameters>(),
        entry::<ops::DescribeParameters>(),
        entry::<ops::GetParameter>(),
        entry::<ops::GetParameterHistory>(),
        entry::<ops::GetParameters>(),
        entry::<ops::GetParametersByPath>(),
        entry::<ops::ListTagsForResource>(),
        entry::<ops::PutParameter>(),
        entry::<ops::RemoveTagsFromResource>(),
    ],
    resources: &[&stack::Parameter],
    jobs: &[],
    plane: None,
    words: Words::JSON,
};
