//! DeleteArchive.

use cloud::prelude::*;
use store::layer::{counter, table};

use crate::archive;
use crate::error::Error;
use crate::keys::ArchiveRow;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=48, pattern = r"[\.\-_A-Za-z0-9]+")]
    archive_name: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes an archive with its events.
pub(crate) struct DeleteArchive;

impl Operation for DeleteArchive {
    const NAME: &'static str = "DeleteArchive";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(archive::arn(cx, &input.archive_name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = archive::open(cx, &input.archive_name).await?;
        row.events().clear(cx.tx())?;
        for key in row.counters() {
            counter::reset(cx.tx(), key)?;
        }
        table::delete::<ArchiveRow>(cx.tx(), (&row.account, &row.region, &row.name)).await?;
        Ok(Output)
    }
}
