//! Tasks that outlive a request; the cloud owns them and joins them at shutdown.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;
use tokio::task::JoinSet;

/// The tasks of a cloud.
#[derive(Debug)]
pub struct Tasks {
    running: Mutex<JoinSet<()>>,
    stopping: watch::Sender<bool>,
}

impl Default for Tasks {
    fn default() -> Self {
        Self { running: Mutex::default(), stopping: watch::Sender::new(false) }
    }
}

impl Tasks {
    /// Starts a task that runs to its end, also while the cloud stops (bounded by the shutdown time).
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        while running.try_join_next().is_some() {}
        running.spawn(task);
    }

    /// Starts a task that is dropped at its next await when the cloud stops.
    pub fn spawn_loop(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stopping = self.stopping();
        self.spawn(async move {
            tokio::select! {
                () = task => {}
                () = stopping => {}
            }
        });
    }

    /// Returns once the cloud stops.
    pub fn stopping(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut stopping = self.stopping.subscribe();
        async move {
            // An error means that the cloud is gone, which is a stop as well.
            let _gone = stopping.wait_for(|stopping| *stopping).await.is_err();
        }
    }

    /// Whether the cloud is stopping.
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Stops the loops and waits for all tasks; those left after `limit` are dropped.
    pub async fn shutdown(&self, limit: std::time::Duration) {
        self.stopping.send_replace(true);
        let mut running = std::mem::take(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner));
        let all = async { while running.join_next().await.is_some() {} };
        if tokio::time::timeout(limit, all).await.is_err() {
            tracing::warn!("some tasks did not end in time and were dropped");
        }
        running.shutdown().await;
    }
}
