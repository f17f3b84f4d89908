//! DescribeContinuousBackups.
//!
//! Differs from AWS: the latest restorable time is now (AWS: five minutes ago).

use cloud::prelude::*;

use crate::error::Error;
use crate::recovery::ContinuousBackupsDescription;
use crate::tables::{self, TableName};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    continuous_backups_description: ContinuousBackupsDescription,
}

pub(crate) struct DescribeContinuousBackups;

impl Operation for DescribeContinuousBackups {
    const NAME: &'static str = "DescribeContinuousBackups";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(TableName::read(cx, &input.table_name)?.arn().into())
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        tables::policy(cx, &input.table_name).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = TableName::read(cx, &input.table_name)?;
        let table = tables::load(cx, &name).await?.ok_or(Error::TableNotFound(name.name))?;
        let described = ContinuousBackupsDescription::of(&table.row, cx.now());
        Ok(Output { continuous_backups_description: described })
    }
}
