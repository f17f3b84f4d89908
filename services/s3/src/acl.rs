//! Access control lists: disabled, as in every bucket whose owner owns everything in it. What can be read says so.

use cloud::prelude::*;

use crate::bucket;
use crate::listing::Owner;

#[derive(Shape)]
pub(crate) struct AccessControlPolicy {
    owner: Owner,
    #[shape(name = "Grants", xml = "AccessControlList", member = "Grant")]
    grants: Vec<Grant>,
}

#[derive(Shape)]
struct Grant {
    grantee: Grantee,
    permission: String,
}

#[derive(Shape)]
struct Grantee {
    #[shape(name = "ID")]
    id: String,
    #[shape(xml = "xmlns:xsi", attribute)]
    namespace: String,
    #[shape(name = "Type", xml = "xsi:type", attribute)]
    kind: String,
}

/// The owner, and nobody else, may do everything.
pub(crate) fn of_owner(account: &str) -> AccessControlPolicy {
    let id = bucket::canonical_id(account);
    let grantee = Grantee {
        id: id.clone(),
        namespace: "http://www.w3.org/2001/XMLSchema-instance".to_owned(),
        kind: "CanonicalUser".to_owned(),
    };
    AccessControlPolicy {
        owner: Owner { display_name: None, id },
        grants: vec![Grant { grantee, permission: "FULL_CONTROL".to_owned() }],
    }
}
