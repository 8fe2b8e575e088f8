//! One child process: how it is started apart from us, found again after a crash of ours, signalled and outwaited.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::account::Account;
use super::error::EmbeddedError;

const POLL: Duration = Duration::from_millis(10);
/// How much of a log's end is searched for the line that tells why a process stopped.
const LOG_TAIL_BYTES: u64 = 16 * 1024;
const LOG_LIMIT_BYTES: u64 = 16 * 1024 * 1024;

/// A command that knows nothing of our environment and cannot be reached by our terminal's signals.
pub(super) fn detached_command(program: &Path, account: &Account) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("LC_ALL", "C.UTF-8")
        .env("TZ", "UTC")
        .current_dir("/")
        .stdin(Stdio::null())
        .process_group(0);
    account.apply(&mut command);
    command
}

/// What is needed to start a service's process.
#[derive(Debug, Clone)]
pub(super) struct Launch {
    /// The binary.
    pub(super) program: PathBuf,
    /// Its arguments.
    pub(super) arguments: Vec<OsString>,
    /// As whom it runs.
    pub(super) account: Account,
    /// Where its output is appended.
    pub(super) log: PathBuf,
}

impl Launch {
    /// Starts the process; it may still end at once.
    pub(super) fn spawn(&self) -> Result<Process, EmbeddedError> {
        let log = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.log)
            .map_err(EmbeddedError::file("open", &self.log))?;
        let errors = log.try_clone().map_err(EmbeddedError::file("open", &self.log))?;
        detached_command(&self.program, &self.account)
            .args(&self.arguments)
            .stdout(log)
            .stderr(errors)
            .spawn()
            .map(Process::Child)
            .map_err(EmbeddedError::file("run", &self.program))
    }
}

/// A running service: our own child, or one that a crashed predecessor of ours left behind.
#[derive(Debug)]
pub(super) enum Process {
    /// Our child, which we must reap.
    Child(Child),
    /// Somebody else's child now.
    Adopted {
        /// Its process id.
        pid: Pid,
        /// An argument on its command line that tells it from a later process with the same id.
        mark: PathBuf,
    },
}

impl Process {
    /// The process `pid`, if it runs and has `mark` on its command line.
    pub(super) fn adopt(pid: Pid, mark: &Path) -> Option<Self> {
        (command_line_of(pid, mark) == CommandLine::Marked)
            .then(|| Self::Adopted { pid, mark: mark.to_path_buf() })
    }

    /// The process id.
    pub(super) fn pid(&self) -> Pid {
        match self {
            Self::Child(child) => Pid::from_raw(child.id().cast_signed()),
            Self::Adopted { pid, .. } => *pid,
        }
    }

    /// Whether it still runs; reaps it if not.
    pub(super) fn is_alive(&mut self) -> bool {
        match self {
            Self::Child(child) => matches!(child.try_wait(), Ok(None)),
            Self::Adopted { pid, mark } => command_line_of(*pid, mark) == CommandLine::Marked,
        }
    }

    /// Sends `signal`, to this process alone.
    pub(super) fn signal(&mut self, signal: Signal) {
        if self.is_alive() {
            // It may end between the question and the signal, which is what the signal wanted.
            let _ = kill(self.pid(), signal);
        }
    }

    /// Waits for the end; `false` when it did not come within `patience`.
    pub(super) fn wait_until_gone(&mut self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        while self.is_alive() {
            if Instant::now() >= deadline {
                return false;
            }
            thread::park_timeout(POLL);
        }
        true
    }
}

/// What `/proc` says of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CommandLine {
    /// It has the argument that was asked for.
    Marked,
    /// It is another program, or a dead one that nobody reaped.
    Other,
    /// There is no such process, or it may not be looked at.
    Unreadable,
}

/// Looks for `mark` among the arguments of the process `pid`.
pub(super) fn command_line_of(pid: Pid, mark: &Path) -> CommandLine {
    match fs::read(format!("/proc/{pid}/cmdline")) {
        Err(_) => CommandLine::Unreadable,
        Ok(line) if line.split(|byte| *byte == 0).any(|argument| argument == mark.as_os_str().as_bytes()) => {
            CommandLine::Marked
        }
        Ok(_) => CommandLine::Other,
    }
}

/// The line that tells best why a process stopped, among what it logged after `start` (a byte offset).
pub(super) fn telling_line(log: &Path, start: u64) -> String {
    let Ok(text) = read_tail(log, start) else { return "it logged nothing".to_owned() };
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    ["FATAL", "[FTL]", "ERROR", "[ERR]", "error"]
        .iter()
        .find_map(|word| lines().find(|line| line.contains(word)))
        .or_else(|| lines().next_back())
        .unwrap_or("it logged nothing")
        .to_owned()
}

/// The length of a log in bytes, 0 when there is none yet.
pub(super) fn log_length(log: &Path) -> u64 {
    fs::metadata(log).map_or(0, |found| found.len())
}

/// Keeps one older copy of a log that has grown past its limit and empties it in place, since its writer holds it open.
pub(super) fn trim_log(log: &Path) {
    if log_length(log) <= LOG_LIMIT_BYTES {
        return;
    }
    let mut older = log.as_os_str().to_owned();
    older.push(".1");
    let emptied = fs::copy(log, PathBuf::from(older))
        .and_then(|_| OpenOptions::new().write(true).open(log))
        .and_then(|file| file.set_len(0));
    if let Err(error) = emptied {
        tracing::warn!(log = %log.display(), %error, "could not trim a log");
    }
}

fn read_tail(log: &Path, start: u64) -> std::io::Result<String> {
    let mut file = File::open(log)?;
    let from = start.max(file.metadata()?.len().saturating_sub(LOG_TAIL_BYTES));
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(LOG_TAIL_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
