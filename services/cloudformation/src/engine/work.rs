//! Calls of resource type handlers, many at once.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;

use cloud::caller::Caller;
use cloud::prelude::*;
use cloud::resource::{ResourceOutcome, ResourceRequest, ResourceType};
use cloud::service::Service;
use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use serde_json::{Map, Value};

use crate::engine::Engine;
use crate::engine::journal::Note;
use crate::engine::queue::Queue;
use crate::error::Error;
use crate::keys::{Action, Physical, Wanted};
use crate::kinds::{self, Kind};
use crate::limits::PARALLEL_MAX;
use crate::{custom, dynamic};

/// What to do of one resource.
pub(super) struct Work {
    pub(super) logical_id: String,
    pub(super) type_name: String,
    pub(super) action: Action,
    pub(super) physical_id: Option<String>,
    pub(super) wanted: Wanted,
    /// The properties to change from.
    pub(super) old: Map<String, Value>,
    /// Whether the handler may have run already, in a process that ended meanwhile.
    pub(super) repeated: bool,
}

impl Work {
    /// Deletes a thing.
    pub(super) fn delete(logical_id: &str, type_name: &str, physical: &Physical) -> Self {
        Self {
            logical_id: logical_id.to_owned(),
            type_name: type_name.to_owned(),
            action: Action::Delete,
            physical_id: Some(physical.physical_id.clone()),
            wanted: physical.wanted.clone(),
            old: Map::new(),
            repeated: false,
        }
    }
}

/// What came of it: what `Ref` and `Fn::GetAtt` give, or why it failed.
pub(super) type Answer = Result<ResourceOutcome, String>;

/// What begins when a name's turn comes.
pub(super) enum Step {
    /// A handler is called.
    Work(Box<Work>),
    /// Nothing is to be done.
    Done,
    /// It failed already.
    Failed,
}

/// What a phase does with the names of its queue.
pub(super) struct Rules {
    /// A name's turn has come.
    pub(super) begin: fn(&mut Engine, &str, &mut Note) -> Step,
    /// Its handler answered; says whether those who wait for it may begin.
    pub(super) end: fn(&mut Engine, &str, Answer, &mut Note) -> bool,
}

impl Engine {
    /// Works through `queue`: begins what waits for nothing, hears what ends, until nothing can begin any more.
    /// What ends and what begins because of it is written down in one transaction, before handlers are called.
    pub(super) async fn drive(&mut self, mut queue: Queue, rules: Rules) -> Result<(), Error> {
        let mut running: FuturesUnordered<BoxFuture<'static, (String, Answer)>> = FuturesUnordered::new();
        let mut note = Note::default();
        loop {
            let mut begun = Vec::new();
            while !self.halted && running.len() + begun.len() < PARALLEL_MAX {
                let Some(name) = queue.take() else {
                    break;
                };
                match (rules.begin)(self, &name, &mut note) {
                    Step::Work(work) => begun.push(*work),
                    Step::Done => queue.finish(&name),
                    Step::Failed => {}
                }
            }
            self.commit(std::mem::take(&mut note)).await?;
            for work in begun {
                running.push(self.call(work));
            }
            let Some((name, answer)) = running.next().await else {
                return Ok(());
            };
            let mut answers = vec![(name, answer)];
            while let Some(Some(another)) = running.next().now_or_never() {
                answers.push(another);
            }
            for (name, answer) in answers {
                if (rules.end)(self, &name, answer, &mut note) {
                    queue.finish(&name);
                }
            }
        }
    }

    /// The call of a handler, on behalf of the stack's caller.
    fn call(&self, work: Work) -> BoxFuture<'static, (String, Answer)> {
        let request = ResourceRequest {
            stack_name: self.place.name.clone(),
            stack_id: self.stack_id.clone(),
            logical_id: work.logical_id.clone(),
            physical_id: work.physical_id.clone(),
            token: work.wanted.token.clone(),
            repeated: work.repeated,
            properties: Map::new(),
            tags: self.tags(&work.wanted),
        };
        let mut cx = self.cx.act_as(self.caller.clone());
        let caller = self.caller.clone();
        Box::pin(async move {
            let name = work.logical_id.clone();
            // A handler that panics fails its resource; the stack's task has the others to care for.
            let answer = AssertUnwindSafe(handle(&mut cx, &caller, work, request)).catch_unwind().await;
            let answer = answer.unwrap_or_else(|_| {
                tracing::error!(resource = name, "the handler of a resource panicked");
                Err("Internal Failure".to_owned())
            });
            (name, answer)
        })
    }

    /// The stack's tags. CloudFormation's own `aws:` tags are not among them: services refuse that prefix.
    fn tags(&self, wanted: &Wanted) -> BTreeMap<String, String> {
        wanted.tags.clone()
    }
}

async fn handle(cx: &mut Cx, caller: &Caller, work: Work, mut request: ResourceRequest) -> Answer {
    let (service, kind) = match kinds::find(cx.cloud(), &work.type_name) {
        Some(Kind::Registered(service, kind)) => (service, kind),
        Some(Kind::Custom) => {
            let old = resolve(cx, caller, &work, &mut request).await.map_err(|it| it.message().to_owned())?;
            return custom::act(cx, &work.type_name, work.action, &request, &old).await;
        }
        None => return Err(format!("Resource type {} is not known to this cloud any more", work.type_name)),
    };
    let token = request.token.clone();
    match act(cx, caller, kind, &work, &mut request).await {
        Ok(outcome) => Ok(outcome),
        Err(failure) => Err(reason(cx, service, &token, &failure)),
    }
}

async fn act(
    cx: &mut Cx,
    caller: &Caller,
    kind: &dyn ResourceType,
    work: &Work,
    request: &mut ResourceRequest,
) -> Result<ResourceOutcome, Failure> {
    let old = resolve(cx, caller, work, request).await?;
    match work.action {
        Action::Delete => kind.delete(cx, request).await.map(|()| ResourceOutcome::default()),
        Action::Update => kind.update(cx, request, &old).await,
        Action::Create | Action::Replace => kind.create(cx, request).await,
    }
}

/// Puts the properties into the request, dynamic references replaced, and returns the old ones.
async fn resolve(
    cx: &mut Cx,
    caller: &Caller,
    work: &Work,
    request: &mut ResourceRequest,
) -> Result<Map<String, Value>, Failure> {
    if work.action == Action::Delete {
        // What goes needs no secrets, and those may be gone already.
        request.properties = work.wanted.properties.clone();
        return Ok(Map::new());
    }
    request.properties = dynamic::resolve(cx, caller, &work.wanted.properties).await?;
    if work.action == Action::Update {
        return dynamic::resolve(cx, caller, &work.old).await;
    }
    request.physical_id = None;
    Ok(Map::new())
}

/// A failure as AWS's resource handlers report it.
fn reason(cx: &Cx, service: &Service, token: &str, failure: &Failure) -> String {
    format!(
        "Resource handler returned message: \"{} (Service: {}, Status Code: {}, Request ID: {})\" (RequestToken: {token}, HandlerErrorCode: {})",
        failure.message(),
        service.title,
        failure.status(),
        cx.request_id(),
        handler_code(failure),
    )
}

/// The handler error codes of AWS's resource type contract.
fn handler_code(failure: &Failure) -> &'static str {
    let code = failure.code();
    let has = |parts: &[&str]| parts.iter().any(|part| code.contains(part));
    if failure.status() >= 500 {
        "ServiceInternalError"
    } else if has(&["AlreadyExists", "AlreadyOwned", "Conflict"]) {
        "AlreadyExists"
    } else if has(&["NotFound", "NoSuch", "NonExistent", "DoesNotExist"]) {
        "NotFound"
    } else if has(&["AccessDenied", "Unauthorized"]) {
        "AccessDenied"
    } else if has(&["Throttl", "TooManyRequests"]) {
        "Throttling"
    } else if has(&["LimitExceeded"]) {
        "ServiceLimitExceeded"
    } else {
        "InvalidRequest"
    }
}
