//! Background tasks: an idempotent function without input, woken by a signal and by a period, run once at a time.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What a run of a task says about the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// There is more to do: run again at once.
    Again,
    /// Nothing is left: wait for the signal or the period.
    Wait,
    /// Wait this long whatever is signalled: it failed, or more comes soon.
    After(Duration),
}

/// All background tasks of a server; stopping it waits for each to end its run.
#[derive(Clone, Default)]
pub struct Tasks {
    stop: CancellationToken,
    running: TaskTracker,
}

impl Tasks {
    /// No tasks yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancelled when the server stops.
    pub fn stopping(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Runs `task` whenever `signal` wakes it and at least once every `period`, never twice at a time.
    pub fn run<F, Fut>(&self, name: &'static str, signal: Arc<Notify>, period: Duration, mut task: F)
    where
        F: FnMut() -> Fut + Send + 'static,
        Fut: Future<Output = Next> + Send,
    {
        let stop = self.stop.clone();
        self.spawn(async move {
            tracing::debug!(task = name, "started");
            while !stop.is_cancelled() {
                let (pause, heeds_signal) = match task().await {
                    Next::Again => continue,
                    Next::Wait => (period, true),
                    Next::After(pause) => (pause, false),
                };
                tokio::select! {
                    () = signal.notified(), if heeds_signal => {}
                    () = tokio::time::sleep(pause) => {}
                    () = stop.cancelled() => {}
                }
            }
            tracing::debug!(task = name, "stopped");
        });
    }

    /// Runs `future` until it ends; it must watch [`Tasks::stopping`] itself.
    pub fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.running.spawn(future);
    }

    /// Asks every task to stop and waits for them, at most `patience`.
    pub async fn stop(&self, patience: Duration) {
        self.stop.cancel();
        self.running.close();
        if tokio::time::timeout(patience, self.running.wait()).await.is_err() {
            tracing::warn!("some background tasks did not stop in time");
        }
    }
}
