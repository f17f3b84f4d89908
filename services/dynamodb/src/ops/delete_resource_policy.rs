//! DeleteResourcePolicy.

use cloud::prelude::*;
use store::layer::table;

use super::tag_resource::arn_of;
use crate::error::Error;
use crate::policy::Owner;
use crate::tables;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1283)]
    resource_arn: String,
    #[shape(len = 1..=255)]
    expected_revision_id: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    revision_id: Option<String>,
}

pub(crate) struct DeleteResourcePolicy;

impl Operation for DeleteResourcePolicy {
    const NAME: &'static str = "DeleteResourcePolicy";
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

    /// A policy that is not there is fine, as long as no revision of it is expected.
    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let owner = Owner::read(cx, &input.resource_arn)?;
        let table = tables::load(cx, &owner.table).await?.filter(|table| owner.is_there(&table.row));
        let table = table.ok_or(Error::NoSuchArn(input.resource_arn))?;
        let mut row = table.row.clone();
        owner.check_revision(&row, input.expected_revision_id.as_deref())?;
        let revision_id = owner.policy(&row).map(|policy| policy.revision.clone());
        owner.set(&mut row, None);
        table::put(cx.tx(), &row).await?;
        Ok(Output { revision_id })
    }
}
