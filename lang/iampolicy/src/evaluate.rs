//! The decision: which policies apply, and which of them has the last word.
//!
//! Sources: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>. Denial
//! texts: <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>.

use std::sync::Arc;

use crate::context::Context;
use crate::document::{Effect, Policy, Statement};
use crate::principal::{Naming, Principal, PrincipalKind};
use crate::template::ArnText;

/// One question: may this principal do this to that?
pub struct Request<'r> {
    /// Who asks.
    pub principal: &'r Principal,
    /// The action with its service, such as `s3:GetObject`.
    pub action: &'r str,
    /// The ARN of the resource, or `*` for an action without one.
    pub resource: &'r str,
    /// The account that owns the resource. `None`: the account in its ARN, or else the caller's own. Give it for ARNs
    /// without account (buckets): they may belong to someone else.
    pub resource_account: Option<&'r str>,
    /// The facts for conditions and variables.
    pub context: &'r dyn Context,
}

/// All policies that apply to a request.
#[derive(Clone, Copy)]
pub struct Policies<'p> {
    /// Managed and inline policies of the user and its groups, or of the role.
    pub identity: &'p [Arc<Policy>],
    /// The permissions boundary of the user or role.
    pub boundary: Option<&'p Policy>,
    /// The session policies, when the session has any; they allow when one of them does.
    pub session: Option<&'p [Arc<Policy>]>,
    /// The policy of the resource.
    pub resource: Option<&'p Policy>,
    /// What the policy of the resource is.
    pub guard: Guard,
}

/// What part the policy of the resource plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// In the same account, it or an identity policy has to allow.
    ResourcePolicy,
    /// The policy has to allow even in the same account (keys of KMS).
    RequiredPolicy,
    /// The trust policy of a role, which always has to allow.
    TrustPolicy,
}

/// The kinds of policies, as denials name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyType {
    /// Of the user, its groups, or the role.
    Identity,
    /// Of the resource.
    Resource,
    /// Of a role that is to be assumed.
    Trust,
    /// The permissions boundary.
    Boundary,
    /// Of the session.
    Session,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It may.
    Allow,
    /// A statement says no.
    ExplicitDeny(PolicyType),
    /// No statement of this kind of policy says yes.
    ImplicitDeny(PolicyType),
}

impl Decision {
    /// Whether the request may go on.
    pub fn is_allowed(self) -> bool {
        self == Self::Allow
    }

    /// The text of the denial; `None` when the request is allowed.
    pub fn denial(self, request: &Request<'_>) -> Option<String> {
        let reason = match self {
            Self::Allow => return None,
            Self::ExplicitDeny(policy) => format!("with an explicit deny in {}", policy.with_article()),
            Self::ImplicitDeny(policy) => {
                format!("because no {} allows the {} action", policy.name(), request.action)
            }
        };
        let who = match request.principal.kind {
            PrincipalKind::Anonymous => "anonymous",
            _ => &request.principal.arn,
        };
        Some(format!(
            "User: {who} is not authorized to perform: {} on resource: {} {reason}",
            request.action, request.resource
        ))
    }
}

impl PolicyType {
    fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity-based policy",
            Self::Resource => "resource-based policy",
            Self::Trust => "role trust policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
        }
    }

    fn with_article(self) -> &'static str {
        match self {
            Self::Identity => "an identity-based policy",
            Self::Resource => "a resource-based policy",
            Self::Trust => "the role trust policy",
            Self::Boundary => "a permissions boundary",
            Self::Session => "a session policy",
        }
    }
}

/// Decides one request.
pub fn decide(request: &Request<'_>, policies: &Policies<'_>) -> Decision {
    let asked = Asked {
        principal: request.principal,
        action: request.action.to_ascii_lowercase(),
        resource: ArnText::new(request.resource),
        context: request.context,
    };
    let guard_type = match policies.guard {
        Guard::TrustPolicy => PolicyType::Trust,
        Guard::ResourcePolicy | Guard::RequiredPolicy => PolicyType::Resource,
    };
    let resource = policies.resource.map_or(Verdict::SILENT, |policy| asked.verdict(policy, true));
    let identity = asked.verdict_of_any(policies.identity);
    let boundary = policies.boundary.map(|policy| asked.verdict(policy, false));
    let session = policies.session.map(|policies| asked.verdict_of_any(policies));
    let denies = [
        (PolicyType::Identity, Some(identity)),
        (guard_type, Some(resource)),
        (PolicyType::Boundary, boundary),
        (PolicyType::Session, session),
    ];
    for (policy_type, verdict) in denies {
        if verdict.is_some_and(|verdict| verdict.denied) {
            return Decision::ExplicitDeny(policy_type);
        }
    }
    let answers = Answers { resource: resource.naming, identity, boundary, session, guard_type };
    match request.principal.kind {
        // Nothing but the resource can speak for these.
        PrincipalKind::Service { .. } | PrincipalKind::Anonymous | PrincipalKind::Federated => {
            answers.resource_alone()
        }
        _ => {
            // What belongs to AWS itself (`arn:aws:iam::aws:policy/…`) is everybody's: their own policies decide.
            let named = asked.resource.account().filter(|account| *account != "aws");
            let owner = request.resource_account.or(named);
            if owner.is_none_or(|owner| owner == request.principal.account) {
                answers.same_account(request.principal, policies.guard)
            } else {
                answers.cross_account(request.principal)
            }
        }
    }
}

/// What each kind of policy says, when none of them denies.
struct Answers {
    resource: Naming,
    identity: Verdict,
    boundary: Option<Verdict>,
    session: Option<Verdict>,
    guard_type: PolicyType,
}

impl Answers {
    fn resource_alone(&self) -> Decision {
        match self.resource {
            Naming::None => Decision::ImplicitDeny(self.guard_type),
            _ => Decision::Allow,
        }
    }

    fn same_account(&self, principal: &Principal, guard: Guard) -> Decision {
        if guard != Guard::ResourcePolicy && self.resource == Naming::None {
            return Decision::ImplicitDeny(self.guard_type);
        }
        if principal.kind == PrincipalKind::Root {
            return self.limits();
        }
        match self.resource {
            Naming::Direct => Decision::Allow,
            Naming::Behind => self.limits(),
            Naming::Account | Naming::None => self.identity_path(),
        }
    }

    fn cross_account(&self, principal: &Principal) -> Decision {
        if principal.kind == PrincipalKind::Root {
            if self.limits() != Decision::Allow {
                return self.limits();
            }
        } else if self.identity_path() != Decision::Allow {
            return self.identity_path();
        }
        self.resource_alone()
    }

    /// The way over the caller's own policies.
    fn identity_path(&self) -> Decision {
        if self.identity.naming == Naming::None {
            return Decision::ImplicitDeny(PolicyType::Identity);
        }
        self.limits()
    }

    /// Boundary and session policies give nothing; they only leave through what they allow.
    fn limits(&self) -> Decision {
        if self.boundary.is_some_and(|verdict| verdict.naming == Naming::None) {
            return Decision::ImplicitDeny(PolicyType::Boundary);
        }
        if self.session.is_some_and(|verdict| verdict.naming == Naming::None) {
            return Decision::ImplicitDeny(PolicyType::Session);
        }
        Decision::Allow
    }
}

/// What one policy says to a request.
#[derive(Debug, Clone, Copy)]
struct Verdict {
    denied: bool,
    /// The most direct way in which an `Allow` statement names the caller; policies without principals say `Direct`.
    naming: Naming,
}

impl Verdict {
    const SILENT: Self = Self { denied: false, naming: Naming::None };
}

/// A request, prepared for many statements.
struct Asked<'r> {
    principal: &'r Principal,
    /// In lower case: actions ignore case.
    action: String,
    resource: ArnText<'r>,
    context: &'r dyn Context,
}

impl Asked<'_> {
    fn verdict_of_any(&self, policies: &[Arc<Policy>]) -> Verdict {
        let mut verdict = Verdict::SILENT;
        for policy in policies {
            let one = self.verdict(policy, false);
            verdict.denied |= one.denied;
            verdict.naming = verdict.naming.max(one.naming);
        }
        verdict
    }

    /// `guards`: the policy belongs to the resource, so that its statements name principals.
    fn verdict(&self, policy: &Policy, guards: bool) -> Verdict {
        let mut verdict = Verdict::SILENT;
        for statement in &policy.statements {
            let naming = if guards {
                statement
                    .principals
                    .as_ref()
                    .map_or(Naming::None, |principals| principals.names(self.principal))
            } else {
                Naming::Direct
            };
            if naming == Naming::None || !self.fits(statement) {
                continue;
            }
            match statement.effect {
                Effect::Deny => verdict.denied = true,
                Effect::Allow => verdict.naming = verdict.naming.max(naming),
            }
        }
        verdict
    }

    fn fits(&self, statement: &Statement) -> bool {
        let action = statement.actions.iter().any(|pattern| pattern.matches(&self.action));
        if action == statement.not_action {
            return false;
        }
        // A trust policy has no `Resource`: its resource is the role.
        if let Some(resources) = &statement.resources {
            let resource = resources.iter().any(|pattern| pattern.matches(&self.resource, self.context));
            if resource == statement.not_resource {
                return false;
            }
        }
        statement.conditions.iter().all(|condition| condition.holds(self.context))
    }
}
