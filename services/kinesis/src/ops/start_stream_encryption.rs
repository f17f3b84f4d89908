//! StartStreamEncryption.
//!
//! Differs from AWS: the key is remembered and shown, and records say that they are encrypted; data is as safe as the disk.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::Change;
use crate::reading::EncryptionType;
use crate::streams;
use crate::target::StreamTarget;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(flatten)]
    stream: StreamTarget,
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
        Ok(input.stream.resource(cx))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        input.stream.terms(cx).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = input.stream.name(cx)?;
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
