//! Lambda proxy integrations with the response transfer mode STREAM: what a function answers is passed on as it comes.
//!
//! The function is invoked by `InvokeWithResponseStream`. Its answer begins with status, headers and cookies as JSON and
//! eight zero bytes, whatever content type it names; an answer without them cannot be used (502). Once the head is passed
//! on, nothing but the end of the connection can tell that the rest went wrong.
//!
//! Differs from AWS: what comes after the first 10 MB is not slowed down to 2 MB in a second.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html>

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cloud::Cloud;
use cloud::client::lambda;
use cloud::cx::Cx;
use futures::StreamExt as _;
use proxyevent::response::{Start, rest_head};
use shape::{Stream, Timestamp};

use crate::limits::STREAM_HEAD_BYTES_MAX;

use super::Answered;
use super::answer::Refusal;
use super::proxy::{Broken, Call, answer};

type Pieces = Pin<Box<dyn futures::Stream<Item = io::Result<Bytes>> + Send>>;

/// The answer of a function as it comes, and how long to wait for it.
struct Flow {
    pieces: Pieces,
    cloud: Arc<Cloud>,
    /// When the integration's time is up.
    until: Timestamp,
    /// The longest time without a piece.
    idle: Duration,
}

impl Flow {
    /// The next piece; none at the end. An error of the kind `TimedOut` when it does not come in time.
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        let clock = self.cloud.clock();
        let until = self.until.min(clock.now().plus_millis(millis(self.idle)));
        tokio::select! {
            biased;
            piece = self.pieces.next() => piece,
            () = clock.sleep_until(until) => Some(Err(io::ErrorKind::TimedOut.into())),
        }
    }

    /// What comes after `first`, as a body that breaks off where the function fails or takes too long.
    fn body(self, first: Bytes) -> Stream {
        let first = futures::stream::iter((!first.is_empty()).then_some(Ok(first)));
        let rest = futures::stream::unfold(Some(self), |flow| async move {
            let mut flow = flow?;
            let piece = flow.next().await?;
            let goes_on = piece.is_ok();
            Some((piece, goes_on.then_some(flow)))
        });
        Stream::new(first.chain(rest), None)
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Invokes the function and answers as soon as it has said its status and headers.
pub(super) async fn run(
    cx: &mut Cx,
    call: &Call<'_>,
    function: &str,
    payload: Bytes,
    idle: Duration,
) -> Answered {
    let until = cx.now().plus_millis(millis(call.lambda.timeout));
    let late = cx.sleep_until(until);
    let begun = tokio::select! {
        biased;
        begun = lambda::stream(cx, call.lambda.invoker.clone(), function, payload) => begun
            .map_err(|failure| Broken::of(&failure, call.stage, function).refusal())?,
        () = late => return Err(Broken::Late.refusal()),
    };
    let pieces = begun.take().ok_or_else(|| Refusal::internal(500))?;
    let mut flow = Flow { pieces, cloud: cx.cloud().clone(), until, idle };
    let api = &call.stage.api_id;
    let mut start = Start::new(STREAM_HEAD_BYTES_MAX);
    loop {
        let piece = match flow.next().await {
            Some(Ok(piece)) => piece,
            Some(Err(error)) if error.kind() == io::ErrorKind::TimedOut => return Err(Broken::Late.refusal()),
            Some(Err(error)) => {
                tracing::info!(%api, function, %error, "a function failed behind an API");
                return Err(Refusal::internal(502));
            }
            None => {
                tracing::info!(%api, function, "a streamed answer ended within its head");
                return Err(Refusal::internal(502));
            }
        };
        let malformed = match start.push(&piece) {
            Ok(None) => continue,
            Ok(Some((head, first))) => match rest_head(&head) {
                Ok(reply) => return Ok(answer(&reply, flow.body(first.into()))),
                Err(malformed) => malformed,
            },
            Err(malformed) => malformed,
        };
        tracing::info!(%api, function, %malformed, "a function streamed what cannot be used");
        return Err(Refusal::internal(502));
    }
}
