//! The short way in, for services that call a function for each of their requests: what [`crate::ops`]' Invoke does with
//! a synchronous invocation, without the documents around it and with everything that repeats itself in memory.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use cloud::access::{self, Policy};
use cloud::client::lambda::{Functions, Invoked};
use cloud::prelude::*;
use cloud::{ApiError as _, Failure};

use crate::error::Error;
use crate::limits::REQUEST_BYTES_MAX;
use crate::lineage;
use crate::names::FunctionRef;
use crate::runner::{Ready, Runner};
use crate::runtime::environment::Invocation;

/// The action on which access is decided.
const ACTION: &str = "lambda:InvokeFunction";

/// A function as its callers name it.
#[derive(Debug)]
pub(crate) struct Target {
    region: String,
    name: String,
    /// What stands for the function in the lineage of a trace.
    hash: String,
    /// The ARN with the qualifier.
    arn: Arc<str>,
    policy: Option<Arc<Policy>>,
    ready: Arc<Ready>,
}

/// Invocations without documents.
#[derive(Debug)]
pub(crate) struct Direct;

#[async_trait]
impl Functions for Direct {
    async fn invoke(&self, cx: &mut Cx, function: &str, payload: Bytes) -> Result<Invoked, Failure> {
        run(cx, function, payload).await.map_err(Error::into_failure)
    }
}

async fn run(cx: &mut Cx, name: &str, payload: Bytes) -> Result<Invoked, Error> {
    if payload.len() > REQUEST_BYTES_MAX {
        return Err(Error::payload_too_large(REQUEST_BYTES_MAX));
    }
    let runner = Runner::of(cx);
    let target = match runner.target(name).filter(|target| target.region == cx.region()) {
        Some(target) => {
            access::decide_known(cx, ACTION, &target.arn, target.policy.as_deref()).await?;
            target
        }
        None => find(cx, &runner, name).await?,
    };
    let trace = lineage::trace_of(cx, &target.name, &target.hash, target.ready.may_loop)?;
    let (shelf, permit) = runner.admit(cx, &target.ready)?;
    let invocation = Invocation {
        request_id: Arc::clone(cx.shared_request_id()),
        payload,
        invoked_arn: Arc::clone(&target.arn),
        trace,
        client_context: String::new(),
        identity: String::new(),
        stream: None,
    };
    let outcome = shelf.invoke(&invocation, false, Some(permit)).await;
    cx.note_invocation(outcome.noted(0));
    Ok(Invoked { payload: outcome.payload, function_error: outcome.failed.then(|| "Unhandled".to_string()) })
}

/// The function by its name, once the caller may invoke it: its code is unpacked for nobody else.
async fn find(cx: &mut Cx, runner: &Runner, name: &str) -> Result<Arc<Target>, Error> {
    let generation = runner.generation();
    let function = FunctionRef::parse(cx, name, None)?;
    let policy = match runner.policy(cx, &function).await {
        Ok(policy) => policy,
        // Whether it is there is told only to those who may invoke it.
        Err(Error::NotFound(_)) => None,
        Err(error) => return Err(error),
    };
    let policy = policy.map(|text| access::parse_policy(cx, &text)).transpose()?;
    let arn: Arc<str> = function.qualified_arn().as_str().into();
    access::decide_known(cx, ACTION, &arn, policy.as_deref()).await?;
    let ready = runner.ready(cx, &function).await?;
    let hash = lineage::hash(&function);
    let FunctionRef { region, name: function, .. } = function;
    let target = Arc::new(Target { region, name: function, hash, arn, policy, ready });
    // A plain name means another function in each account, an ARN the same for everybody.
    if name.starts_with("arn:") {
        runner.keep_target(generation, name, &target);
    }
    Ok(target)
}
