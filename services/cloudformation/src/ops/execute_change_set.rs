//! ExecuteChangeSet.

use cloud::prelude::*;

use crate::begin::Deployment;
use crate::error::Error;
use crate::keys::OnFailure;
use crate::ops::describe_change_set::{self, Names, execution_status, status};
use crate::shapes::Refused;
use crate::stacks;
use crate::status::Status;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1600, pattern = "[a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/]*")]
    change_set_name: String,
    #[shape(len = 1..)]
    stack_name: Option<String>,
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9][-a-zA-Z0-9]*")]
    client_request_token: Option<String>,
    disable_rollback: Option<bool>,
    retain_except_on_create: Option<bool>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct ExecuteChangeSet;

impl Operation for ExecuteChangeSet {
    const NAME: &'static str = "ExecuteChangeSet";
    const KIND: Kind = Kind::Free;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(input.stack_name.as_ref().map_or(Resource::Any, |name| stacks::resource(cx, name)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        Refused::default()
            .when("RetainExceptOnCreate", input.retain_except_on_create == Some(true))
            .check()?;
        let tx = cx.snapshot().await?;
        let names = Names { change_set: input.change_set_name, stack: input.stack_name };
        let (stack, row) = describe_change_set::open(cx, &tx, &names).await?;
        drop(tx);
        if execution_status(&stack, &row) != "AVAILABLE" {
            return Err(Error::InvalidChangeSetStatus(format!(
                "ChangeSet [{}] cannot be executed in its current status of [{}]",
                row.id(&stack),
                status(&row)
            )));
        }
        let on_failure = match (input.disable_rollback, row.on_failure) {
            (Some(true), _) => OnFailure::DoNothing,
            (_, given) => given.unwrap_or_default(),
        };
        let is_new = stack.status == Status::ReviewInProgress;
        let deployment = Deployment {
            place: stack.place(),
            spec: row.spec.clone(),
            text: None,
            on_failure,
            token: input.client_request_token,
            policy: None,
            policy_now: None,
            protection: None,
            change_set: Some(row),
            family: None,
        };
        match is_new {
            true => deployment.create(cx).await?,
            false => deployment.update(cx).await?,
        }
        Ok(Output {})
    }
}
