//! How an operation is declared, and how the door sees it.

use std::future::Future;
use std::pin::Pin;

use shape::{Doc, Schema, Shape};
use wire::table::Http;

use crate::access;
use crate::arn::Arn;
use crate::cx::Cx;
use crate::failure::{ApiError, Failure};

/// A boxed future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How an operation touches the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Reads one snapshot.
    Read,
    /// Runs in a transaction that the door commits, and runs again when it loses a race.
    /// It touches the world only through that transaction.
    Write,
    /// Waits, streams or starts processes; opens short transactions itself.
    Free,
}

/// What access is decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resource {
    /// The operation names no resource: `*`.
    Any,
    /// One.
    One(Arn),
    /// Several; all must be allowed.
    All(Vec<Arn>),
}

impl From<Arn> for Resource {
    fn from(arn: Arn) -> Self {
        Self::One(arn)
    }
}

/// Condition keys with their values, for example `("s3:prefix", vec!["photos/"])`.
pub type Conditions = Vec<(&'static str, Vec<String>)>;

/// What a resource brings to the decision on access to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// As [`Operation::resource_policy`] gives it.
    pub policy: Option<String>,
    /// As [`Operation::conditions`] gives them.
    pub conditions: Conditions,
}

/// One AWS operation: its types, its resource and its logic.
///
/// ```ignore
/// pub struct SendMessage;
/// impl Operation for SendMessage {
///     const NAME: &'static str = "SendMessage";
///     const KIND: Kind = Kind::Write;
///     type Input = Input;
///     type Output = Output;
///     type Error = Error;
///     fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> { .. }
///     async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> { .. }
/// }
/// ```
pub trait Operation: 'static {
    /// AWS's name.
    const NAME: &'static str;
    /// How it touches the store.
    const KIND: Kind;
    /// Its place in a REST protocol.
    const HTTP: Option<Http> = None;
    /// The IAM action when it is not the name: `InvokeFunction` for Lambda's Invoke.
    const ACTION: Option<&'static str> = None;
    /// Whether every authenticated caller may call it, as with STS GetCallerIdentity.
    const OPEN: bool = false;
    /// Whether only the cloud itself calls it: it has no place in the API.
    const INTERNAL: bool = false;
    /// The request.
    type Input: Shape + Send + Sync;
    /// The answer.
    type Output: Shape + Send;
    /// The service's errors.
    type Error: ApiError;

    /// What access is decided on.
    fn resource(cx: &Cx, input: &Self::Input) -> Result<Resource, Self::Error>;

    /// As [`Operation::resource`], for operations that know the ARN only from the store: those of IAM have paths in
    /// theirs.
    fn stored_resource(
        cx: &mut Cx,
        input: &Self::Input,
    ) -> impl Future<Output = Result<Resource, Self::Error>> + Send {
        let resource = Self::resource(cx, input);
        async { resource }
    }

    /// The policy on the resource itself (queue policy, bucket policy, function policy), as JSON.
    fn resource_policy(
        _cx: &mut Cx,
        _input: &Self::Input,
    ) -> impl Future<Output = Result<Option<String>, Self::Error>> + Send {
        async { Ok(None) }
    }

    /// Condition keys that only this operation gives.
    fn conditions(
        _cx: &mut Cx,
        _input: &Self::Input,
    ) -> impl Future<Output = Result<Conditions, Self::Error>> + Send {
        async { Ok(Vec::new()) }
    }

    /// The policy and the conditions together, for operations that find both at one place in the store.
    fn terms(cx: &mut Cx, input: &Self::Input) -> impl Future<Output = Result<Terms, Self::Error>> + Send {
        async move {
            let policy = Self::resource_policy(cx, input).await?;
            Ok(Terms { policy, conditions: Self::conditions(cx, input).await? })
        }
    }

    /// The logic.
    fn run(cx: &mut Cx, input: Self::Input)
    -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;
}

/// An operation without its types: a line of a service's table.
#[derive(Clone, Copy)]
pub struct Entry {
    /// AWS's name.
    pub name: &'static str,
    /// How it touches the store.
    pub kind: Kind,
    /// Its place in a REST protocol.
    pub http: Option<Http>,
    /// The IAM action, without the service's prefix.
    pub action: &'static str,
    /// Whether every authenticated caller may call it.
    pub open: bool,
    /// Whether only the cloud itself calls it.
    pub internal: bool,
    /// The request's schema.
    pub input: fn() -> Schema,
    /// The answer's schema.
    pub output: fn() -> Schema,
    pub(crate) run: for<'a> fn(&'a mut Cx, Doc) -> BoxFuture<'a, Result<Doc, Failure>>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The table line of an operation.
pub const fn entry<O: Operation>() -> Entry {
    Entry {
        name: O::NAME,
        kind: O::KIND,
        http: O::HTTP,
        action: match O::ACTION {
            Some(action) => action,
            None => O::NAME,
        },
        open: O::OPEN,
        internal: O::INTERNAL,
        input: O::Input::schema,
        output: O::Output::schema,
        run: |cx, doc| Box::pin(run::<O>(cx, doc)),
    }
}

/// The one generic shim: types in, access decision, logic, document out.
async fn run<O: Operation>(cx: &mut Cx, doc: Doc) -> Result<Doc, Failure> {
    let input =
        O::Input::from_doc(doc).map_err(|m| Failure::new("SerializationException", 400, m.to_string()))?;
    if access::must_decide(cx) {
        let resource = O::stored_resource(cx, &input).await.map_err(ApiError::into_failure)?;
        let terms = O::terms(cx, &input).await.map_err(ApiError::into_failure)?;
        access::decide_operation(cx, &resource, &terms).await?;
    }
    O::run(cx, input).await.map(Shape::into_doc).map_err(ApiError::into_failure)
}
