//! How much memory a process has, from Linux's /proc.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// The memory of a process.
#[derive(Clone, Copy)]
pub struct Memory {
    pid: u32,
}

/// Looks at it again and again.
pub struct Watch {
    stop: Arc<AtomicBool>,
    watching: tokio::task::JoinHandle<f64>,
}

impl Memory {
    /// Of the process `pid`.
    pub fn of(pid: u32) -> Self {
        Self { pid }
    }

    /// Resident memory in MiB.
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    pub fn resident(self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        let kib: u64 = line.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or(0);
        kib as f64 / 1024.0
    }

    /// Watches from now on.
    #[expect(clippy::disallowed_methods, reason = "it ends with the bench")]
    pub fn watch(self) -> Watch {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let watching = tokio::spawn(async move {
            let most = AtomicU64::new(0);
            while !stopped.load(Ordering::Relaxed) {
                most.fetch_max(self.resident().to_bits(), Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            f64::from_bits(most.into_inner())
        });
        Watch { stop, watching }
    }
}

impl Watch {
    /// The most that was seen, in MiB.
    pub async fn most(self) -> f64 {
        self.stop.store(true, Ordering::Relaxed);
        self.watching.await.unwrap()
    }
}
