//! A Lambda whose functions are a test's, for the services that invoke some.
//!
//! ```ignore
//! struct Doubles;
//! impl Functions for Doubles {
//!     async fn invoke(_cx: &mut Cx, call: Call) -> Result<Answer, Failure> {
//!         Ok(Answer::of(&json!(call.event["n"].as_i64().unwrap() * 2)))
//!     }
//! }
//! static LAMBDA: Service = lambda::service::<Doubles>();
//! ```

use std::future::Future;
use std::marker::PhantomData;
use std::sync::Mutex;

use ::cloud::operation::{Entry, entry};
use ::cloud::prelude::*;
use ::cloud::service::{Service, Words};
use bytes::Bytes;
use serde_json::Value;

use crate::World;

const WHOLE: &str = "nobody panics with the calls in hand";

/// What functions do. All of them are there, whatever their names.
pub trait Functions: Send + Sync + Sized + 'static {
    /// The operations of the service.
    const OPERATIONS: &'static [Entry] = &[entry::<AcceptEvent<Self>>(), entry::<Invoke<Self>>()];

    /// The policy of the function that is called.
    fn policy(_call: &Call) -> Option<String> {
        None
    }

    /// What a function answers to who waits for it.
    fn invoke(_cx: &mut Cx, call: Call) -> impl Future<Output = Result<Answer, Failure>> + Send {
        async move { Err(Failure::internal(format!("nobody should wait for {call:?}"))) }
    }

    /// What becomes of an event for which nobody waits, in the transaction that brings it.
    fn accept(_cx: &mut Cx, _call: &Call) -> Result<(), Failure> {
        Ok(())
    }
}

/// One call of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function's ARN.
    pub function: String,
    /// `RequestResponse`, `Event` or `DryRun`.
    pub invocation_type: String,
    /// What it gets; null when that is nothing.
    pub event: Value,
}

impl Call {
    fn new(function: &str, invocation_type: &str, event: &[u8]) -> Self {
        let event = match event {
            [] => Value::Null,
            text => serde_json::from_slice(text).expect("events are JSON"),
        };
        Self { function: function.to_owned(), invocation_type: invocation_type.to_owned(), event }
    }

    /// The function's name.
    pub fn name(&self) -> &str {
        self.function.rsplit(':').next().unwrap_or_default()
    }
}

/// What a function answers.
#[derive(Debug, Shape)]
pub struct Answer {
    #[shape(header = "X-Amz-Function-Error")]
    function_error: Option<String>,
    #[shape(payload)]
    payload: Option<Bytes>,
}

impl Answer {
    /// This.
    pub fn of(value: &Value) -> Self {
        Self { function_error: None, payload: Some(value.to_string().into()) }
    }

    /// Nothing at all.
    pub fn nothing() -> Self {
        Self { function_error: None, payload: None }
    }

    /// An error that the function did not handle.
    pub fn error(value: &Value) -> Self {
        Self { function_error: Some("Unhandled".to_owned()), ..Self::of(value) }
    }
}

/// A Lambda with these functions.
pub const fn service<F: Functions>() -> Service {
    Service {
        name: "lambda",
        title: "Lambda",
        signing_name: "lambda",
        protocols: &[],
        operations: F::OPERATIONS,
        resources: &[],
        jobs: &[],
        plane: None,
        words: Words::JSON,
    }
}

/// What functions of this node were called with, oldest first.
#[derive(Default)]
struct Calls(Mutex<Vec<Call>>);

/// Takes what functions were called with since this was asked the last time.
pub fn calls(world: &World) -> Vec<Call> {
    std::mem::take(&mut world.cloud().states().get::<Calls>().0.lock().expect(WHOLE))
}

/// How many calls there are to take.
pub fn count(world: &World) -> usize {
    world.cloud().states().get::<Calls>().0.lock().expect(WHOLE).len()
}

/// How often the function of `call` was called since then, this call counted.
pub fn times(cx: &Cx, call: &Call) -> usize {
    let calls = cx.state::<Calls>();
    calls.0.lock().expect(WHOLE).iter().filter(|other| other.function == call.function).count()
}

fn arn(function: &str) -> Result<Resource, Failure> {
    Ok(function.parse::<Arn>().map_err(Failure::internal)?.into())
}

/// Lambda's `Invoke`.
#[derive(Debug)]
pub struct Invoke<F>(PhantomData<F>);

/// The input of [`Invoke`].
#[derive(Debug, Shape)]
pub struct InvokeInput {
    #[shape(label)]
    function_name: String,
    #[shape(header = "X-Amz-Invocation-Type")]
    invocation_type: Option<String>,
    #[shape(payload)]
    payload: Option<Bytes>,
}

impl InvokeInput {
    fn call(&self) -> Call {
        let invocation_type = self.invocation_type.as_deref().unwrap_or("RequestResponse");
        Call::new(&self.function_name, invocation_type, self.payload.as_deref().unwrap_or_default())
    }
}

impl<F: Functions> Operation for Invoke<F> {
    const NAME: &'static str = "Invoke";
    const KIND: Kind = Kind::Free;
    const ACTION: Option<&'static str> = Some("InvokeFunction");
    type Input = InvokeInput;
    type Output = Answer;
    type Error = Failure;

    fn resource(_cx: &Cx, input: &InvokeInput) -> Result<Resource, Failure> {
        arn(&input.function_name)
    }

    async fn resource_policy(_cx: &mut Cx, input: &InvokeInput) -> Result<Option<String>, Failure> {
        Ok(F::policy(&input.call()))
    }

    async fn run(cx: &mut Cx, input: InvokeInput) -> Result<Answer, Failure> {
        let call = input.call();
        cx.state::<Calls>().0.lock().expect(WHOLE).push(call.clone());
        F::invoke(cx, call).await
    }
}

/// How Lambda takes events for which nobody waits.
#[derive(Debug)]
pub struct AcceptEvent<F>(PhantomData<F>);

/// The input of [`AcceptEvent`].
#[derive(Debug, Shape)]
pub struct EventInput {
    function_name: String,
    event: String,
}

impl EventInput {
    fn call(&self) -> Call {
        Call::new(&self.function_name, "Event", self.event.as_bytes())
    }
}

/// The answer of [`AcceptEvent`].
#[derive(Debug, Shape)]
pub struct Accepted;

impl<F: Functions> Operation for AcceptEvent<F> {
    const NAME: &'static str = "AcceptEvent";
    const KIND: Kind = Kind::Write;
    const ACTION: Option<&'static str> = Some("InvokeFunction");
    type Input = EventInput;
    type Output = Accepted;
    type Error = Failure;

    fn resource(_cx: &Cx, input: &EventInput) -> Result<Resource, Failure> {
        arn(&input.function_name)
    }

    async fn resource_policy(_cx: &mut Cx, input: &EventInput) -> Result<Option<String>, Failure> {
        Ok(F::policy(&input.call()))
    }

    async fn run(cx: &mut Cx, input: EventInput) -> Result<Accepted, Failure> {
        let call = input.call();
        F::accept(cx, &call)?;
        let calls = cx.state::<Calls>();
        // Once, however often the transaction runs.
        cx.tx().on_commit(move |_| calls.0.lock().expect(WHOLE).push(call));
        Ok(Accepted)
    }
}
