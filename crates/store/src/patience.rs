//! What is waited for, said while it is waited for.

use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;

/// After this it is said what is waited for: a person in front of a terminal begins to wonder.
const FIRST: Duration = Duration::from_secs(2);
/// Then it is said again, as long as it goes on.
const AGAIN: Duration = Duration::from_secs(10);

/// Does `work`. When that takes long, a warning says that `what` is waited for; meanwhile `work` rests.
pub(crate) async fn told<T, W: Future<Output = String>>(
    work: impl Future<Output = T>,
    what: impl Fn() -> W,
) -> T {
    let mut work = pin!(work);
    let mut pause = FIRST;
    loop {
        if let Ok(done) = timeout(pause, &mut work).await {
            return done;
        }
        let what = what().await;
        tracing::warn!("still waiting for {what}");
        pause = AGAIN;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_said_when_it_takes_long_and_again_later() {
        for (seconds, wanted) in [(1, 0), (3, 1), (11, 1), (13, 2), (25, 3)] {
            let said = AtomicUsize::new(0);
            let what = async || {
                said.fetch_add(1, Ordering::Relaxed);
                "rain".to_owned()
            };
            let answer = told(
                async {
                    sleep(Duration::from_secs(seconds)).await;
                    7
                },
                what,
            )
            .await;
            assert_eq!((answer, said.load(Ordering::Relaxed)), (7, wanted), "{seconds} s");
        }
    }
}
