//! UntagResource.

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use super::tag_resource::{arn_of, tagged};
use crate::error::Error;
use crate::tables;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1283)]
    resource_arn: String,
    tag_keys: Vec<String>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct UntagResource;

impl Operation for UntagResource {
    const NAME: &'static str = "UntagResource";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(arn_of(cx, &input.resource_arn))
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        tables::policy(cx, &input.resource_arn).await
    }

    async fn conditions(cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        let mut conditions = tables::tag_conditions(cx, &input.resource_arn).await?;
        conditions.push(access::tag_keys(&input.tag_keys));
        Ok(conditions)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = tagged(cx, &input.resource_arn)?;
        if input.tag_keys.is_empty() {
            return Err(Error::validation("Atleast one Tag Key needs to be provided as Input."));
        }
        let table = tables::load(cx, &name).await?.ok_or(Error::NoSuchArn(input.resource_arn))?;
        let mut row = table.row.clone();
        row.tags.retain(|key, _| !input.tag_keys.contains(key));
        table::put(cx.tx(), &row).await?;
        Ok(Output {})
    }
}
