//! Keeps one service running: brings it up, starts it again when it dies, stops it with us.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use super::error::EmbeddedError;
use super::process::{Launch, Process, log_length, telling_line, trim_log};

const WATCH_INTERVAL: Duration = Duration::from_millis(100);
const READY_INTERVAL: Duration = Duration::from_millis(10);
/// Crash recovery of a gigabyte of write-ahead log takes a minute or two on a slow disk.
const READY_PATIENCE: Duration = Duration::from_mins(5);
const SLOW_START_NOTICE: Duration = Duration::from_secs(5);
const STOP_PATIENCE: Duration = Duration::from_secs(30);
const FORCED_STOP_PATIENCE: Duration = Duration::from_secs(5);
const SHORTEST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);
const LOG_INTERVAL: Duration = Duration::from_mins(1);

/// What the supervisor must know of a service.
pub(super) trait Service: Send + 'static {
    /// Its name for people.
    fn name(&self) -> &'static str;
    /// How it is started.
    fn launch(&self) -> &Launch;
    /// The process that a crashed predecessor of ours left running.
    fn left_running(&self) -> Option<Process>;
    /// Removes what a dead process left behind that would keep a new one from starting.
    fn clear_remains(&self);
    /// Whether the process answers.
    fn is_ready(&self, pid: Pid) -> bool;
    /// The signal that ends it in order.
    fn stop_signal(&self) -> Signal;
}

/// A thread that keeps a service running until it is dropped.
#[derive(Debug)]
pub(super) struct Supervisor {
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Supervisor {
    /// Starts the service, or adopts it, and returns when it answers.
    pub(super) fn start<S: Service>(service: S) -> Result<Self, EmbeddedError> {
        let stopping = Arc::new(AtomicBool::new(false));
        let (started, outcome) = channel();
        let watch = Watch { service, stopping: Arc::clone(&stopping), log_checked: Instant::now() };
        let name = watch.service.name();
        let log = watch.service.launch().log.clone();
        let thread = thread::Builder::new()
            .name(format!("keep-{}", name.to_lowercase()))
            .spawn(move || watch.run(&started))
            .map_err(EmbeddedError::file("start a thread to watch", &log))?;
        let supervisor = Self { stopping, thread: Some(thread) };
        match outcome.recv() {
            Ok(Ok(())) => Ok(supervisor),
            Ok(Err(error)) => Err(error),
            Err(_) => {
                Err(EmbeddedError::Exited { service: name, reason: "its watcher ended".to_owned(), log })
            }
        }
    }

    /// Stops the service in order and waits for its end, at most 40 s.
    pub(super) fn stop(&mut self) {
        self.stopping.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            if thread.join().is_err() {
                tracing::error!("the watcher of an embedded service panicked");
            }
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Watch<S> {
    service: S,
    stopping: Arc<AtomicBool>,
    log_checked: Instant,
}

impl<S: Service> Watch<S> {
    fn run(mut self, started: &Sender<Result<(), EmbeddedError>>) {
        let mut process = match self.bring_up() {
            Ok(process) => process,
            Err(error) => {
                // The receiver waits for exactly one answer and cannot be gone.
                let _ = started.send(Err(error));
                return;
            }
        };
        let _ = started.send(Ok(()));
        while !self.is_stopping() {
            if !process.is_alive() {
                tracing::error!(
                    service = self.service.name(),
                    "an embedded service died and is started again"
                );
                match self.bring_up_again() {
                    Some(again) => process = again,
                    None => return,
                }
            }
            self.look_after_log();
            thread::park_timeout(WATCH_INTERVAL);
        }
        self.shut_down(&mut process);
    }

    /// Tries until it works; `None` when we are told to stop meanwhile.
    fn bring_up_again(&self) -> Option<Process> {
        let mut backoff = SHORTEST_BACKOFF;
        while !self.is_stopping() {
            match self.bring_up() {
                Ok(process) => {
                    tracing::info!(service = self.service.name(), "the embedded service runs again");
                    return Some(process);
                }
                Err(error) => {
                    tracing::warn!(service = self.service.name(), %error, "could not start it again");
                }
            }
            thread::park_timeout(backoff);
            backoff = (backoff * 2).min(LONGEST_BACKOFF);
        }
        None
    }

    fn bring_up(&self) -> Result<Process, EmbeddedError> {
        if let Some(mut left) = self.service.left_running() {
            tracing::info!(service = self.service.name(), pid = %left.pid(), "found it running, left by an earlier cauce");
            match self.await_ready(&mut left, 0) {
                // It was on its way out, or too broken to answer: a new one takes its place.
                Err(EmbeddedError::Exited { .. }) => {}
                Err(error) => return Err(error),
                Ok(()) => return Ok(left),
            }
        }
        self.service.clear_remains();
        let log_start = log_length(&self.service.launch().log);
        let mut process = self.service.launch().spawn()?;
        match self.await_ready(&mut process, log_start) {
            Ok(()) => Ok(process),
            Err(error) => {
                self.shut_down(&mut process);
                Err(error)
            }
        }
    }

    fn await_ready(&self, process: &mut Process, log_start: u64) -> Result<(), EmbeddedError> {
        let began = Instant::now();
        let mut noticed = began;
        let log = || -> PathBuf { self.service.launch().log.clone() };
        loop {
            if !process.is_alive() {
                let reason = telling_line(&log(), log_start);
                return Err(EmbeddedError::Exited { service: self.service.name(), reason, log: log() });
            }
            if self.service.is_ready(process.pid()) {
                return Ok(());
            }
            if began.elapsed() > READY_PATIENCE || self.is_stopping() {
                let seconds = began.elapsed().as_secs();
                return Err(EmbeddedError::NotReady { service: self.service.name(), seconds, log: log() });
            }
            if noticed.elapsed() > SLOW_START_NOTICE {
                noticed = Instant::now();
                tracing::warn!(
                    service = self.service.name(),
                    "still waiting for it to answer; it may be recovering"
                );
            }
            thread::park_timeout(READY_INTERVAL);
        }
    }

    fn shut_down(&self, process: &mut Process) {
        process.signal(self.service.stop_signal());
        if process.wait_until_gone(STOP_PATIENCE) {
            return;
        }
        for signal in [Signal::SIGQUIT, Signal::SIGKILL] {
            tracing::warn!(service = self.service.name(), %signal, "it does not stop and is forced to");
            process.signal(signal);
            if process.wait_until_gone(FORCED_STOP_PATIENCE) {
                return;
            }
        }
    }

    fn look_after_log(&mut self) {
        if self.log_checked.elapsed() > LOG_INTERVAL {
            self.log_checked = Instant::now();
            trim_log(&self.service.launch().log);
        }
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}
