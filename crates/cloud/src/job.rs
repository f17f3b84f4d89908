//! Background work of services: small slices, often.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use shape::Timestamp;
use store::Version;
use store::layer::timer;
use tokio::sync::watch;

use crate::cx::Cx;
use crate::failure::Failure;
use crate::instance::Cloud;
use crate::operation::BoxFuture;

/// How long a job that waits for timers sleeps when none is set: a word of a new one that was lost on the way from
/// another node costs this much at most.
const IDLE_MILLIS: i64 = 60 * 1000;
/// How long it waits before it asks a store again that could not say when a timer is due.
const BROKEN_MILLIS: i64 = 1000;

/// Work that a service does again and again.
#[derive(Clone, Copy)]
pub struct Job {
    /// Its name in logs: `logs/retention`.
    pub name: &'static str,
    /// Milliseconds between the end of a slice and the next one. Of a job that waits for timers: how long it rests
    /// after a slice that failed.
    pub every_millis: i64,
    /// The kind of timers that it waits for, instead of the time that passes: it runs when one of them is due.
    pub timer: Option<&'static str>,
    /// One slice. It says whether there is more to do at once.
    pub run: for<'a> fn(&'a mut Cx) -> BoxFuture<'a, Result<Progress, Failure>>,
}

/// What a slice of work left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing: wait for the next time.
    Done,
    /// More: come again at once.
    More,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Runs `job` until the cloud stops.
pub(crate) async fn run_forever(cloud: Arc<Cloud>, service: &'static str, job: &'static Job) {
    let mut alarm = job.timer.map(|kind| Alarm::new(&cloud, kind));
    let mut is_well = true;
    loop {
        match &mut alarm {
            Some(alarm) if is_well => alarm.wait(&cloud).await,
            _ => cloud.clock().sleep_until(cloud.clock().now().plus_millis(job.every_millis)).await,
        }
        is_well = run_slices(&cloud, service, job).await;
    }
}

/// Waits for timers of one kind.
struct Alarm {
    kind: &'static str,
    news: watch::Receiver<Version>,
}

impl Alarm {
    fn new(cloud: &Cloud, kind: &'static str) -> Self {
        Self { kind, news: cloud.store().watch(timer::watch_key(kind)) }
    }

    /// Returns when a timer is due, or when there was none for long.
    async fn wait(&mut self, cloud: &Cloud) {
        let idle = cloud.clock().now().plus_millis(IDLE_MILLIS);
        loop {
            self.news.mark_unchanged();
            let next =
                async { timer::next_at(&store::snapshot(cloud.store()).await?, self.kind).await }.await;
            let until = match next {
                Ok(Some(at)) => Timestamp::from_millis(at).min(idle),
                Ok(None) => idle,
                Err(error) => {
                    tracing::warn!(kind = self.kind, %error, "the timers could not be read; trying again");
                    cloud.clock().now().plus_millis(BROKEN_MILLIS)
                }
            };
            tokio::select! {
                () = cloud.clock().sleep_until(until) => return,
                _ = self.news.changed() => {}
            }
        }
    }
}

/// Runs slices of `job` until there is nothing left to do, or one fails: false then.
pub async fn run_slices(cloud: &Arc<Cloud>, service: &'static str, job: &'static Job) -> bool {
    loop {
        let mut cx = Cx::internal(cloud, service);
        // A panic is a mistake of ours; the work of all other slices must not end with it.
        match AssertUnwindSafe((job.run)(&mut cx)).catch_unwind().await {
            Ok(Ok(Progress::More)) => {}
            Ok(Ok(Progress::Done)) => return true,
            Ok(Err(failure)) => {
                tracing::warn!(job = job.name, %failure, "a background job failed; it runs again later");
                return false;
            }
            Err(_) => {
                tracing::error!(job = job.name, "a background job panicked; it runs again later");
                return false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::instance::{Config, IamMode, Parts};

    static RUNS: AtomicUsize = AtomicUsize::new(0);
    static BROKEN: Job = Job {
        name: "test/broken",
        every_millis: 1,
        timer: None,
        run: |_| Box::pin(async { panic!("run {}", RUNS.fetch_add(1, Ordering::Relaxed)) }),
    };

    /// A job that panicked once never ran again.
    #[tokio::test]
    async fn a_job_outlives_its_panics() {
        let config = Config {
            account: "000000000000".into(),
            region: "us-east-1".into(),
            data: None,
            scratch: PathBuf::new(),
            iam: IamMode::Enforce,
            loopback: true,
            sandbox: cloud::Sandbox::default(),
        };
        let cloud = Cloud::assemble(config, &[], Parts::in_memory()).await.unwrap();
        run_slices(&cloud, "test", &BROKEN).await;
        run_slices(&cloud, "test", &BROKEN).await;
        assert_eq!(RUNS.load(Ordering::Relaxed), 2);
    }
}
