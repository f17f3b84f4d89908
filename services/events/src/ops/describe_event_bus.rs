//! DescribeEventBus.

use cloud::prelude::*;

use crate::bus::{self, BusRef};
use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1600)]
    name: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    name: String,
    arn: String,
    description: Option<String>,
    policy: Option<String>,
    creation_time: Option<Timestamp>,
    last_modified_time: Option<Timestamp>,
}

/// Describes a bus.
pub(crate) struct DescribeEventBus;

impl Operation for DescribeEventBus {
    const NAME: &'static str = "DescribeEventBus";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(bus::arn(cx, &BusRef::own(cx, input.name.as_deref())?).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = BusRef::own(cx, input.name.as_deref())?;
        let row = bus::open(cx, &name).await?;
        let time = |millis: i64| (millis > 0).then(|| Timestamp::from_millis(millis));
        Ok(Output {
            arn: row.arn(),
            name: row.name,
            description: row.description,
            policy: row.policy,
            creation_time: time(row.created_at_millis),
            last_modified_time: time(row.modified_at_millis),
        })
    }
}
