//! CreateEventBus.

use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::bus;
use crate::error::Error;
use crate::keys::BusRow;
use crate::limits::BUSES_MAX;
use crate::tags::{self, Tag};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=256, pattern = r"[/\.\-_A-Za-z0-9]+")]
    name: String,
    #[shape(len = 1..=256)]
    event_source_name: Option<String>,
    #[shape(len = 0..=512)]
    description: Option<String>,
    kms_key_identifier: Option<String>,
    dead_letter_config: Option<DeadLetterConfig>,
    log_config: Option<LogConfig>,
    tags: Option<Vec<Tag>>,
}

/// What a bus writes of its events.
#[derive(Shape)]
pub(crate) struct LogConfig {
    include_detail: Option<String>,
    level: Option<String>,
}

impl LogConfig {
    /// A bus writes nothing here, which is the default of AWS.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let is_off = |setting: &Option<String>, off: &str| setting.as_deref().is_none_or(|set| set == off);
        match is_off(&self.level, "OFF") && is_off(&self.include_detail, "NONE") {
            true => Ok(()),
            false => Err(Error::unsupported("a log of a bus")),
        }
    }
}

/// A queue for what cannot be delivered.
#[derive(Clone, Debug, Shape)]
pub(crate) struct DeadLetterConfig {
    #[shape(len = 1..=1600)]
    pub(crate) arn: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    event_bus_arn: String,
    description: Option<String>,
}

/// Makes a bus.
///
/// Differs from AWS: partner event sources, keys of KMS, dead-letter queues and logs of buses are refused.
pub(crate) struct CreateEventBus;

impl Operation for CreateEventBus {
    const NAME: &'static str = "CreateEventBus";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(bus::arn(cx, &input.name).into())
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![tags::of_request(input.tags.as_deref())])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if input.event_source_name.is_some() {
            return Err(Error::unsupported("a partner event source"));
        }
        if input.kms_key_identifier.is_some() {
            return Err(Error::unsupported("a key of KMS"));
        }
        if input.dead_letter_config.is_some_and(|config| config.arn.is_some()) {
            return Err(Error::unsupported("a dead-letter queue of a bus"));
        }
        input.log_config.as_ref().map_or(Ok(()), LogConfig::check)?;
        if input.name.contains('/') {
            return Err(Error::invalid(
                "Event bus name starting with 'aws.' or containing '/' is not valid.",
            ));
        }
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        if bus::find(cx.tx(), &account, &region, &input.name).await?.is_some() {
            return Err(Error::Exists(format!("Event bus {} already exists.", input.name)));
        }
        let there = table::list::<BusRow>(cx.tx(), (&account, &region), &Paging::first(BUSES_MAX)).await?;
        if there.items.len() >= BUSES_MAX {
            return Err(Error::Limit);
        }
        let now_millis = cx.now().millis();
        let row = BusRow {
            account,
            region,
            name: input.name,
            description: input.description,
            policy: None,
            created_at_millis: now_millis,
            modified_at_millis: now_millis,
            tags: tags::of(input.tags)?,
        };
        table::put(cx.tx(), &row).await?;
        Ok(Output { event_bus_arn: row.arn(), description: row.description })
    }
}
