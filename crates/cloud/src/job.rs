//! Background work of services: small slices, often.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::select_all;
use shape::Timestamp;
use store::Version;
use store::keyspace::Prefix;
use store::layer::timer;
use tokio::sync::watch;

use crate::cx::Cx;
use crate::failure::Failure;
use crate::instance::Cloud;
use crate::operation::BoxFuture;

/// How long a job that waits for timers or for news sleeps at most where other nodes write: a word that was lost on the
/// way from one of them costs this much. And how long it sleeps towards a timer: the time of the machine may leap.
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
    /// Where what it works on is written, if all of that has a place of its own: a job that has nothing left to do sleeps
    /// until something is written there, and runs `every_millis` later. Without such places it runs again and again.
    pub news: &'static [Prefix],
    /// One slice. It says whether there is more to do at once.
    pub run: for<'a> fn(&'a mut Cx) -> BoxFuture<'a, Result<Progress, Failure>>,
}

/// What a slice of work left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing: wait for the next time, or for news.
    Done,
    /// Something from this time on, in milliseconds, and nothing before it without news.
    At(i64),
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
    let mut news = News::new(&cloud, job.news);
    // What was there before this process began is found by the first run.
    let mut left = Some(if alarm.is_some() { Progress::Done } else { Progress::More });
    loop {
        match (&mut alarm, left) {
            (Some(alarm), Some(_)) => alarm.wait(&cloud).await,
            (_, left) => {
                news.wait(&cloud, left).await;
                cloud.clock().sleep_until(cloud.clock().now().plus_millis(job.every_millis)).await;
            }
        }
        // What is written from here on is for the next run.
        news.mark();
        left = run_slices(&cloud, service, job).await;
    }
}

/// Waits for something to be written below some prefixes.
struct News(Vec<watch::Receiver<Version>>);

impl News {
    fn new(cloud: &Cloud, prefixes: &[Prefix]) -> Self {
        Self(prefixes.iter().map(|prefix| cloud.store().watch(prefix.0.to_vec().into())).collect())
    }

    fn mark(&mut self) {
        self.0.iter_mut().for_each(watch::Receiver::mark_unchanged);
    }

    /// Returns when there may be something to do, as far as the last run knows.
    async fn wait(&mut self, cloud: &Cloud, left: Option<Progress>) {
        let at = match left {
            _ if self.0.is_empty() => return,
            Some(Progress::Done) => None,
            Some(Progress::At(at)) => Some(Timestamp::from_millis(at)),
            None | Some(Progress::More) => return,
        };
        let changes = self.0.iter_mut().map(|changes| Box::pin(changes.changed()));
        tokio::select! {
            _ = select_all(changes) => {}
            () = cloud.until([at, idle_until(cloud)].into_iter().flatten().min()) => {}
        }
    }
}

/// When a wait for news ends without any; never where nobody else writes.
fn idle_until(cloud: &Cloud) -> Option<Timestamp> {
    cloud.store().node().map(|_| cloud.clock().now().plus_millis(IDLE_MILLIS))
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

    /// Returns when a timer is due, or may be.
    async fn wait(&mut self, cloud: &Cloud) {
        let (began, idle) = (cloud.clock().now(), idle_until(cloud));
        loop {
            self.news.mark_unchanged();
            let next =
                async { timer::next_at(&store::snapshot(cloud.store()).await?, self.kind).await }.await;
            let until = match next {
                Ok(Some(at)) => Some(Timestamp::from_millis(at).min(began.plus_millis(IDLE_MILLIS))),
                Ok(None) => idle,
                Err(error) => {
                    tracing::warn!(kind = self.kind, %error, "the timers could not be read; trying again");
                    Some(cloud.clock().now().plus_millis(BROKEN_MILLIS))
                }
            };
            tokio::select! {
                () = cloud.until(until) => return,
                _ = self.news.changed() => {}
            }
        }
    }
}

/// Runs slices of `job` until there is nothing left to do now, and says what there is later; nothing when one fails.
pub async fn run_slices(cloud: &Arc<Cloud>, service: &'static str, job: &'static Job) -> Option<Progress> {
    loop {
        let mut cx = Cx::internal(cloud, service);
        // A panic is a mistake of ours; the work of all other slices must not end with it.
        match AssertUnwindSafe((job.run)(&mut cx)).catch_unwind().await {
            Ok(Ok(Progress::More)) => {}
            Ok(Ok(left)) => return Some(left),
            Ok(Err(failure)) => {
                tracing::warn!(job = job.name, %failure, "a background job failed; it runs again later");
                return None;
            }
            Err(_) => {
                tracing::error!(job = job.name, "a background job panicked; it runs again later");
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use store::keyspace::TEST_PLAIN;

    use super::*;
    use crate::clock::VirtualClock;
    use crate::instance::{Config, Parts};

    static RUNS: AtomicUsize = AtomicUsize::new(0);
    static BROKEN: Job = Job {
        name: "test/broken",
        every_millis: 1,
        timer: None,
        news: &[],
        run: |_| Box::pin(async { panic!("run {}", RUNS.fetch_add(1, Ordering::Relaxed)) }),
    };

    static ROUNDS: AtomicUsize = AtomicUsize::new(0);
    static TOLD: Job = Job {
        name: "test/told",
        every_millis: 100,
        timer: None,
        news: &[TEST_PLAIN],
        run: |cx| {
            let later = cx.now().millis() + 10_000;
            Box::pin(async move {
                // The third round leaves something for later.
                Ok(if ROUNDS.fetch_add(1, Ordering::Relaxed) == 2 {
                    Progress::At(later)
                } else {
                    Progress::Done
                })
            })
        },
    };

    /// Nothing to do costs nothing, however long it takes.
    #[tokio::test]
    async fn a_job_sleeps_until_it_is_told() {
        let clock = Arc::new(VirtualClock::new(Timestamp::from_secs(1)));
        let parts = Parts { clock: clock.clone(), ..Parts::in_memory() };
        let cloud = Cloud::assemble(Config::of_tests(PathBuf::new()), &[], parts).await.unwrap();
        cloud.tasks().spawn_loop(run_forever(cloud.clone(), "test", &TOLD));
        let rounds = async |millis: u64| {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            clock.advance(Duration::from_millis(millis));
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            ROUNDS.load(Ordering::Relaxed)
        };
        let write = async |value: &'static [u8]| {
            let mut tx = store::begin(cloud.store()).await.unwrap();
            tx.put(TEST_PLAIN.0.to_vec(), value).unwrap();
            tx.commit().await.unwrap();
        };
        assert_eq!(rounds(100).await, 1, "what was there before");
        assert_eq!(rounds(1_000_000).await, 1);
        write(b"a").await;
        assert_eq!((rounds(99).await, rounds(1).await), (1, 2));
        write(b"b").await;
        assert_eq!(rounds(100).await, 3);
        assert_eq!((rounds(9_000).await, rounds(1_000).await, rounds(100).await), (3, 3, 4));
        assert_eq!(rounds(1_000_000).await, 4);
        cloud.stop().await;
    }

    /// A job that panicked once never ran again.
    #[tokio::test]
    async fn a_job_outlives_its_panics() {
        let cloud = Cloud::assemble(Config::of_tests(PathBuf::new()), &[], Parts::in_memory()).await.unwrap();
        run_slices(&cloud, "test", &BROKEN).await;
        run_slices(&cloud, "test", &BROKEN).await;
        assert_eq!(RUNS.load(Ordering::Relaxed), 2);
    }
}
