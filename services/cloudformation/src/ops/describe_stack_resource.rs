//! DescribeStackResource.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::ResourceRow;
use crate::shapes::{StackResourceDetail, is_shown};
use crate::stacks;

#[derive(Shape)]
pub(crate) struct Input {
    stack_name: String,
    logical_resource_id: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    stack_resource_detail: StackResourceDetail,
}

/// Differs from AWS: functions in a resource's metadata are shown as they were written.
pub(crate) struct DescribeStackResource;

impl Operation for DescribeStackResource {
    const NAME: &'static str = "DescribeStackResource";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(stacks::resource(cx, &input.stack_name))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let tx = cx.snapshot().await?;
        let no_stack = || Error::invalid(format!("Stack '{}' does not exist", input.stack_name));
        let stack = stacks::find(cx, &tx, &input.stack_name).await?.ok_or_else(no_stack)?;
        let row: Option<ResourceRow> = table::get(&tx, (&stack.uuid, &input.logical_resource_id)).await?;
        let Some(row) = row.filter(is_shown) else {
            return Err(Error::invalid(format!(
                "Resource {} does not exist for stack {}",
                input.logical_resource_id, input.stack_name
            )));
        };
        let metadata = match &stack.spec {
            Some(spec) => {
                let text = stacks::template(&tx, &spec.template).await?;
                let template = cfn::template::Template::parse(&text)?;
                let resource = template.resource(&row.logical_id);
                resource.and_then(|resource| resource.metadata.as_ref()).map(ToString::to_string)
            }
            None => None,
        };
        Ok(Output { stack_resource_detail: StackResourceDetail::of(&stack, row, metadata) })
    }
}
