//! RegisterStreamConsumer.

use cloud::access;
use cloud::prelude::*;
use std::collections::BTreeMap;
use store::layer::table;

use crate::consumers::{self, Consumer};
use crate::error::Error;
use crate::keys::ConsumerRow;
use crate::limits::{CONSUMERS_CREATING_MAX, CONSUMERS_MAX};
use crate::names::{self, StreamName};
use crate::streams;
use crate::tags;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(name = "StreamARN", len = 1..=2048, pattern = r"arn:aws.*:kinesis:.*:\d{12}:stream/\S+")]
    stream_arn: String,
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    consumer_name: String,
    #[shape(len = 1..=24, pattern = "[a-z0-9]{20}-[a-z0-9]{3}")]
    stream_id: Option<String>,
    #[shape(len = 1..=200)]
    tags: Option<BTreeMap<String, String>>,
}

#[derive(Shape)]
pub(crate) struct Output {
    consumer: Consumer,
}

pub(crate) struct RegisterStreamConsumer;

impl Operation for RegisterStreamConsumer {
    const NAME: &'static str = "RegisterStreamConsumer";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(names::resource_of(cx, &input.stream_arn))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        let mut terms = streams::terms(cx, None, Some(&input.stream_arn)).await?;
        terms.conditions.push(access::request_tags(input.tags.iter().flatten()));
        Ok(terms)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let now = cx.now().millis();
        let name = StreamName::pick(cx, None, Some(&input.stream_arn), input.stream_id.as_deref())?;
        let stream = streams::open_ready(cx, &name).await?;
        let consumers = consumers::all(cx, &stream.row.id).await?;
        if consumers.iter().any(|consumer| consumer.name == input.consumer_name) {
            return Err(Error::InUse(format!(
                "Consumer {} of stream {} under account {} already exists.",
                input.consumer_name, name.name, name.account
            )));
        }
        let creating = consumers.iter().filter(|consumer| consumers::is_creating(consumer, now)).count();
        if consumers.len() >= CONSUMERS_MAX || creating >= CONSUMERS_CREATING_MAX {
            return Err(Error::Limit(format!(
                "Stream {} under account {} has too many consumers: {CONSUMERS_MAX} can be registered, {CONSUMERS_CREATING_MAX} of them can be CREATING.",
                name.name, name.account
            )));
        }
        let row = ConsumerRow {
            account: name.account,
            region: name.region,
            stream_name: name.name,
            stream: stream.row.id.clone(),
            name: input.consumer_name,
            created_at_millis: now,
            tags: tags::checked(input.tags.unwrap_or_default())?,
            policy: None,
        };
        table::put(cx.tx(), &row).await?;
        Ok(Output { consumer: Consumer::of(&row, now) })
    }
}
