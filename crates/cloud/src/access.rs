//! Access: who calls (authentication) and whether they may (authorisation).
//!
//! [`authenticate`] checks a signature and answers the [`Caller`]; [`decide_operation`] and [`decide_action`] ask all
//! policies that apply, through [`iampolicy::decide`]. Keys, policies and derived signing keys come from memory
//! ([`crate::identity`]), so neither costs a read of the store once a principal is known.
//!
//! Resources whose ARN names no account (buckets and their objects) belong to the account that the condition
//! `aws:ResourceAccount` names, and to the caller's own without it.

mod authenticate;
mod body;
mod facts;
mod guest;
mod neighbourhood;
mod version2;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use iampolicy::{Guard, Kind, Policies, PrincipalKind, Request};

use crate::caller::{Caller, Principal};
use crate::cx::Cx;
use crate::failure::Failure;
use crate::identity::Grants;
use crate::instance::{Cloud, IamMode};
use crate::operation::{Conditions, Resource, Terms};
use crate::service::Service;
use facts::RequestFacts;

pub(crate) use authenticate::authenticate;
pub use authenticate::authenticate_plane;
pub use body::failure_of;
pub use iampolicy::Policy;

/// The condition key that says whose a resource is.
pub const RESOURCE_ACCOUNT: &str = "aws:ResourceAccount";
/// The condition under which an operation hands over the tags of its request: names and values in turn.
/// `aws:RequestTag/name` and `aws:TagKeys` follow from it.
pub const REQUEST_TAGS: &str = "aws:RequestTag";
/// The condition under which an operation hands over the tags of its resource: names and values in turn.
pub const RESOURCE_TAGS: &str = "aws:ResourceTag";

/// The tags of a request, names with values, as a condition.
pub fn request_tags<'a>(
    tags: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> (&'static str, Vec<String>) {
    (REQUEST_TAGS, pairs(tags))
}

/// The tags of a resource, names with values, as a condition.
pub fn resource_tags<'a>(
    tags: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> (&'static str, Vec<String>) {
    (RESOURCE_TAGS, pairs(tags))
}

/// The keys of the tags that a request takes away, as a condition.
pub fn tag_keys(keys: &[String]) -> (&'static str, Vec<String>) {
    ("aws:TagKeys", keys.to_vec())
}

fn pairs<'a>(tags: impl IntoIterator<Item = (&'a String, &'a String)>) -> Vec<String> {
    tags.into_iter().flat_map(|(name, value)| [name.clone(), value.clone()]).collect()
}

/// Whether there is anything to decide: the platform itself may do everything.
pub(crate) fn must_decide(cx: &Cx) -> bool {
    !cx.call.internal
}

/// Decides whether the caller may do the operation that `cx` is in.
pub(crate) async fn decide_operation(cx: &mut Cx, resource: &Resource, terms: &Terms) -> Result<(), Failure> {
    if cx.call.open && cx.caller.principal != Principal::Anonymous {
        return Ok(());
    }
    let prefix = cx.call.service.map_or("", |service| service.signing_name);
    let action = format!("{prefix}:{}", cx.call.action);
    decide_action(cx, &action, resource, terms.policy.as_deref(), &terms.conditions).await
}

/// Decides whether the caller may do `action` (`iam:PassRole`) on `resource`. `policy` is the policy of the resource, as
/// JSON.
pub(crate) async fn decide_action(
    cx: &mut Cx,
    action: &str,
    resource: &Resource,
    policy: Option<&str>,
    conditions: &Conditions,
) -> Result<(), Failure> {
    if !must_decide(cx) {
        return Ok(());
    }
    let asked = Asked { caller: &cx.caller, action, conditions, guard: Guard::ResourcePolicy };
    match asked.decide(&cx.cloud, resource, policy).await? {
        None => Ok(()),
        Some(denial) => refuse(&cx.cloud, cx.call.service, denial),
    }
}

/// Reads the policy of a resource, for [`decide_known`].
pub fn parse_policy(cx: &Cx, text: &str) -> Result<Arc<Policy>, Failure> {
    cx.states().get::<ParsedPolicies>().get(text, Kind::Resource)
}

/// Decides whether the caller may do `action` (`lambda:InvokeFunction`) on the resource `arn`, whose policy was read
/// before: for operations that are called many times a second.
pub async fn decide_known(cx: &Cx, action: &str, arn: &str, policy: Option<&Policy>) -> Result<(), Failure> {
    if !must_decide(cx) {
        return Ok(());
    }
    let conditions = Conditions::new();
    let asked = Asked { caller: &cx.caller, action, conditions: &conditions, guard: Guard::ResourcePolicy };
    let grants = asked.grants(&cx.cloud).await?;
    match asked.judge(&cx.cloud, &grants, arn, policy) {
        None => Ok(()),
        Some(denial) => refuse(&cx.cloud, cx.call.service, denial),
    }
}

/// Decides for a data plane: whether `caller` may do `action` (`execute-api:Invoke`) on the resource `arn`.
pub async fn decide_plane(
    cx: &Cx,
    caller: &Caller,
    action: &str,
    arn: &str,
    policy: Option<&str>,
    conditions: &Conditions,
) -> Result<(), Failure> {
    let asked = Asked { caller, action, conditions, guard: Guard::ResourcePolicy };
    match asked.decide_one(&cx.cloud, arn, policy).await? {
        None => Ok(()),
        Some(denial) => refuse(&cx.cloud, cx.call.service, denial),
    }
}

/// Decides whether the caller may assume the role `arn` by `action` (`sts:AssumeRole`), whose trust policy is `trust`.
pub async fn decide_trust(
    cx: &Cx,
    action: &str,
    arn: &str,
    trust: &str,
    conditions: &Conditions,
) -> Result<(), Failure> {
    if !must_decide(cx) {
        return Ok(());
    }
    let asked = Asked { caller: &cx.caller, action, conditions, guard: Guard::TrustPolicy };
    match asked.decide_one(&cx.cloud, arn, Some(trust)).await? {
        None => Ok(()),
        Some(denial) => refuse(&cx.cloud, cx.call.service, denial),
    }
}

/// A denied request.
struct Denial {
    text: String,
    action: String,
    /// Says nothing of why: for callers who may not know whether the resource exists.
    short: bool,
    /// Nobody has signed the request.
    is_nobodys: bool,
}

/// One question about one caller.
struct Asked<'a> {
    caller: &'a Caller,
    action: &'a str,
    conditions: &'a Conditions,
    guard: Guard,
}

impl Asked<'_> {
    /// Every resource must be allowed.
    async fn decide(
        &self,
        cloud: &Arc<Cloud>,
        resource: &Resource,
        policy: Option<&str>,
    ) -> Result<Option<Denial>, Failure> {
        match resource {
            Resource::Any => self.decide_one(cloud, "*", policy).await,
            Resource::One(arn) => self.decide_one(cloud, arn.as_str(), policy).await,
            Resource::All(arns) => {
                for arn in arns {
                    let denial = self.decide_one(cloud, arn.as_str(), policy).await?;
                    if denial.is_some() {
                        return Ok(denial);
                    }
                }
                Ok(None)
            }
        }
    }

    async fn decide_one(
        &self,
        cloud: &Arc<Cloud>,
        resource: &str,
        policy: Option<&str>,
    ) -> Result<Option<Denial>, Failure> {
        let grants = self.grants(cloud).await?;
        let kind = if self.guard == Guard::TrustPolicy { Kind::Trust } else { Kind::Resource };
        let policy = match policy {
            Some(text) => Some(cloud.states().get::<ParsedPolicies>().get(text, kind)?),
            None => None,
        };
        Ok(self.judge(cloud, &grants, resource, policy.as_deref()))
    }

    async fn grants(&self, cloud: &Cloud) -> Result<Arc<Grants>, Failure> {
        let grants = cloud.identities().grants(&self.caller.account, &self.caller.principal).await?;
        if grants.is_of(&self.caller.principal) { Ok(grants) } else { Ok(Arc::default()) }
    }

    fn judge(
        &self,
        cloud: &Cloud,
        grants: &Grants,
        resource: &str,
        policy: Option<&Policy>,
    ) -> Option<Denial> {
        let facts = RequestFacts {
            caller: self.caller,
            conditions: self.conditions,
            tags: &grants.tags,
            now: cloud.clock().now(),
        };
        let principal = principal_of(self.caller);
        let owner = self.conditions.iter().find(|(key, _)| *key == RESOURCE_ACCOUNT);
        let request = Request {
            principal: &principal,
            action: self.action,
            resource,
            resource_account: owner.and_then(|(_, values)| values.first()).map(String::as_str),
            context: &facts,
        };
        let session = self.caller.session.as_ref().map(|session| session.policies.as_slice());
        let policy = policy.filter(|_| !self.is_owner_at_bucket_policy(request.resource_account));
        let policies = Policies {
            identity: &grants.policies,
            boundary: grants.boundary.as_deref(),
            session: session.filter(|policies| !policies.is_empty()),
            resource: policy,
            guard: self.guard,
        };
        let decision = iampolicy::decide(&request, &policies);
        let text = decision.denial(&request)?;
        let foreign = request.resource_account.is_some_and(|owner| owner != principal.account);
        let is_nobodys = principal.kind == PrincipalKind::Anonymous;
        let short = foreign || is_nobodys;
        Some(Denial { text, action: self.action.to_owned(), short, is_nobodys })
    }
}

impl Asked<'_> {
    /// The owner's root user reaches the policy of a bucket whatever that policy says, so that nobody locks a bucket
    /// for good.
    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html>.
    fn is_owner_at_bucket_policy(&self, owner: Option<&str>) -> bool {
        let actions = ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"];
        self.caller.principal == Principal::Root
            && owner.is_none_or(|owner| owner == &*self.caller.account)
            && actions.contains(&self.action)
    }
}

/// Makes the error, or logs the denial where the cloud only audits. To audit is to see what known callers lack: what
/// nobody has signed is never more than a policy allows everybody.
fn refuse(cloud: &Cloud, service: Option<&'static Service>, denial: Denial) -> Result<(), Failure> {
    if cloud.config().iam == IamMode::Audit && !denial.is_nobodys {
        tracing::warn!(denial = %denial.text, "access would be denied");
        return Ok(());
    }
    Err(denied(service, denial))
}

fn denied(service: Option<&'static Service>, denial: Denial) -> Failure {
    use wire::table::Protocol;
    let Some(service) = service else { return Failure::new("AccessDeniedException", 403, denial.text) };
    let is_query = |protocol: &Protocol| matches!(protocol, Protocol::Query { .. });
    let rpc_only = service.protocols.iter().all(Protocol::is_rpc);
    let query_compatible =
        service.protocols.iter().any(Protocol::is_rpc) && service.protocols.iter().any(is_query);
    let text = match service.signing_name {
        "s3" => in_words_of_s3(denial),
        "sqs" => in_words_of_sqs(denial),
        _ => denial.text,
    };
    let failure = Failure::new(service.words.denied_code, if rpc_only { 400 } else { 403 }, text);
    if query_compatible { failure.query_code("AccessDenied") } else { failure }
}

/// S3 puts the resource in quotes, and tells callers of other accounts nothing.
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html>.
fn in_words_of_s3(denial: Denial) -> String {
    if denial.short {
        return "Access Denied".to_owned();
    }
    let start = " on resource: ";
    let ends = [" because no ", " with an explicit deny in "];
    let Some((before, rest)) = denial.text.split_once(start) else { return denial.text };
    match ends.iter().filter_map(|end| rest.rfind(end)).max() {
        Some(at) => format!("{before}{start}\"{}\"{}", &rest[..at], &rest[at..]),
        None => denial.text,
    }
}

/// SQS writes its actions in lower case: `sqs:sendmessage`.
fn in_words_of_sqs(denial: Denial) -> String {
    let lower = denial.action.to_ascii_lowercase();
    denial.text.replace(&denial.action, &lower)
}

/// The caller as policies see it.
fn principal_of(caller: &Caller) -> iampolicy::Principal {
    let kind = match &caller.principal {
        Principal::Root => PrincipalKind::Root,
        Principal::User { .. } => PrincipalKind::User,
        Principal::AssumedRole { role, path, .. } => PrincipalKind::AssumedRole {
            role_arn: format!("arn:aws:iam::{}:role{path}{role}", caller.account),
        },
        Principal::Service(name) => return iampolicy::Principal::service(name, &caller.region),
        Principal::Anonymous => return iampolicy::Principal::anonymous(),
    };
    let unique_id = match &caller.principal {
        Principal::User { id, .. } | Principal::AssumedRole { id, .. } => Some(id.to_string()),
        _ => None,
    };
    iampolicy::Principal { kind, account: caller.account.to_string(), arn: caller.arn(), unique_id }
}

/// Policies of resources that were parsed of late, by the hash of their text.
#[derive(Default)]
struct ParsedPolicies(Mutex<HashMap<[u8; 32], Arc<Policy>>>);

/// How many are kept; then the memory starts anew. A policy takes a few kilobytes.
const PARSED_MAX: usize = 1_024;

impl ParsedPolicies {
    fn get(&self, text: &str, kind: Kind) -> Result<Arc<Policy>, Failure> {
        let hash = wire::digest::sha256(text.as_bytes());
        let mut parsed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(policy) = parsed.get(&hash) {
            return Ok(policy.clone());
        }
        let policy = Policy::parse(text, kind).map_err(|error| {
            Failure::internal(format!("a stored policy of a resource does not parse: {error}"))
        })?;
        let policy = Arc::new(policy);
        if parsed.len() >= PARSED_MAX {
            parsed.clear();
        }
        parsed.insert(hash, policy.clone());
        Ok(policy)
    }
}

#[cfg(test)]
mod tests;
