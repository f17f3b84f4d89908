//! ListTagsOfResource.
//!
//! A table has at most 50 tags, which are one page.

use cloud::prelude::*;

use super::tag_resource::{arn_of, tagged};
use crate::error::Error;
use crate::shapes::Tag;
use crate::tables;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1283)]
    resource_arn: String,
    next_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    tags: Vec<Tag>,
    next_token: Option<String>,
}

pub(crate) struct ListTagsOfResource;

impl Operation for ListTagsOfResource {
    const NAME: &'static str = "ListTagsOfResource";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(arn_of(cx, &input.resource_arn))
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        tables::policy(cx, &input.resource_arn).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if input.next_token.is_some() {
            return Err(Error::validation("Invalid NextToken"));
        }
        let name = tagged(cx, &input.resource_arn)?;
        let table = tables::load(cx, &name).await?.ok_or(Error::NoSuchArn(input.resource_arn))?;
        let tags = table.row.tags.iter();
        let tags = tags.map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect();
        Ok(Output { tags, next_token: None })
    }
}
