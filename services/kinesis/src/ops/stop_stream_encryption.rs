//! StopStreamEncryption.

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

pub(crate) struct StopStreamEncryption;

impl Operation for StopStreamEncryption {
    const NAME: &'static str = "StopStreamEncryption";
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
        if input.encryption_type != EncryptionType::Kms
            || stream.row.encryption.as_ref() != Some(&input.key_id)
        {
            return Err(Error::invalid(format!(
                "Stream {} under account {} is not encrypted with this type and key.",
                name.name, name.account
            )));
        }
        stream.row.must_be_active(now)?;
        let mut row = stream.row.clone();
        row.encryption = None;
        row.touch(Change::Updating, now);
        table::put(cx.tx(), &row).await?;
        Ok(Output {})
    }
}
