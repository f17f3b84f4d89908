//! Tail.

use cloud::prelude::*;
use cloud::tap;

use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=2048)]
    arn: String,
    #[shape(len = 1..=64)]
    tap_id: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    tap_id: String,
    /// JSON texts.
    messages: Vec<String>,
    missed: i64,
}

/// Listens in at the ARN of a queue, a topic or a bus. Without an id it begins and answers at once; with one it answers what
/// came since, and waits some seconds for the first message. Who does not ask for a minute listens no more.
///
/// Each node tells of what it has taken in itself.
pub(crate) struct Tail;

impl Operation for Tail {
    const NAME: &'static str = "Tail";
    const KIND: Kind = Kind::Free;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(input.arn.parse::<Arn>().unwrap_or_else(|_| cx.arn("cloudlet", "*")).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let arn: Arn = input.arn.parse().map_err(|_| wrong(&input.arn))?;
        let is_known = matches!(arn.service(), "sqs" | "sns")
            || (arn.service() == "events" && arn.resource().starts_with("event-bus/"));
        // A policy of another account cannot let anybody in: there is nothing to which it could be attached.
        if !is_known || arn.account() != cx.account() || arn.region() != cx.region() {
            return Err(wrong(&input.arn));
        }
        let Some(tap_id) = input.tap_id else {
            return Ok(Output { tap_id: tap::open(cx, arn.as_str())?, messages: Vec::new(), missed: 0 });
        };
        let polled = tap::poll(cx, arn.as_str(), &tap_id).await.ok_or(Error::NoSuchTap)?;
        Ok(Output {
            tap_id,
            messages: polled.messages.iter().map(ToString::to_string).collect(),
            missed: i64::try_from(polled.missed).unwrap_or(i64::MAX),
        })
    }
}

fn wrong(arn: &str) -> Error {
    Error::Validation(format!("`{arn}` is no queue, topic or bus of this account and region"))
}
