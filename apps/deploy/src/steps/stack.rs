//! Creating, updating and deleting stacks, and waiting for them.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::{Pace, Session};
use crate::api::Error;
use crate::api::cloudformation::{Event, Stack};
use crate::problem::{Errors, Location, Problem};

/// Which change is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The stack is new.
    Create,
    /// The stack exists.
    Update,
    /// The stack goes.
    Delete,
}

impl Action {
    fn verb(self) -> &'static str {
        match self {
            Self::Create => "Creating",
            Self::Update => "Updating",
            Self::Delete => "Removing",
        }
    }

    fn is_done(self, status: &str) -> bool {
        match self {
            Self::Create => status == "CREATE_COMPLETE",
            Self::Update => status == "UPDATE_COMPLETE",
            Self::Delete => status == "DELETE_COMPLETE",
        }
    }
}

/// Where a template is.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// Here.
    Text(&'a Value),
    /// In the deployment bucket.
    Url(&'a str),
}

/// What a change did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Something.
    Made,
    /// Nothing: the template is the one that is there.
    None,
}

/// Finds the service's stack; one that cannot be worked with is a problem.
pub async fn find(session: Session<'_>) -> Result<Option<Stack>, Errors> {
    let name = session.service.stack_name();
    let valid = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.len() <= 128
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !valid {
        let message = format!(
            "The stack service name \"{name}\" is not valid. A service name should only contain alphanumeric (case \
             sensitive) and hyphens. It should start with an alphabetic character and shouldn't exceed 128 characters."
        );
        return Err(session.service.problem(&["service"], message).into());
    }
    Ok(session.api.describe_stack(&name).await?)
}

/// Makes a change of the service's stack and waits for its end.
pub async fn change(session: Session<'_>, action: Action, body: Body<'_>) -> Result<Change, Errors> {
    session.report.step(&format!("{} CloudFormation stack", action.verb()));
    let direct = session.service.get(&["provider", "deploymentMethod"]) == Some(&json!("direct"));
    let changed = match direct {
        true => directly(session, action, body).await?,
        false => by_change_set(session, action, body).await?,
    };
    Ok(changed)
}

async fn directly(session: Session<'_>, action: Action, body: Body<'_>) -> Result<Change, Errors> {
    let mut input = shared(session, body);
    settings(session, &mut input);
    let seen = newest_event(session).await?;
    let id = match action {
        Action::Create => {
            input.insert("OnFailure".to_owned(), json!("DELETE"));
            session.api.create_stack(&Value::Object(input)).await.map_err(|error| refused(session, error))?
        }
        _ => {
            if let Some(policy) = policy(session) {
                input.insert("StackPolicyBody".to_owned(), json!(policy));
            }
            match session.api.update_stack(&Value::Object(input)).await {
                Ok(id) => id,
                Err(error) if error.message.contains("No updates are to be performed") => {
                    return Ok(Change::None);
                }
                Err(error) => return Err(refused(session, error)),
            }
        }
    };
    watch(session, action, &id, seen).await?;
    Ok(Change::Made)
}

async fn by_change_set(session: Session<'_>, action: Action, body: Body<'_>) -> Result<Change, Errors> {
    let stack = session.service.stack_name();
    let name = format!("{stack}-change-set");
    let mut input = shared(session, body);
    input.insert("ChangeSetName".to_owned(), json!(name));
    input.insert(
        "ChangeSetType".to_owned(),
        json!(if action == Action::Create { "CREATE" } else { "UPDATE" }),
    );
    if let Some(rollback) = session.service.get(&["provider", "rollbackConfiguration"]) {
        input.insert("RollbackConfiguration".to_owned(), rollback.clone());
    }
    if action == Action::Update {
        // One that an earlier deployment left behind would be in the way.
        session.api.delete_change_set(&stack, &name).await?;
    }
    let created = session.api.create_change_set(&Value::Object(input)).await;
    let id = created.map_err(|error| refused(session, error))?;
    let mut pace = Pace::new(session.api);
    loop {
        let set = session.api.describe_change_set(&stack, &name).await?;
        if set.is_empty() {
            session.api.delete_change_set(&stack, &name).await?;
            return Ok(Change::None);
        }
        match set.status.as_str() {
            "CREATE_COMPLETE" => break,
            "CREATE_PENDING" | "CREATE_IN_PROGRESS" => pace.wait().await,
            _ => {
                let message = format!("Could not create Change Set \"{name}\" due to: {}", set.reason);
                return Err(Problem::new(message).into());
            }
        }
    }
    let seen = newest_event(session).await?;
    let mut execute = Map::new();
    execute.insert("StackName".to_owned(), json!(stack));
    execute.insert("ChangeSetName".to_owned(), json!(name));
    if let Some(disable) = session.service.get(&["provider", "disableRollback"]) {
        execute.insert("DisableRollback".to_owned(), disable.clone());
    }
    session.api.execute_change_set(&Value::Object(execute)).await?;
    watch(session, action, if id.is_empty() { &stack } else { &id }, seen).await?;
    if let (Action::Update, Some(policy)) = (action, policy(session)) {
        session.api.set_stack_policy(&stack, &policy).await?;
    }
    Ok(Change::Made)
}

/// Deletes the service's stack and waits for its end.
pub async fn delete(session: Session<'_>, stack: &Stack) -> Result<(), Errors> {
    session.report.step("Removing CloudFormation stack");
    let mut input = Map::new();
    input.insert("StackName".to_owned(), json!(session.service.stack_name()));
    if let Some(role) = deployment_role(session) {
        input.insert("RoleARN".to_owned(), role.clone());
    }
    let seen = newest_event(session).await?;
    session.api.delete_stack(&Value::Object(input)).await?;
    let id = if stack.id.is_empty() { session.service.stack_name() } else { stack.id.clone() };
    watch(session, Action::Delete, &id, seen).await
}

/// The input that creating and updating share.
fn shared(session: Session<'_>, body: Body<'_>) -> Map<String, Value> {
    let service = session.service;
    let mut input = Map::new();
    input.insert("StackName".to_owned(), json!(service.stack_name()));
    let mut capabilities = vec!["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"];
    let transform = match body {
        Body::Text(template) => {
            input.insert("TemplateBody".to_owned(), json!(template.to_string()));
            template.get("Transform").is_some()
        }
        Body::Url(url) => {
            input.insert("TemplateURL".to_owned(), json!(url));
            service.get(&["resources", "Transform"]).is_some()
        }
    };
    if transform {
        capabilities.push("CAPABILITY_AUTO_EXPAND");
    }
    input.insert("Capabilities".to_owned(), json!(capabilities));
    let mut tags = Map::new();
    let own = service.get(&["provider", "stackTags"]).and_then(Value::as_object);
    if !own.is_some_and(|own| own.keys().any(|key| key.eq_ignore_ascii_case("STAGE"))) {
        tags.insert("STAGE".to_owned(), json!(service.stage));
    }
    tags.extend(own.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())));
    let tags: Vec<Value> = tags.into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    input.insert("Tags".to_owned(), json!(tags));
    if let Some(role) = deployment_role(session) {
        input.insert("RoleARN".to_owned(), role.clone());
    }
    for (key, name) in [("notificationArns", "NotificationARNs"), ("stackParameters", "Parameters")] {
        if let Some(value) = service.get(&["provider", key]) {
            input.insert(name.to_owned(), value.clone());
        }
    }
    input
}

fn settings(session: Session<'_>, input: &mut Map<String, Value>) {
    for (key, name) in
        [("rollbackConfiguration", "RollbackConfiguration"), ("disableRollback", "DisableRollback")]
    {
        if let Some(value) = session.service.get(&["provider", key]) {
            input.insert(name.to_owned(), value.clone());
        }
    }
}

fn deployment_role(session: Session<'_>) -> Option<&Value> {
    session
        .service
        .get(&["provider", "iam", "deploymentRole"])
        .or_else(|| session.service.get(&["provider", "cfnRole"]))
}

fn policy(session: Session<'_>) -> Option<String> {
    let statements = session.service.get(&["provider", "stackPolicy"])?.as_array()?;
    (!statements.is_empty()).then(|| json!({"Statement": statements}).to_string())
}

/// The newest event that the stack has already, so that those of the coming change can be told from it.
async fn newest_event(session: Session<'_>) -> Result<Option<String>, Errors> {
    match session.api.stack_events(&session.service.stack_name(), None).await {
        Ok((events, _)) => Ok(events.into_iter().next().map(|event| event.id)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Waits for the end of a change and passes its events on.
async fn watch(
    session: Session<'_>,
    action: Action,
    stack: &str,
    seen: Option<String>,
) -> Result<(), Errors> {
    let mut pace = Pace::new(session.api);
    let mut known: HashSet<String> = seen.into_iter().collect();
    let mut failures: Vec<Event> = Vec::new();
    loop {
        let events = match new_events(session, stack, &known).await {
            Ok(events) => events,
            // A deleted stack may be forgotten at once when it is asked for by its name.
            Err(error) if action == Action::Delete && error.is_missing() => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        for event in events {
            known.insert(event.id.clone());
            session.report.event(&event);
            if event.status.ends_with("_FAILED") {
                failures.push(event.clone());
            }
            if event.resource_type != "AWS::CloudFormation::Stack" || event.physical_id != event.stack_id {
                continue;
            }
            if action.is_done(&event.status) {
                return Ok(());
            }
            let over = event.status.ends_with("_FAILED")
                || event.status.ends_with("ROLLBACK_COMPLETE")
                || event.status == "DELETE_COMPLETE";
            if over {
                return Err(failed(session, &event, &failures));
            }
        }
        pace.wait().await;
    }
}

/// The events that are not known yet, the oldest first.
async fn new_events(session: Session<'_>, stack: &str, known: &HashSet<String>) -> Result<Vec<Event>, Error> {
    let mut fresh = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let (events, next) = session.api.stack_events(stack, token.as_deref()).await?;
        for event in events {
            if known.contains(&event.id) {
                fresh.reverse();
                return Ok(fresh);
            }
            fresh.push(event);
        }
        match next {
            Some(next) => token = Some(next),
            None => {
                fresh.reverse();
                return Ok(fresh);
            }
        }
    }
}

/// What went wrong: each failure at the place in the project that it comes from, and how the stack ended.
fn failed(session: Session<'_>, end: &Event, failures: &[Event]) -> Errors {
    let stack = session.service.stack_name();
    // What was cancelled only follows from what failed.
    let causes =
        failures.iter().filter(|event| !event.reason.contains("cancelled") && event.logical_id != stack);
    let mut problems: Vec<Problem> = Vec::new();
    for event in causes {
        let reason = if event.reason.is_empty() { &event.status } else { &event.reason };
        let message = format!("{} ({}): {reason}", event.logical_id, event.resource_type);
        let problem = Problem { location: place(session, &event.logical_id), ..Problem::new(message) };
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    let reason = match problems.is_empty() && !end.reason.is_empty() {
        true => format!(": {}", end.reason),
        false => String::new(),
    };
    let problem = Problem::new(format!("stack {stack} ended in {}{reason}", end.status));
    problems.push(match end.status.as_str() {
        "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" => {
            problem.help("remove it with `cloudlet remove` before the next try")
        }
        "UPDATE_ROLLBACK_COMPLETE" => problem.help("the service is as it was before"),
        _ => problem,
    });
    Errors(problems)
}

/// Where in the project a resource comes from: its own entry, or the function that it was made for.
fn place(session: Session<'_>, logical_id: &str) -> Option<Location> {
    let service = session.service;
    let path = ["resources", "Resources", logical_id];
    if service.get(&path).is_some() {
        return Some(service.source.locate(&path));
    }
    let own = |key: &&String| logical_id.starts_with(&super::info::normal(key));
    let key = service.functions().keys().filter(own).max_by_key(|key| key.len())?;
    Some(service.source.locate(&["functions", key]))
}

/// A refused template: the refusal names resources or their types, which have places in the project.
fn refused(session: Session<'_>, error: Error) -> Errors {
    let resources = session.service.get(&["resources", "Resources"]).and_then(Value::as_object);
    let names = |text: &str| {
        error.message.split(|c: char| !(c.is_alphanumeric() || c == ':')).any(|word| word == text)
    };
    let by_type = error.message.contains("resource types");
    let named = resources.into_iter().flatten().filter(|(id, resource)| match by_type {
        true => resource["Type"].as_str().is_some_and(names),
        false => names(id),
    });
    let problem = Problem::from(error.clone());
    let problems: Vec<Problem> =
        named.map(|(id, _)| Problem { location: place(session, id), ..problem.clone() }).collect();
    Errors(if problems.is_empty() { vec![problem] } else { problems })
}
