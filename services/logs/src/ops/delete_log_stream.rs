//! DeleteLogStream.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::group;
use crate::keys::StreamRow;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(len = 1..=512, pattern = r"[\.\-_/#A-Za-z0-9]+")]
    log_group_name: String,
    #[shape(len = 1..=512, pattern = "[^:*]*")]
    log_stream_name: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes a stream with its events. The bytes of the group go on counting them, as AWS's do for a while.
pub(crate) struct DeleteLogStream;

impl Operation for DeleteLogStream {
    const NAME: &'static str = "DeleteLogStream";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(group::stream_arn(cx, &input.log_group_name, &input.log_stream_name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let (group, stream) = group::open_stream(cx, &input.log_group_name, &input.log_stream_name).await?;
        let tx = cx.tx();
        table::delete::<StreamRow>(tx, (group.id, &stream.name)).await?;
        tx.delete_range(stream.all())?;
        Ok(Output)
    }
}
