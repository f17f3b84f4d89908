//! A caller as it is written down: work goes on for it after a restart.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Caller, Origin, Principal};

/// What is written down of a caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredCaller {
    account: String,
    region: String,
    principal: StoredPrincipal,
    /// Whether the session was narrowed by policies, which are not written down.
    narrowed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum StoredPrincipal {
    Root,
    User { name: String, path: String, id: String },
    AssumedRole { role: String, path: String, id: String, session: String },
    Service { name: String },
}

impl StoredCaller {
    /// What is to be written down.
    pub fn of(caller: &Caller) -> Self {
        let principal = match &caller.principal {
            Principal::Root => StoredPrincipal::Root,
            Principal::User { name, path, id } => {
                StoredPrincipal::User { name: name.to_string(), path: path.to_string(), id: id.to_string() }
            }
            Principal::AssumedRole { role, path, id, session } => StoredPrincipal::AssumedRole {
                role: role.to_string(),
                path: path.to_string(),
                id: id.to_string(),
                session: session.to_string(),
            },
            Principal::Service(name) => StoredPrincipal::Service { name: (*name).to_owned() },
            Principal::Anonymous => StoredPrincipal::Service { name: String::new() },
        };
        Self {
            account: caller.account.to_string(),
            region: caller.region.to_string(),
            principal,
            narrowed: caller.session.as_ref().is_some_and(|session| !session.policies.is_empty()),
        }
    }

    /// The caller, whose call the service `via` forwards. `None` when acting for it would allow more than it was allowed.
    pub fn restore(&self, via: &'static str) -> Option<Caller> {
        if self.narrowed {
            return None;
        }
        let text = |text: &String| Arc::<str>::from(text.as_str());
        let principal = match &self.principal {
            StoredPrincipal::Root => Principal::Root,
            StoredPrincipal::User { name, path, id } => {
                Principal::User { name: text(name), path: text(path), id: text(id) }
            }
            StoredPrincipal::AssumedRole { role, path, id, session } => Principal::AssumedRole {
                role: text(role),
                path: text(path),
                id: text(id),
                session: text(session),
            },
            StoredPrincipal::Service { name } => Principal::service(name)?,
        };
        Some(Caller {
            principal,
            account: text(&self.account),
            region: text(&self.region),
            access_key_id: None,
            session: None,
            origin: Origin { via: Some(via), ..Origin::default() },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was written once reads for ever.
    #[test]
    fn a_written_caller_comes_back() {
        let text = r#"{"account":"1","region":"r","principal":{"User":{"name":"n","path":"/","id":"AIDA"}},"narrowed":false}"#;
        let stored: StoredCaller = serde_json::from_str(text).unwrap();
        let caller = stored.restore("dynamodb.amazonaws.com").unwrap();
        assert_eq!(caller.arn(), "arn:aws:iam::1:user/n");
        assert_eq!(StoredCaller::of(&caller), stored);
        let narrowed = StoredCaller { narrowed: true, ..stored.clone() };
        assert!(narrowed.restore("dynamodb.amazonaws.com").is_none());
        let anonymous =
            StoredCaller { principal: StoredPrincipal::Service { name: String::new() }, ..stored };
        assert!(anonymous.restore("dynamodb.amazonaws.com").is_none());
    }
}
