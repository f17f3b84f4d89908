//! Asking policies without doing anything.

use std::sync::Arc;

use cloud::identity::record::{Group, Role, User};
use cloud::prelude::*;
use iampolicy::{Decision, Facts, Guard, Policies, Policy, Principal, PrincipalKind, Request, decide};

use crate::entity::{self, Entity};
use crate::error::Error;
use crate::managed::{self, Found};
use crate::page::{Page, Paged};

/// A condition key of the imagined request.
#[derive(Shape)]
pub(crate) struct ContextEntry {
    #[shape(len = 5..=256)]
    context_key_name: Option<String>,
    context_key_values: Option<Vec<String>>,
    context_key_type: Option<String>,
}

/// The answer for one action and one resource.
#[derive(Shape)]
pub(crate) struct EvaluationResult {
    eval_action_name: String,
    eval_resource_name: String,
    eval_decision: String,
    matched_statements: Vec<MatchedStatement>,
    missing_context_values: Vec<String>,
}

/// A statement that spoke. Policies are asked as a whole here, so that none is ever answered.
#[derive(Shape)]
pub(crate) struct MatchedStatement {
    source_policy_id: String,
    source_policy_type: String,
}

/// Who asks in the imagined request.
pub(crate) struct Subject {
    principal: Principal,
    policies: Vec<Arc<Policy>>,
    boundary: Option<Arc<Policy>>,
}

/// What is asked.
pub(crate) struct Question {
    pub(crate) actions: Vec<String>,
    pub(crate) resources: Option<Vec<String>>,
    pub(crate) policy: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) context: Option<Vec<ContextEntry>>,
}

/// Somebody without policies.
pub(crate) fn nobody(cx: &Cx) -> Subject {
    let account = cx.account();
    subject_of(PrincipalKind::User, account, format!("arn:aws:iam::{account}:user/simulated"), None)
}

/// The user, group or role with this ARN.
pub(crate) async fn subject(cx: &mut Cx, arn: &str) -> Result<Subject, Error> {
    let start = format!("arn:aws:iam::{}:", cx.account());
    let rest = arn.strip_prefix(&start).unwrap_or_default();
    let name = rest.rsplit('/').next().unwrap_or_default();
    let account = cx.account().to_owned();
    match rest.split('/').next() {
        Some("user") => {
            let user: User = entity::get(cx, name).await?;
            let mut subject = subject_of(PrincipalKind::User, &account, user.arn(), Some(user.id.clone()));
            subject.policies = policies(cx, &user).await?;
            for group in &user.groups {
                let group: Group = entity::get(cx, group).await?;
                subject.policies.extend(policies(cx, &group).await?);
            }
            subject.boundary = boundary(cx, user.boundary.as_deref()).await?;
            Ok(subject)
        }
        Some("role") => {
            let role: Role = entity::get(cx, name).await?;
            let mut subject = subject_of(PrincipalKind::Role, &account, role.arn(), Some(role.id.clone()));
            subject.policies = policies(cx, &role).await?;
            subject.boundary = boundary(cx, role.boundary.as_deref()).await?;
            Ok(subject)
        }
        Some("group") => {
            let group: Group = entity::get(cx, name).await?;
            let mut subject = subject_of(PrincipalKind::User, &account, group.arn(), None);
            subject.policies = policies(cx, &group).await?;
            Ok(subject)
        }
        _ => Err(Error::InvalidInput(format!(
            "Invalid Entity Arn: {arn} does not clearly define entity type and name."
        ))),
    }
}

fn subject_of(kind: PrincipalKind, account: &str, arn: String, unique_id: Option<String>) -> Subject {
    let principal = Principal { kind, account: account.to_owned(), arn, unique_id };
    Subject { principal, policies: Vec::new(), boundary: None }
}

async fn policies<E: Entity>(cx: &mut Cx, entity: &E) -> Result<Vec<Arc<Policy>>, Error> {
    let mut policies = Vec::new();
    for document in entity.inline().values() {
        policies.push(parse(document, iampolicy::Kind::Inline)?);
    }
    for arn in entity.attached() {
        policies.push(managed_policy(cx, arn).await?);
    }
    Ok(policies)
}

async fn boundary(cx: &mut Cx, arn: Option<&str>) -> Result<Option<Arc<Policy>>, Error> {
    match arn {
        Some(arn) => managed_policy(cx, arn).await.map(Some),
        None => Ok(None),
    }
}

async fn managed_policy(cx: &mut Cx, arn: &str) -> Result<Arc<Policy>, Error> {
    match managed::get(cx, arn).await? {
        Found::Own(policy) => parse(policy.default_document().unwrap_or_default(), iampolicy::Kind::Managed),
        Found::Aws(policy) => parse(policy.document(), iampolicy::Kind::Managed),
    }
}

fn parse(document: &str, kind: iampolicy::Kind) -> Result<Arc<Policy>, Error> {
    let policy = Policy::parse(document, kind);
    policy.map(Arc::new).map_err(|malformed| Error::InvalidInput(malformed.message))
}

impl Subject {
    /// Gives the subject more policies, and another boundary.
    pub(crate) fn add(
        &mut self,
        policies: Option<&[String]>,
        boundary: Option<&[String]>,
    ) -> Result<(), Error> {
        for document in policies.unwrap_or_default() {
            self.policies.push(parse(document, iampolicy::Kind::Inline)?);
        }
        match boundary.unwrap_or_default() {
            [] => {}
            [document] => self.boundary = Some(parse(document, iampolicy::Kind::Inline)?),
            _ => {
                return Err(Error::InvalidInput("Only one permissions boundary policy can be given.".into()));
            }
        }
        Ok(())
    }

    /// Asks for each action and each resource, as far as they stand on the page: each list may be as long as a request.
    pub(crate) fn ask(&self, question: Question, paged: &Paged) -> Result<Page<EvaluationResult>, Error> {
        let mut facts = Facts::new();
        for entry in question.context.unwrap_or_default() {
            if let (Some(name), Some(values)) = (entry.context_key_name, entry.context_key_values) {
                facts.set(&name, values);
            }
        }
        let guard_policy = match &question.policy {
            Some(document) => Some(parse(document, iampolicy::Kind::Resource)?),
            None => None,
        };
        let policies = Policies {
            identity: &self.policies,
            boundary: self.boundary.as_deref(),
            session: None,
            resource: guard_policy.as_deref(),
            guard: Guard::ResourcePolicy,
        };
        let owner = question.owner.as_deref().map(|owner| account_of(owner).unwrap_or(owner));
        let resources = question.resources.unwrap_or_else(|| vec!["*".to_owned()]);
        let page = paged.of_count(question.actions.len().saturating_mul(resources.len()))?;
        Ok(page.map(|place| {
            let (action, resource) =
                (&question.actions[place / resources.len()], &resources[place % resources.len()]);
            let request = Request {
                principal: &self.principal,
                action,
                resource,
                resource_account: owner,
                context: &facts,
            };
            result(action, resource, decide(&request, &policies))
        }))
    }
}

fn result(action: &str, resource: &str, decision: Decision) -> EvaluationResult {
    let decision = match decision {
        Decision::Allow => "allowed",
        Decision::ExplicitDeny(_) => "explicitDeny",
        Decision::ImplicitDeny(_) => "implicitDeny",
    };
    EvaluationResult {
        eval_action_name: action.to_owned(),
        eval_resource_name: resource.to_owned(),
        eval_decision: decision.to_owned(),
        matched_statements: Vec::new(),
        missing_context_values: Vec::new(),
    }
}

/// The account in an ARN: the owner of a resource is given as the ARN of an account.
fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| !account.is_empty())
}
