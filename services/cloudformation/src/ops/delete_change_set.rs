//! DeleteChangeSet.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::ChangeSetRow;
use crate::ops::describe_change_set::{self, Names};
use crate::stacks;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1600, pattern = "[a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/]*")]
    change_set_name: String,
    #[shape(len = 1..)]
    stack_name: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct DeleteChangeSet;

impl Operation for DeleteChangeSet {
    const NAME: &'static str = "DeleteChangeSet";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(input.stack_name.as_ref().map_or(Resource::Any, |name| stacks::resource(cx, name)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let names = Names { change_set: input.change_set_name, stack: input.stack_name };
        let tx = cx.snapshot().await?;
        // Deleting what is not there succeeds; a stack that is not there does not.
        match describe_change_set::open(cx, &tx, &names).await {
            Ok((stack, row)) => {
                if !row.executed {
                    stacks::forget_template(cx.tx(), &row.spec.template).await?;
                }
                table::delete::<ChangeSetRow>(cx.tx(), (&stack.uuid, &row.name)).await?;
            }
            Err(Error::NoSuchChangeSet(_)) => {}
            Err(error) => return Err(error),
        }
        Ok(Output {})
    }
}
