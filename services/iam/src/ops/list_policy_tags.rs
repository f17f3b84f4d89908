//! ListPolicyTags.

use cloud::prelude::*;

use crate::error::Error;
use crate::managed::{self, Found};
use crate::page::{More, Paged};
use crate::tags::{self, Tag};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 20..=2048)]
    policy_arn: String,
    #[shape(flatten)]
    paged: Paged,
}

#[derive(Shape)]
pub(crate) struct Output {
    tags: Vec<Tag>,
    #[shape(flatten)]
    more: More,
}

/// The tags of a managed policy.
pub(crate) struct ListPolicyTags;

impl Operation for ListPolicyTags {
    const NAME: &'static str = "ListPolicyTags";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        managed::resource(&input.policy_arn)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let tags = match managed::get(cx, &input.policy_arn).await? {
            Found::Own(policy) => tags::shapes(&policy.tags),
            Found::Aws(_) => Vec::new(),
        };
        let page = input.paged.of(tags)?;
        Ok(Output { tags: page.items, more: page.more })
    }
}
