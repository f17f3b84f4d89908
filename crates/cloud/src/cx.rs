//! `Cx`: what an operation has in its hands.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::future::Either;
use serde_json::Value;
use shape::{Doc, Timestamp};
use store::layer::table::{self, Record};
use store::tuple::Pack;
use store::{Committed, Tx};
use wire::Notation;

use crate::arn::Arn;
use crate::caller::Caller;
use crate::clock::Chance;
use crate::door;
use crate::failure::{ApiError, Failure};
use crate::instance::Cloud;
use crate::operation::{BoxFuture, Conditions, Kind, Resource};
use crate::outbox::{self, Delivery};
use crate::service::Service;
use crate::trace::{Invocation, Late};
use crate::xray::TraceHeader;
use crate::{access, state};

/// How many times a transaction is run again after lost races before the caller hears of it.
pub(crate) const ATTEMPTS_MAX: u32 = 64;

/// The context of one call: who calls, in which transaction, at what time.
pub struct Cx {
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) caller: Caller,
    pub(crate) call: Call,
    pub(crate) tx: Option<Tx>,
    /// The answer of a Write operation that is known only with its commit.
    pub(crate) late_answer: Option<LateAnswer>,
}

/// Makes an answer from a commit.
pub(crate) type LateAnswer = Box<dyn FnOnce(&Committed) -> Doc + Send + Sync>;

/// What is known of the call itself.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The request id that the client sees.
    pub(crate) request_id: Arc<str>,
    /// The causal trace that the call belongs to.
    pub(crate) trace_id: Arc<str>,
    /// Through which functions the trace has come: the `Lineage` of `X-Amzn-Trace-Id`; none when it began here.
    pub(crate) lineage: Option<Arc<str>>,
    /// That header, word for word, when the trace came with one: queues hand it on.
    pub(crate) trace_header: Option<Arc<str>>,
    /// The service and operation that run; empty service name outside of any.
    pub(crate) service: Option<&'static Service>,
    pub(crate) operation: &'static str,
    /// The IAM action that access is decided on, without the prefix.
    pub(crate) action: &'static str,
    pub(crate) open: bool,
    pub(crate) kind: Kind,
    /// Calls above this one.
    pub(crate) depth: u8,
    /// Which attempt of a delivery it is, from 1.
    pub(crate) attempt: u32,
    /// The platform itself acts: nothing to decide.
    pub(crate) internal: bool,
    /// What the function took that the call has invoked.
    pub(crate) invocation: Option<Arc<Invocation>>,
    /// Its trace record is written when what goes on after its answer has ended.
    pub(crate) is_late: bool,
    /// In what the caller gets events; JSON inside the platform.
    pub(crate) notation: Notation,
}

/// A trace that a call was in.
#[derive(Clone, Debug)]
pub struct Trace {
    id: Arc<str>,
    lineage: Option<Arc<str>>,
    header: Option<Arc<str>>,
}

impl Cx {
    /// A context in which the platform itself acts for `service`: background work, data planes.
    pub fn internal(cloud: &Arc<Cloud>, service: &'static str) -> Self {
        let caller = Caller::service(service, cloud.account().clone(), cloud.region().clone(), None);
        let mut cx = Self::outer(cloud, caller);
        cx.call.internal = true;
        cx
    }

    /// A Free context for a call from outside, or from a background task, with a new trace.
    pub fn outer(cloud: &Arc<Cloud>, caller: Caller) -> Self {
        let (request_id, trace_id) = (cloud.chance().shared_uuid(), cloud.new_trace_id());
        Self {
            cloud: cloud.clone(),
            caller,
            call: Call::outer(request_id, trace_id),
            tx: None,
            late_answer: None,
        }
    }

    /// A Free context of its own for a task that goes on after this call, in the same trace and for the same
    /// caller.
    pub fn detach(&self) -> Self {
        self.detach_as(self.caller.clone())
    }

    /// As [`Cx::detach`], for another caller.
    pub(crate) fn detach_as(&self, caller: Caller) -> Self {
        let mut call = self.call.clone();
        call.kind = Kind::Free;
        Self { cloud: self.cloud.clone(), caller, call, tx: None, late_answer: None }
    }

    /// The same call in the hands of another principal; it is checked like any other caller.
    pub fn act_as(&self, caller: Caller) -> Self {
        let mut cx = self.detach_as(caller);
        cx.call.internal = false;
        cx
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.cloud.clock().now()
    }

    /// Returns once it is `until`.
    pub fn sleep_until(&self, until: Timestamp) -> impl Future<Output = ()> + Send + use<> {
        // The machine's clock is the runtime's: no need to box what waits for it, for each request that has a deadline.
        if self.cloud.clock().is_virtual() {
            let cloud = self.cloud.clone();
            return Either::Left(async move { cloud.clock().sleep_until(until).await });
        }
        let millis = u64::try_from(until.millis_since(self.now())).unwrap_or(0);
        Either::Right(tokio::time::sleep(Duration::from_millis(millis)))
    }

    /// A new random UUID.
    pub fn new_id(&self) -> String {
        self.cloud.chance().uuid()
    }

    /// As [`Cx::new_id`], for what is written often: ids of the same time stand together.
    pub fn new_timely_id(&self) -> String {
        self.cloud.chance().timely_uuid(self.now())
    }

    /// Random bytes and texts.
    pub fn chance(&self) -> &Chance {
        self.cloud.chance()
    }

    /// In what the caller gets the payloads of events.
    pub fn notation(&self) -> Notation {
        self.call.notation
    }

    /// Who calls.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The account in which the call acts.
    pub fn account(&self) -> &str {
        &self.caller.account
    }

    /// The region in which the call acts.
    pub fn region(&self) -> &str {
        &self.caller.region
    }

    /// The id of the request, as the client sees it.
    pub fn request_id(&self) -> &str {
        &self.call.request_id
    }

    /// Which attempt it is when the outbox calls; 1 for everybody else.
    pub fn attempt(&self) -> u32 {
        self.call.attempt
    }

    /// As [`Cx::request_id`], to be shared.
    pub fn shared_request_id(&self) -> &Arc<str> {
        &self.call.request_id
    }

    /// The causal trace, in X-Ray's form `1-<time>-<96 bits>`.
    pub fn trace_id(&self) -> &str {
        &self.call.trace_id
    }

    /// Through which functions the trace has come, as `X-Amzn-Trace-Id` says it; empty when it began here.
    pub fn lineage(&self) -> &str {
        self.call.lineage.as_deref().unwrap_or_default()
    }

    /// The `X-Amzn-Trace-Id` with which the trace came, if it came with one.
    pub fn trace_header(&self) -> Option<&str> {
        self.call.trace_header.as_deref()
    }

    /// Goes on in a trace that began elsewhere, such as that of an event that waited.
    pub fn join_trace(&mut self, trace_id: &str, lineage: Option<&str>) {
        self.call.trace_id = trace_id.into();
        self.call.lineage = lineage.map(Arc::from);
        self.call.trace_header = None;
    }

    /// Goes on in the trace that an `X-Amzn-Trace-Id` names: of a request, a message or an event. One that names none changes
    /// no more than the lineage.
    pub fn join_header(&mut self, text: &str) {
        let header = TraceHeader::parse(text);
        let root = header.root.as_deref().unwrap_or(&self.call.trace_id).to_owned();
        self.join_trace(&root, header.lineage.as_deref());
        self.call.trace_header = header.root.map(|_| text.into());
    }

    /// The trace that the call is in, for [`Cx::come_back`].
    pub fn trace(&self) -> Trace {
        let Call { trace_id, lineage, trace_header, .. } = &self.call;
        Trace { id: trace_id.clone(), lineage: lineage.clone(), header: trace_header.clone() }
    }

    /// Goes on in a trace that it has left for one part of its work.
    pub fn come_back(&mut self, trace: Trace) {
        Trace { id: self.call.trace_id, lineage: self.call.lineage, header: self.call.trace_header } = trace;
    }

    /// Goes on for another account and region. Only what the cloud does of itself may do that.
    pub fn for_account(&mut self, account: &str, region: &str) {
        debug_assert!(
            self.call.internal || matches!(self.caller.principal, crate::caller::Principal::Service(_))
        );
        self.caller.account = account.into();
        self.caller.region = region.into();
    }

    /// An ARN of `service` in the call's account and region.
    pub fn arn(&self, service: &str, resource: impl std::fmt::Display) -> Arn {
        Arn::new(service, self.region(), self.account(), resource)
    }

    /// Adds what an invocation took to the trace record of this call.
    pub fn note_invocation(&mut self, invocation: Invocation) {
        self.call.invocation = Some(Arc::new(invocation));
    }

    /// The trace record of an invocation of `caller`'s that goes on after the answer, or that no operation made. In an
    /// operation it takes the place of the operation's own record, unless that fails.
    pub fn late_record(&mut self, service: &'static str, operation: &'static str, caller: &Caller) -> Late {
        self.call.is_late = true;
        Late::new(self, service, operation, caller)
    }

    /// The cloud.
    pub fn cloud(&self) -> &Arc<Cloud> {
        &self.cloud
    }

    /// The transaction of a Read or Write operation.
    pub fn tx(&mut self) -> &mut Tx {
        self.tx.as_mut().expect("only Read and Write operations have a transaction; Free ones use `transact`")
    }

    /// As [`Cx::tx`], where it may be a Free operation that asks; those have none.
    pub fn tx_if_any(&self) -> Option<&Tx> {
        self.tx.as_ref()
    }

    /// In a Write operation: makes the answer when the commit is there, in place of what `run` gives. For what is known
    /// only then, such as the place of an appended record. Who calls the operation within its own transaction gets what
    /// `run` gives.
    pub fn answer_after_commit(&mut self, answer: impl FnOnce(&Committed) -> Doc + Send + Sync + 'static) {
        self.late_answer = Some(Box::new(answer));
    }

    /// A consistent read view for a Free operation.
    pub async fn snapshot(&self) -> Result<Tx, store::Error> {
        store::snapshot(self.cloud.store()).await
    }

    /// Reads a record: in the transaction of a Read or Write operation, in a fresh view otherwise.
    pub async fn get<R: Record>(&self, key: impl Pack) -> Result<Option<R>, store::Error> {
        match &self.tx {
            Some(tx) => table::get(tx, key).await,
            None => table::get(&self.snapshot().await?, key).await,
        }
    }

    /// Runs `run` in a transaction of its own and commits it; again when it loses a race.
    pub async fn transact<T, E>(
        &self,
        run: impl for<'a> Fn(&'a mut Tx) -> BoxFuture<'a, Result<T, E>> + Send + Sync,
    ) -> Result<T, E>
    where
        E: ApiError + From<store::Error>,
    {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let mut tx = store::begin(self.cloud.store()).await?;
            let error = match run(&mut tx).await {
                Ok(value) => match tx.commit().await {
                    Ok(_) => return Ok(value),
                    Err(error) => E::from(error),
                },
                Err(error) => error,
            };
            if !error.is_conflict() || attempt == ATTEMPTS_MAX {
                return Err(error);
            }
            tokio::task::yield_now().await;
        }
    }

    /// Calls an operation as `caller`. In a Write operation, Read and Write operations join its transaction.
    /// What a joined call wrote is taken back when it fails.
    pub fn call<'a>(
        &'a mut self,
        caller: Caller,
        service: &'a str,
        operation: &'a str,
        input: Doc,
    ) -> BoxFuture<'a, Result<Doc, Failure>> {
        Box::pin(door::call_inside(self, caller, service, operation, input))
    }

    /// As [`Cx::call`], with input and output as JSON: member names as in AWS's JSON protocols, blobs in base64.
    pub async fn call_json(
        &mut self,
        caller: Caller,
        service: &str,
        operation: &str,
        input: &Value,
    ) -> Result<Value, Failure> {
        let (_, entry) = door::find(&self.cloud, service, operation)?;
        let doc = wire::json::from_value((entry.input)(), input)
            .map_err(|error| Failure::new("SerializationException", 400, error.message))?;
        let output = self.call(caller, service, operation, doc).await?;
        Ok(wire::json::to_value((entry.output)(), &output))
    }

    /// Decides whether the caller may do `action` (`iam:PassRole`) on `resource`, besides the operation's own
    /// decision.
    pub async fn require(
        &mut self,
        action: &str,
        resource: &Resource,
        conditions: &Conditions,
    ) -> Result<(), Failure> {
        access::decide_action(self, action, resource, None, conditions).await
    }

    /// As [`Cx::require`], where the resource may have a policy of its own.
    pub async fn require_with(
        &mut self,
        action: &str,
        resource: &Resource,
        policy: Option<&str>,
        conditions: &Conditions,
    ) -> Result<(), Failure> {
        access::decide_action(self, action, resource, policy, conditions).await
    }

    /// Hands `delivery` to the outbox: with the transaction in a Write operation, at once in a Free one.
    /// It is delivered at least once, in the background, with retries.
    pub async fn send(&mut self, delivery: Delivery) -> Result<(), Failure> {
        outbox::send(self, delivery).await
    }

    /// As [`Cx::send`], but at once where that is possible: the target is a Write operation and so is this one. Then
    /// both happen in one transaction, or neither does.
    pub async fn hand_over(&mut self, delivery: Delivery) -> Result<(), Failure> {
        outbox::hand_over(self, delivery).await
    }

    /// The value of type `T` that services keep in memory, one in a cloud.
    pub fn state<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        self.cloud.states().get()
    }

    /// All values in memory.
    pub fn states(&self) -> &state::States {
        self.cloud.states()
    }
}

impl Call {
    fn outer(request_id: Arc<str>, trace_id: Arc<str>) -> Self {
        Self {
            request_id,
            trace_id,
            lineage: None,
            trace_header: None,
            service: None,
            operation: "",
            action: "",
            open: false,
            kind: Kind::Free,
            depth: 0,
            attempt: 1,
            internal: false,
            invocation: None,
            is_late: false,
            notation: Notation::Json,
        }
    }
}

impl std::fmt::Debug for Cx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cx")
            .field("caller", &self.caller.arn())
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}
