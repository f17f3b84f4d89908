//! Who asks, and the `Principal` element that names them.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>.

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// What kind of principal it is.
    pub kind: PrincipalKind,
    /// The account of the principal; empty for services and anonymous callers.
    pub account: String,
    /// The ARN that denials name: of the user, or of the session for an assumed role. Empty for an anonymous caller,
    /// the service's name for a service.
    pub arn: String,
    /// The unique id (`AIDA…` of a user, `AROA…` of a role), when there is one.
    pub unique_id: Option<String>,
}

/// The kinds of principals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrincipalKind {
    /// The root user of an account.
    Root,
    /// An IAM user, also with a session of `GetSessionToken`.
    User,
    /// A role itself. It makes no requests, but can be simulated.
    Role,
    /// A session of a role.
    AssumedRole {
        /// The ARN of the role.
        role_arn: String,
    },
    /// A session of `GetFederationToken`.
    FederatedUser {
        /// The ARN of the user who asked for the session.
        user_arn: String,
    },
    /// A service of the cloud, such as `events.amazonaws.com`.
    Service {
        /// The region in which it acts.
        region: String,
    },
    /// Someone whom an identity provider vouches for; `arn` of the principal is the provider.
    Federated,
    /// Nobody known.
    Anonymous,
}

impl Principal {
    /// A service of the cloud by its name, such as `events.amazonaws.com`, in a region.
    pub fn service(name: &str, region: &str) -> Self {
        Self {
            kind: PrincipalKind::Service { region: region.to_string() },
            account: String::new(),
            arn: name.to_string(),
            unique_id: None,
        }
    }

    /// A caller who gave no credentials.
    pub fn anonymous() -> Self {
        Self { kind: PrincipalKind::Anonymous, account: String::new(), arn: String::new(), unique_id: None }
    }

    /// The root user of an account.
    pub fn root(account: &str) -> Self {
        Self {
            kind: PrincipalKind::Root,
            account: account.to_string(),
            arn: format!("arn:aws:iam::{account}:root"),
            unique_id: None,
        }
    }
}

/// Whether `name` is that of a service, also as the service of one region: `logs.us-east-1.amazonaws.com`. Source:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services-in-opt-in-regions>
/// and CloudWatch Logs, "Log group-level subscription filters".
fn is_service(name: &str, service: &str, region: &str) -> bool {
    let regional = || {
        let (own, domain) = service.split_once('.')?;
        name.strip_prefix(own)?
            .strip_prefix('.')?
            .strip_prefix(region)?
            .strip_prefix('.')
            .map(|rest| rest == domain)
    };
    name == service || regional() == Some(true)
}

/// The `Principal` or `NotPrincipal` element.
#[derive(Debug, Clone, Default)]
pub(crate) struct Principals {
    /// `NotPrincipal`
    pub(crate) negated: bool,
    /// `"*"`
    pub(crate) everyone: bool,
    pub(crate) aws: Vec<Named>,
    pub(crate) services: Vec<String>,
    pub(crate) federated: Vec<String>,
    pub(crate) canonical: Vec<String>,
}

/// One entry under `"AWS"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    Account(String),
    Arn(String),
    UniqueId(String),
}

/// How directly a statement names a principal. It decides which other policies can still stand in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Naming {
    /// Not at all.
    None,
    /// By its account: the account's own policies have to allow too.
    Account,
    /// A session by its role or user: boundaries and session policies still limit it.
    Behind,
    /// Itself.
    Direct,
}

impl Named {
    /// `None` when the text cannot name a principal.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if is_account(text) {
            return Some(Self::Account(text.to_string()));
        }
        if !text.starts_with("arn:") {
            let unique =
                (16..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
            return unique.then(|| Self::UniqueId(text.to_string()));
        }
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let [_, partition, service, region, account, resource] = parts.as_slice() else { return None };
        if !crate::validate::is_partition(partition) || !region.is_empty() || !is_account(account) {
            return None;
        }
        if *service == "iam" && *resource == "root" {
            return Some(Self::Account((*account).to_string()));
        }
        let known: &[&str] = match *service {
            "iam" => &["user/", "role/"],
            "sts" => &["assumed-role/", "federated-user/"],
            _ => &[],
        };
        let fits = known.iter().any(|start| resource.len() > start.len() && resource.starts_with(start));
        (fits && !resource.contains('*')).then(|| Self::Arn(text.to_string()))
    }

    fn names(&self, principal: &Principal) -> Naming {
        match self {
            Self::Account(account) if *account == principal.account => match principal.kind {
                PrincipalKind::Root => Naming::Direct,
                _ => Naming::Account,
            },
            Self::Arn(arn) if *arn == principal.arn => Naming::Direct,
            Self::Arn(arn) => match &principal.kind {
                PrincipalKind::AssumedRole { role_arn } if arn == role_arn => Naming::Behind,
                PrincipalKind::FederatedUser { user_arn } if arn == user_arn => Naming::Behind,
                _ => Naming::None,
            },
            Self::UniqueId(id) if principal.unique_id.as_deref() == Some(id) => match principal.kind {
                PrincipalKind::AssumedRole { .. } | PrincipalKind::FederatedUser { .. } => Naming::Behind,
                _ => Naming::Direct,
            },
            Self::Account(_) | Self::UniqueId(_) => Naming::None,
        }
    }
}

impl Principals {
    /// How directly the element names the principal.
    pub(crate) fn names(&self, principal: &Principal) -> Naming {
        let naming = self.listed(principal);
        if !self.negated {
            return naming;
        }
        if naming == Naming::None { everyone(principal) } else { Naming::None }
    }

    fn listed(&self, principal: &Principal) -> Naming {
        let mut naming = if self.everyone { everyone(principal) } else { Naming::None };
        let listed = match &principal.kind {
            PrincipalKind::Service { region } => {
                self.services.iter().any(|name| is_service(name, &principal.arn, region))
            }
            PrincipalKind::Federated => self.federated.contains(&principal.arn),
            PrincipalKind::Anonymous => false,
            _ => {
                for named in &self.aws {
                    naming = naming.max(named.names(principal));
                }
                false
            }
        };
        if listed { Naming::Direct } else { naming }
    }
}

/// How `*` names a principal: a session is named through its role, so its boundary still limits it.
fn everyone(principal: &Principal) -> Naming {
    match principal.kind {
        PrincipalKind::AssumedRole { .. } | PrincipalKind::FederatedUser { .. } | PrincipalKind::Role => {
            Naming::Behind
        }
        _ => Naming::Direct,
    }
}

/// Whether the text is the number of an account.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
