//! Background work of services: small slices, often.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;

use crate::cx::Cx;
use crate::failure::Failure;
use crate::instance::Cloud;
use crate::operation::BoxFuture;

/// Work that a service does again and again.
#[derive(Clone, Copy)]
pub struct Job {
    /// Its name in logs: `logs/retention`.
    pub name: &'static str,
    /// Milliseconds between the end of a slice and the next one.
    pub every_millis: i64,
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
    loop {
        cloud.clock().sleep_until(cloud.clock().now().plus_millis(job.every_millis)).await;
        run_slices(&cloud, service, job).await;
    }
}

/// Runs slices of `job` until there is nothing left to do, or one fails.
pub async fn run_slices(cloud: &Arc<Cloud>, service: &'static str, job: &'static Job) {
    loop {
        let mut cx = Cx::internal(cloud, service);
        // A panic is a mistake of ours; the work of all other slices must not end with it.
        match AssertUnwindSafe((job.run)(&mut cx)).catch_unwind().await {
            Ok(Ok(Progress::More)) => {}
            Ok(Ok(Progress::Done)) => return,
            Ok(Err(failure)) => {
                tracing::warn!(job = job.name, %failure, "a background job failed; it runs again later");
                return;
            }
            Err(_) => {
                tracing::error!(job = job.name, "a background job panicked; it runs again later");
                return;
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
