//! PutServiceEvent: how other services of this cloud tell what happens in them. It has no place in the API.

use cloud::prelude::*;
use serde_json::{Map, Value};

use crate::bus::{BusRef, DEFAULT};
use crate::error::Error;
use crate::event::{Content, Event};
use crate::route;

#[derive(Shape)]
pub(crate) struct Input {
    /// Such as `aws.s3`.
    source: String,
    detail_type: String,
    /// A JSON object.
    detail: String,
    resources: Vec<String>,
    time: Timestamp,
}

#[derive(Shape)]
pub(crate) struct Output {
    event_id: String,
}

/// Brings an event of a service to the default bus of the account and region of the call.
pub(crate) struct PutServiceEvent;

impl Operation for PutServiceEvent {
    const NAME: &'static str = "PutServiceEvent";
    const KIND: Kind = Kind::Write;
    const INTERNAL: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let detail: Map<String, Value> = serde_json::from_str(&input.detail).map_err(Failure::internal)?;
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let id = cx.new_id();
        let content = Content {
            id: id.clone(),
            detail_type: &input.detail_type,
            source: &input.source,
            time_millis: input.time.millis(),
            resources: input.resources,
            detail,
        };
        let event = Event::new(&account, &region, content);
        let bus = BusRef { account, region, name: DEFAULT.to_owned() };
        route::publish(cx, &bus, &event, 0).await?;
        Ok(Output { event_id: id })
    }
}
