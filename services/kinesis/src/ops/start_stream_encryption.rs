//! StartStreamEncryption.
//!
//! Differs from AWS: the key is remembered and shown, and records say that they are encrypted; data is as safe as the disk.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::Change;
use crate::names::{self, StreamName};
use crate::reading::EncryptionType;
use crate::streams;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    stream_name: Option<String>,
    #[shape(name = "StreamARN", len = 1..=2048, pattern = r"arn:aws.*:kinesis:.*:\d{12}:stream/\S+")]
    stream_arn: Option<String>,
    #[shape(len = 1..=24, pattern = "[a-z0-9]{20}-[a-z0-9]{3}")]
    stream_id: Option<String>,
    encryption_type: EncryptionType,
    #[shape(len = 1..=2048)]
    key_id: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct StartStreamEncryption;

impl Operation for StartStreamEncryption {
    const NAME: &'static str = "StartStreamEncryption";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(names::resource(cx, input.stream_name.as_deref(), input.stream_arn.as_deref()))
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        streams::policy(cx, input.stream_name.as_deref(), input.stream_arn.as_deref()).await
    }

    async fn conditions(cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        streams::tags(cx, input.stream_name.as_deref(), input.stream_arn.as_deref()).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = StreamName::pick(
            cx,
            input.stream_name.as_deref(),
            input.stream_arn.as_deref(),
            input.stream_id.as_deref(),
        )?;
        let stream = streams::open(cx, &name).await?;
        let now = cx.now().millis();
        if input.encryption_type != EncryptionType::Kms {
            return Err(Error::invalid("EncryptionType must be KMS."));
        }
        stream.row.must_be_active(now)?;
        let mut row = stream.row.clone();
        row.encryption = Some(input.key_id);
        row.touch(Change::Updating, now);
        table::put(cx.tx(), &row).await?;
        Ok(Output {})
    }
}
