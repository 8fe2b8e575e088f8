//! A server under test: the built program as a child, on a data directory of its own with its embedded services.

pub mod api;
mod sql;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

pub use api::Api;
pub use sql::Sql;

/// Ends what a data directory's processes left, by their ids, once this process is gone in whatever way; then clears up.
const GUARD: &str = r#"
    directory=$1; program=$2
    cat >/dev/null
    server=$(cat "$directory/cauce.lock" 2>/dev/null)
    if [ -n "$server" ] && [ "$(readlink "/proc/$server/exe")" = "$program" ]; then kill -KILL "$server"; fi
    for file in "$directory/nats/nats.pid" "$directory/postgres/postmaster.pid"; do
        service=$(head -n 1 "$file" 2>/dev/null) || continue
        if grep -qaF "$directory" "/proc/$service/cmdline" 2>/dev/null; then kill -QUIT "$service"; fi
        for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$service" 2>/dev/null || break; sleep 0.2; done
    done
    rm -rf "$directory"
"#;

/// How long a start may take before the test gives up.
const START_PATIENCE: Duration = Duration::from_mins(1);

/// A `cauce serve` that can be killed and started again on the same data and port.
pub struct Server {
    /// `http://127.0.0.1:port`.
    pub url: String,
    /// Where it keeps its data.
    pub data_dir: PathBuf,
    /// Where its log lines go.
    pub log: PathBuf,
    program: PathBuf,
    settings: Vec<(String, String)>,
    running: Option<Child>,
    http: reqwest::Client,
    guard: Child,
}

impl Server {
    /// A server that was not started yet; `settings` are environment variables over those of tests.
    pub fn new(name: &str, program: &Path, settings: &[(&str, &str)]) -> Self {
        let data_dir = std::env::temp_dir().join(format!("cauce-{name}-{}", std::process::id()));
        let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.log"));
        // A file that is not there needs no removing.
        let _ = std::fs::remove_file(&log);
        let port = free_port();
        let defaults = [
            ("DATA_DIR", data_dir.display().to_string()),
            ("PORT", port.to_string()),
            ("LIMITS_ENABLED", "false".to_owned()),
            ("LOG_FORMAT", "json".to_owned()),
        ];
        let given = settings.iter().map(|(setting, value)| (*setting, (*value).to_owned()));
        let settings = defaults.into_iter().chain(given).map(|(s, value)| (s.to_owned(), value)).collect();
        let guard = Command::new("setsid")
            .args(["sh", "-c", GUARD, "guard"])
            .args([&data_dir, &program.canonicalize().unwrap()])
            .current_dir("/")
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            url: format!("http://127.0.0.1:{port}"),
            data_dir,
            log,
            program: program.to_path_buf(),
            settings,
            running: None,
            http: reqwest::Client::builder().timeout(Duration::from_secs(2)).build().unwrap(),
            guard,
        }
    }

    /// Adds or changes a setting for the next start.
    pub fn set(&mut self, setting: &str, value: &str) {
        self.settings.push((setting.to_owned(), value.to_owned()));
    }

    /// Starts it and waits for its first good answer; answers how long that took.
    pub async fn start(&mut self) -> Duration {
        let began = Instant::now();
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&self.log).unwrap();
        let mut command = Command::new(&self.program);
        command.arg("serve").envs(self.settings.clone()).current_dir("/").stdin(Stdio::null());
        command.stderr(log.try_clone().unwrap()).stdout(log);
        self.running = Some(command.spawn().unwrap());
        let health = format!("{}/health", self.url);
        loop {
            match self.http.get(&health).send().await {
                Ok(answer) if answer.status() == 200 => return began.elapsed(),
                _ => tokio::time::sleep(Duration::from_millis(5)).await,
            }
            assert!(began.elapsed() < START_PATIENCE, "it does not start; see {}", self.log.display());
            let ended = self.running.as_mut().and_then(|child| child.try_wait().unwrap());
            assert!(ended.is_none(), "it ended at once; see {}", self.log.display());
        }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.running.as_ref().map(Child::id).unwrap()
    }

    /// Ends it with SIGKILL; its database and NATS go on without it.
    pub fn kill(&mut self) {
        let mut child = self.running.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Stops it where it is, with SIGSTOP.
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid().cast_signed()), signal).unwrap();
    }

    /// Ends it in order, with what it started.
    pub fn stop(&mut self) {
        let mut child = self.running.take().unwrap();
        kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM).unwrap();
        child.wait().unwrap();
    }

    /// The status that a path is answered with; 0 for none.
    pub async fn status(&self, path: &str) -> u16 {
        let answer = self.http.get(format!("{}{path}", self.url)).send().await;
        answer.map_or(0, |answer| answer.status().as_u16())
    }

    /// What `/health` says at `pointer`; empty while nothing answers.
    pub async fn health(&self, pointer: &str) -> String {
        let Ok(answer) = self.http.get(format!("{}/health", self.url)).send().await else {
            return String::new();
        };
        let body: serde_json::Value = answer.json().await.unwrap_or_default();
        body.pointer(pointer).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.running.take() {
            // It may be dead already, which is what we want.
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            // What PostgreSQL said may explain the failure; it may not have begun to speak.
            let _ =
                std::fs::copy(self.data_dir.join("postgres.log"), self.log.with_extension("postgres.log"));
        }
        // Dropping the guard's input tells it to clear up; waiting keeps runs from overlapping.
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// A port of the loopback interface that nobody listens on.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Pseudo-random numbers from a seed (`SplitMix64`), so that a run can be repeated.
#[derive(Clone)]
pub struct Random(u64);

impl Random {
    /// The numbers that follow from `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to `end` - 1.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end.max(1)
    }
}
