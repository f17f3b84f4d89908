//! DescribeStackResources.

use cloud::prelude::*;

use crate::error::Error;
use crate::keys::ResourceRow;
use crate::shapes::{StackResource, is_shown};
use crate::stacks;

#[derive(Shape)]
pub(crate) struct Input {
    stack_name: Option<String>,
    logical_resource_id: Option<String>,
    physical_resource_id: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    stack_resources: Vec<StackResource>,
}

/// Differs from AWS: a search by physical id without a stack is refused.
pub(crate) struct DescribeStackResources;

impl Operation for DescribeStackResources {
    const NAME: &'static str = "DescribeStackResources";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(input.stack_name.as_ref().map_or(Resource::Any, |name| stacks::resource(cx, name)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let Some(name) = &input.stack_name else {
            return Err(match input.physical_resource_id {
                Some(_) => Error::invalid("PhysicalResourceId without StackName is not supported here"),
                None => Error::invalid("Either stackName or physicalResourceId must be specified."),
            });
        };
        if input.physical_resource_id.is_some() {
            return Err(Error::invalid("PhysicalResourceId and StackName cannot be specified together."));
        }
        let tx = cx.snapshot().await?;
        let stack = stacks::open(cx, &tx, name).await?;
        let rows = stacks::resources(&tx, &stack.uuid).await?;
        let wanted = |row: &ResourceRow| {
            is_shown(row) && input.logical_resource_id.as_ref().is_none_or(|id| *id == row.logical_id)
        };
        let found: Vec<StackResource> =
            rows.into_iter().filter(wanted).map(|row| StackResource::of(&stack, row)).collect();
        match (&input.logical_resource_id, found.is_empty()) {
            (Some(id), true) => {
                Err(Error::invalid(format!("Resource {id} does not exist for stack {}", stack.name)))
            }
            _ => Ok(Output { stack_resources: found }),
        }
    }
}
