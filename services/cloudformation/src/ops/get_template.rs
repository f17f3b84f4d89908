//! GetTemplate.

use cloud::prelude::*;

use crate::error::Error;
use crate::ops::describe_change_set::{self, Names};
use crate::stacks;

#[derive(Shape)]
pub(crate) struct Input {
    stack_name: Option<String>,
    #[shape(len = 1..=1600)]
    change_set_name: Option<String>,
    template_stage: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    template_body: String,
    stages_available: Vec<String>,
}

pub(crate) struct GetTemplate;

impl Operation for GetTemplate {
    const NAME: &'static str = "GetTemplate";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(input.stack_name.as_ref().map_or(Resource::Any, |name| stacks::resource(cx, name)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if let Some(stage) = input.template_stage.filter(|it| it != "Original" && it != "Processed") {
            return Err(Error::invalid(format!(
                "1 validation error detected: Value '{stage}' at 'templateStage' failed to satisfy constraint: Member must satisfy enum value set: [Original, Processed]"
            )));
        }
        let tx = cx.snapshot().await?;
        let spec = match (&input.change_set_name, &input.stack_name) {
            (Some(change_set), stack) => {
                let names = Names { change_set: change_set.clone(), stack: stack.clone() };
                Some(describe_change_set::open(cx, &tx, &names).await?.1.spec)
            }
            (None, Some(stack)) => stacks::open(cx, &tx, stack).await?.spec,
            (None, None) => {
                return Err(Error::invalid("StackName is required if ChangeSetName is not specified."));
            }
        };
        // Templates are stored as they came: without transforms both stages are the same.
        let text = match spec {
            Some(spec) => stacks::template(&tx, &spec.template).await?,
            None => String::new(),
        };
        let stages = ["Original", "Processed"].map(str::to_owned);
        Ok(Output { template_body: text, stages_available: stages.into() })
    }
}
