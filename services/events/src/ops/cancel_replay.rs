//! CancelReplay.

use cloud::prelude::*;
use store::layer::{table, timer};

use crate::archive;
use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64, pattern = r"[\.\-_A-Za-z0-9]+")]
    replay_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    replay_arn: String,
    state: String,
    state_reason: Option<String>,
}

/// Ends a replay.
pub(crate) struct CancelReplay;

impl Operation for CancelReplay {
    const NAME: &'static str = "CancelReplay";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(archive::replay_arn(cx, &input.replay_name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut row = archive::open_replay(cx, &input.replay_name).await?;
        if !row.is_active() {
            let text = format!("Replay {} is not in a valid state for this operation.", row.name);
            return Err(Error::Status(text));
        }
        row.state = "CANCELLED".to_owned();
        row.ended_at_millis = Some(cx.now().millis());
        table::put(cx.tx(), &row).await?;
        let name = (row.account.as_str(), row.region.as_str(), row.name.as_str());
        timer::cancel(cx.tx(), archive::TIMER, name).await?;
        let replay_arn = archive::replay_arn(cx, &row.name).to_string();
        Ok(Output { replay_arn, state: "CANCELLING".to_owned(), state_reason: None })
    }
}
