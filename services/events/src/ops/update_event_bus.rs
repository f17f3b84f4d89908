//! UpdateEventBus.

use cloud::prelude::*;
use store::layer::table;

use super::create_event_bus::{DeadLetterConfig, LogConfig};
use crate::bus::{self, BusRef};
use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=256, pattern = r"[/\.\-_A-Za-z0-9]+")]
    name: Option<String>,
    kms_key_identifier: Option<String>,
    #[shape(len = 0..=512)]
    description: Option<String>,
    dead_letter_config: Option<DeadLetterConfig>,
    log_config: Option<LogConfig>,
}

#[derive(Shape)]
pub(crate) struct Output {
    arn: String,
    name: String,
    description: Option<String>,
}

/// Changes the description of a bus.
pub(crate) struct UpdateEventBus;

impl Operation for UpdateEventBus {
    const NAME: &'static str = "UpdateEventBus";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(bus::arn(cx, &BusRef::own(cx, input.name.as_deref())?).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if input.kms_key_identifier.is_some() {
            return Err(Error::unsupported("a key of KMS"));
        }
        if input.dead_letter_config.is_some_and(|config| config.arn.is_some()) {
            return Err(Error::unsupported("a dead-letter queue of a bus"));
        }
        input.log_config.as_ref().map_or(Ok(()), LogConfig::check)?;
        let name = BusRef::own(cx, input.name.as_deref())?;
        let mut row = bus::open(cx, &name).await?;
        row.description = input.description;
        row.modified_at_millis = cx.now().millis();
        table::put(cx.tx(), &row).await?;
        Ok(Output { arn: row.arn(), name: row.name, description: row.description })
    }
}
