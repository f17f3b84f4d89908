//! The door: the one way in, for HTTP, for other services, for CloudFormation, for the console.
//!
//! `call` finds the operation, checks the input against its schema, opens the transaction that its kind asks for,
//! decides access, runs it, commits, runs it again after a lost race, and writes the trace.

use std::sync::Arc;

use shape::Doc;
use store::Tx;
use wire::Notation;

use crate::caller::Caller;
use crate::cx::{ATTEMPTS_MAX, Cx};
use crate::failure::{ApiError, Failure};
use crate::instance::Cloud;
use crate::operation::{Entry, Kind};
use crate::service::Service;
use crate::trace;

/// Calls that call calls: a chain longer than this is a loop (SNS to Lambda to SNS ... within one transaction).
const DEPTH_MAX: u8 = 32;

/// An operation by name; what is not there is AWS's `UnknownOperationException`.
pub(crate) fn find(
    cloud: &Cloud,
    service: &str,
    operation: &str,
) -> Result<(&'static Service, &'static Entry), Failure> {
    cloud.registry().operation(service, operation).ok_or_else(|| {
        let text = format!("{service}:{operation} is not supported by this cloud");
        Failure::new("UnknownOperationException", 400, text)
    })
}

/// Calls an operation from outside of any other: HTTP, command line, tests.
pub async fn call(
    cloud: &Arc<Cloud>,
    caller: Caller,
    service: &str,
    operation: &str,
    input: Doc,
) -> Result<Doc, Failure> {
    let mut cx = Cx::outer(cloud, caller);
    let (service, entry) = find(cloud, service, operation)?;
    dispatch(&mut cx, service, entry, input).await
}

/// Calls an operation from within another one.
pub(crate) async fn call_inside(
    parent: &mut Cx,
    caller: Caller,
    service: &str,
    operation: &str,
    input: Doc,
) -> Result<Doc, Failure> {
    let (service, entry) = find(&parent.cloud, service, operation)?;
    let mut child = child_of(parent, caller)?;
    if parent.call.kind == Kind::Free {
        return dispatch(&mut child, service, entry, input).await;
    }
    let fits = entry.kind == Kind::Read || (entry.kind == Kind::Write && parent.call.kind == Kind::Write);
    if !fits {
        return Err(does_not_fit(parent, service, entry));
    }
    child.tx = parent.tx.take();
    let savepoint = child.tx.as_ref().map(Tx::savepoint);
    let answer = dispatch_joined(&mut child, service, entry, input).await;
    parent.tx = child.tx.take();
    if let (Err(_), Some(tx), Some(savepoint)) = (&answer, &mut parent.tx, savepoint) {
        tx.roll_back_to(savepoint);
    }
    answer
}

/// The context of a call within another one.
fn child_of(parent: &Cx, caller: Caller) -> Result<Cx, Failure> {
    if parent.call.depth >= DEPTH_MAX {
        return Err(Failure::internal(format!("calls are nested deeper than {DEPTH_MAX}")));
    }
    let mut child = parent.detach_as(caller);
    child.call.internal = false;
    child.call.depth += 1;
    child.call.invocation = None;
    child.call.notation = Notation::Json;
    Ok(child)
}

fn does_not_fit(parent: &Cx, service: &Service, entry: &Entry) -> Failure {
    Failure::internal(format!(
        "a {:?} operation ({}) called the {:?} operation {}/{}",
        parent.call.kind, parent.call.operation, entry.kind, service.name, entry.name
    ))
}

/// The context of a Free operation within another one, for a caller that runs it without a document.
pub(crate) fn enter_inside(
    parent: &Cx,
    caller: Caller,
    service: &'static Service,
    entry: &'static Entry,
) -> Result<Cx, Failure> {
    let mut child = child_of(parent, caller)?;
    if parent.call.kind != Kind::Free || entry.kind != Kind::Free {
        return Err(does_not_fit(parent, service, entry));
    }
    enter(&mut child, service, entry);
    Ok(child)
}

/// Runs `entry` in the context `cx`, which has no transaction.
pub(crate) async fn dispatch(
    cx: &mut Cx,
    service: &'static Service,
    entry: &'static Entry,
    input: Doc,
) -> Result<Doc, Failure> {
    let started = trace::Started::now(&cx.cloud);
    enter(cx, service, entry);
    let answer = match check(service, entry, &input) {
        Ok(()) => match entry.kind {
            Kind::Free => (entry.run)(cx, input).await,
            Kind::Read => run_read(cx, entry, input).await,
            Kind::Write => run_write(cx, entry, input).await,
        },
        Err(failure) => Err(failure),
    };
    trace::record(cx, service, entry, &started, answer.as_ref().err());
    answer
}

/// Runs `entry` in the transaction that `cx` already has.
async fn dispatch_joined(
    cx: &mut Cx,
    service: &'static Service,
    entry: &'static Entry,
    input: Doc,
) -> Result<Doc, Failure> {
    let started = trace::Started::now(&cx.cloud);
    let kind = cx.call.kind;
    enter(cx, service, entry);
    cx.call.kind = if kind == Kind::Read { kind } else { entry.kind };
    check(service, entry, &input)?;
    let answer = (entry.run)(cx, input).await;
    trace::record(cx, service, entry, &started, answer.as_ref().err());
    answer
}

fn enter(cx: &mut Cx, service: &'static Service, entry: &'static Entry) {
    cx.call.service = Some(service);
    cx.call.operation = entry.name;
    cx.call.action = entry.action;
    cx.call.open = entry.open;
    // Nobody else can reach such an operation.
    cx.call.internal |= entry.internal;
    cx.call.kind = entry.kind;
}

fn check(service: &Service, entry: &Entry, input: &Doc) -> Result<(), Failure> {
    let violations = shape::validate((entry.input)(), input);
    if violations.is_empty() {
        return Ok(());
    }
    Err(Failure::new(service.words.validation_code, 400, shape::violations_text(&violations)))
}

async fn run_read(cx: &mut Cx, entry: &Entry, input: Doc) -> Result<Doc, Failure> {
    cx.tx = Some(store::snapshot(cx.cloud.store()).await?);
    let answer = (entry.run)(cx, input).await;
    cx.tx = None;
    answer
}

async fn run_write(cx: &mut Cx, entry: &Entry, input: Doc) -> Result<Doc, Failure> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        cx.tx = Some(store::begin(cx.cloud.store()).await?);
        let answer = (entry.run)(cx, input.clone()).await;
        let (tx, late_answer) = (cx.tx.take(), cx.late_answer.take());
        let failure = match answer {
            Ok(output) => {
                let tx = tx.ok_or_else(|| Failure::internal("the operation lost its transaction"))?;
                match tx.commit().await {
                    Ok(committed) => return Ok(late_answer.map_or(output, |answer| answer(&committed))),
                    Err(error) => Failure::from(error),
                }
            }
            Err(failure) => failure,
        };
        if !failure.is_conflict() || attempt == ATTEMPTS_MAX {
            return Err(failure);
        }
        tokio::task::yield_now().await;
    }
}
