//! Who calls.

use std::net::IpAddr;
use std::sync::Arc;

use iampolicy::Policy;

mod stored;

pub use stored::StoredCaller;

/// Everything that access decisions, audit records and operations know about who calls.
///
/// Cheap to clone: the parts that grow are shared.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who it is.
    pub principal: Principal,
    /// The account that the principal belongs to, and in which operations act.
    pub account: Arc<str>,
    /// The region that the request was signed for, and in which operations act.
    pub region: Arc<str>,
    /// The access key that signed the request.
    pub access_key_id: Option<Arc<str>>,
    /// What narrows or describes a temporary session.
    pub session: Option<Arc<Session>>,
    /// Where the request came from.
    pub origin: Origin,
}

/// The kinds of principal that IAM knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// The root user of the account: allowed everything in it.
    Root,
    /// An IAM user.
    User {
        /// The user's name.
        name: Arc<str>,
        /// The user's path, `/` for most.
        path: Arc<str>,
        /// The unique id, `AIDA...`.
        id: Arc<str>,
    },
    /// A role, through a session.
    AssumedRole {
        /// The role's name.
        role: Arc<str>,
        /// The role's path, `/` for most.
        path: Arc<str>,
        /// The role's unique id, `AROA...`.
        id: Arc<str>,
        /// The session's name.
        session: Arc<str>,
    },
    /// A service of this cloud, such as `apigateway.amazonaws.com`, acting on its own or for a resource.
    Service(&'static str),
    /// Nobody: the request was not signed.
    Anonymous,
}

/// What narrows or describes a temporary session.
#[derive(Debug, Default)]
pub struct Session {
    /// Policies given when the session was made: they only narrow.
    pub policies: Vec<Arc<Policy>>,
    /// Session tags, `aws:PrincipalTag/*`.
    pub tags: Vec<(String, String)>,
    /// The keys of those tags that go on to sessions made from this one.
    pub transitive_tags: Vec<String>,
    /// When it was made, in milliseconds since 1970.
    pub issued_at_millis: i64,
    /// When it ends, in milliseconds since 1970.
    pub expires_at_millis: i64,
}

/// Where a request came from, for condition keys and audit records.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The address of the client; none for calls from inside.
    pub ip: Option<IpAddr>,
    /// The client's `User-Agent`.
    pub user_agent: Option<Arc<str>>,
    /// Whether it came over TLS.
    pub tls: bool,
    /// The resource on whose behalf a service calls, `aws:SourceArn`.
    pub source_arn: Option<Arc<str>>,
    /// The account of that resource, `aws:SourceAccount`.
    pub source_account: Option<Arc<str>>,
    /// The service through which a principal's own call was forwarded, `aws:ViaAWSService`.
    pub via: Option<&'static str>,
}

/// The service principals that act in this cloud.
const SERVICE_PRINCIPALS: &[&str] = &[
    "apigateway.amazonaws.com",
    "cloudformation.amazonaws.com",
    "cognito-idp.amazonaws.com",
    "events.amazonaws.com",
    "lambda.amazonaws.com",
    "logs.amazonaws.com",
    "pipes.amazonaws.com",
    "s3.amazonaws.com",
    "scheduler.amazonaws.com",
    "secretsmanager.amazonaws.com",
    "ses.amazonaws.com",
    "sns.amazonaws.com",
    "sqs.amazonaws.com",
    "states.amazonaws.com",
];

impl Principal {
    /// The ARN of a principal of `account`; for a service its name.
    pub(crate) fn arn(&self, account: &str) -> String {
        match self {
            Self::Root => format!("arn:aws:iam::{account}:root"),
            Self::User { name, path, .. } => format!("arn:aws:iam::{account}:user{path}{name}"),
            Self::AssumedRole { role, session, .. } => {
                format!("arn:aws:sts::{account}:assumed-role/{role}/{session}")
            }
            Self::Service(name) => (*name).to_owned(),
            Self::Anonymous => "anonymous".to_owned(),
        }
    }

    /// The service principal called `name`, if there is one in this cloud.
    pub fn service(name: &str) -> Option<Self> {
        SERVICE_PRINCIPALS.iter().find(|known| **known == name).map(|known| Self::Service(known))
    }
}

impl Caller {
    /// A service of this cloud, on behalf of the resource `source_arn` in `account`.
    pub fn service(
        name: &'static str,
        account: impl Into<Arc<str>>,
        region: impl Into<Arc<str>>,
        source_arn: Option<&str>,
    ) -> Self {
        let account = account.into();
        let origin = Origin {
            source_arn: source_arn.map(Arc::from),
            source_account: source_arn.map(|_| account.clone()),
            ..Origin::default()
        };
        Self {
            principal: Principal::Service(name),
            account,
            region: region.into(),
            access_key_id: None,
            session: None,
            origin,
        }
    }

    /// The root user of `account`.
    pub fn root(account: impl Into<Arc<str>>, region: impl Into<Arc<str>>) -> Self {
        Self {
            principal: Principal::Root,
            account: account.into(),
            region: region.into(),
            access_key_id: None,
            session: None,
            origin: Origin::default(),
        }
    }

    /// Nobody, in the account and region that the request's address names.
    pub fn anonymous(account: impl Into<Arc<str>>, region: impl Into<Arc<str>>) -> Self {
        Self { principal: Principal::Anonymous, ..Self::root(account, region) }
    }

    /// The same principal, its call forwarded by `service` (CloudFormation for its user, for example).
    #[must_use]
    pub fn via(&self, service: &'static str) -> Self {
        let mut caller = self.clone();
        caller.origin.via = Some(service);
        caller
    }

    /// Whether CloudFormation forwarded the call: it may set tags that begin with `aws:`.
    pub fn may_set_system_tags(&self) -> bool {
        self.origin.via == Some("cloudformation.amazonaws.com")
    }

    /// The principal's ARN as STS GetCallerIdentity reports it; for a service its name.
    pub fn arn(&self) -> String {
        self.principal.arn(&self.account)
    }

    /// The unique id as STS GetCallerIdentity reports it (`aws:userid`).
    pub fn user_id(&self) -> String {
        match &self.principal {
            Principal::Root => self.account.to_string(),
            Principal::User { id, .. } => id.to_string(),
            Principal::AssumedRole { id, session, .. } => format!("{id}:{session}"),
            Principal::Service(name) => (*name).to_owned(),
            Principal::Anonymous => "anonymous".to_owned(),
        }
    }
}
