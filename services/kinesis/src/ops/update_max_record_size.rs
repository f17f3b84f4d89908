//! UpdateMaxRecordSize.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::Change;
use crate::names::{self, StreamName};
use crate::streams;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(name = "StreamARN", len = 1..=2048, pattern = r"arn:aws.*:kinesis:.*:\d{12}:stream/\S+")]
    stream_arn: Option<String>,
    #[shape(len = 1..=24, pattern = "[a-z0-9]{20}-[a-z0-9]{3}")]
    stream_id: Option<String>,
    #[shape(name = "MaxRecordSizeInKiB", range = 1024..=10240)]
    max_record_size_in_kib: i32,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct UpdateMaxRecordSize;

impl Operation for UpdateMaxRecordSize {
    const NAME: &'static str = "UpdateMaxRecordSize";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(names::resource(cx, None, input.stream_arn.as_deref()))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        streams::terms(cx, None, input.stream_arn.as_deref()).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let now = cx.now().millis();
        let name = StreamName::pick(cx, None, input.stream_arn.as_deref(), input.stream_id.as_deref())?;
        let stream = streams::open(cx, &name).await?;
        stream.row.must_be_active(now)?;
        let mut row = stream.row.clone();
        row.record_kib_max = input.max_record_size_in_kib;
        row.touch(Change::Updating, now);
        table::put(cx.tx(), &row).await?;
        Ok(Output {})
    }
}
