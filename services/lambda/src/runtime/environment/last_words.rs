//! What a program said just before it ended.

use std::time::Duration;

use super::super::frames::{Frame, Kind};
use super::listen::next_frame;
use super::{Environment, Lane};

/// How long to look for it: it is in the pipe already, unless another process holds the pipe open.
const OVERTAKEN: Duration = Duration::from_millis(50);

impl Environment {
    /// The frame that the helper's word of the end has overtaken.
    pub(super) async fn last_words(&mut self) -> Option<Frame> {
        while !self.lane_ended && matches!(self.lane, Lane::Pipes(_)) {
            match tokio::time::timeout(OVERTAKEN, next_frame(&mut self.lane)).await {
                Ok(Some(Frame { kind: Kind::Log, body })) => self.logged(body),
                Ok(Some(Frame { kind: Kind::Output, body })) => {
                    self.stdout.push(&body.unwrap_or_default());
                    self.collect_lines(false);
                }
                Ok(Some(frame)) => return Some(frame),
                Ok(None) => self.lane_ended = true,
                Err(_) => return None,
            }
        }
        None
    }
}
