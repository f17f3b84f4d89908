//! CreateLogStream.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::StreamRow;
use crate::{group, policy};

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

/// Makes a stream.
pub(crate) struct CreateLogStream;

impl Operation for CreateLogStream {
    const NAME: &'static str = "CreateLogStream";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(group::stream_arn(cx, &input.log_group_name, &input.log_stream_name).into())
    }

    async fn resource_policy(cx: &mut Cx, _: &Input) -> Result<Option<String>, Error> {
        policy::joined(cx).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let group = group::open(cx, &input.log_group_name).await?;
        let row = StreamRow {
            group_id: group.id,
            name: input.log_stream_name,
            id: cx.chance().number(),
            created_at_millis: cx.now().millis(),
        };
        if table::insert(cx.tx(), &row).await? { Ok(Output) } else { Err(Error::StreamExists) }
    }
}
