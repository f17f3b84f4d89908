//! SetStackPolicy.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::{policy, stacks};

#[derive(Shape)]
pub(crate) struct Input {
    stack_name: String,
    #[shape(len = 1..=16384)]
    stack_policy_body: Option<String>,
    #[shape(name = "StackPolicyURL", len = 1..=5120)]
    stack_policy_url: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct SetStackPolicy;

impl Operation for SetStackPolicy {
    const NAME: &'static str = "SetStackPolicy";
    const KIND: Kind = Kind::Free;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(stacks::resource(cx, &input.stack_name))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let given = policy::given(cx, input.stack_policy_body, input.stack_policy_url).await?;
        let missing = || Error::invalid("Either stack policy URL or stack policy body must be specified.");
        let text = given.ok_or_else(missing)?;
        let tx = cx.snapshot().await?;
        let place = stacks::open_to_change(cx, &tx, &input.stack_name).await?.place();
        drop(tx);
        cx.transact(|tx| {
            let (place, text) = (place.clone(), text.clone());
            Box::pin(async move {
                let mut stack = stacks::reopen(tx, &place).await?;
                stack.policy = Some(text);
                table::put(tx, &stack).await?;
                Ok::<_, Error>(())
            })
        })
        .await?;
        Ok(Output {})
    }
}
