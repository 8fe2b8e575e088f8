//! NATS from outside: a server that can be stopped, and a client that reads a stream from its beginning.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::consumer::pull::OrderedConfig;
use futures_util::StreamExt;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::deadline;
use crate::harness::free_port;

const TOKEN: &str = "faults-token";

/// Where a NATS server listens and how it lets us in.
pub struct Broker {
    address: String,
    token: String,
}

/// A message of a stream.
pub struct Received {
    /// `Nats-Msg-Id`.
    pub id: String,
    /// The subject.
    pub subject: String,
    /// The `CloudEvents` envelope.
    pub envelope: Value,
}

impl Broker {
    /// The one that a server on `data_dir` started.
    pub fn embedded(data_dir: &Path) -> Self {
        let config = std::fs::read_to_string(data_dir.join("nats.conf")).unwrap();
        let port = config.lines().find_map(|line| line.strip_prefix("port: ")).unwrap().trim().to_owned();
        let token = std::fs::read_to_string(data_dir.join("nats.token")).unwrap().trim().to_owned();
        Self { address: format!("127.0.0.1:{port}"), token }
    }

    /// Every message of `stream`, oldest first.
    pub async fn read(&self, stream: &str) -> Vec<Received> {
        self.try_read(stream).await.expect("the stream can be read")
    }

    /// The same; none while it cannot be read.
    pub async fn try_read(&self, stream: &str) -> Option<Vec<Received>> {
        let options = async_nats::ConnectOptions::with_token(self.token.clone()).retry_on_initial_connect();
        let client = options.connect(self.address.as_str()).await.ok()?;
        let context = async_nats::jetstream::new(client);
        let stream = context.get_stream(stream).await.ok()?;
        let all = stream.cached_info().state.messages;
        let config = OrderedConfig { deliver_policy: DeliverPolicy::All, ..OrderedConfig::default() };
        let mut messages = stream.create_consumer(config).await.ok()?.messages().await.ok()?;
        let mut received = Vec::new();
        while (received.len() as u64) < all {
            let next = tokio::time::timeout(deadline(), messages.next()).await;
            let message = next.ok()??.ok()?;
            let id = message.headers.as_ref().and_then(|headers| headers.get("Nats-Msg-Id"));
            received.push(Received {
                id: id.map(ToString::to_string).unwrap_or_default(),
                subject: message.subject.to_string(),
                envelope: serde_json::from_slice(&message.payload).unwrap(),
            });
        }
        Some(received)
    }
}

/// A NATS server of the test's own, which dies with the test.
pub struct ExternalNats {
    port: u16,
    directory: PathBuf,
    running: Option<Child>,
}

impl ExternalNats {
    /// Not running yet.
    pub fn new() -> Self {
        let directory = std::env::temp_dir().join(format!("cauce-faults-broker-{}", std::process::id()));
        // An earlier scenario's; there may be none.
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).unwrap();
        Self { port: free_port(), directory, running: None }
    }

    /// What `NATS_SERVERS` is set to.
    pub fn url(&self) -> String {
        Self::url_at(self.port)
    }

    /// The same through a proxy at `port`.
    pub fn url_at(port: u16) -> String {
        format!("nats://{TOKEN}@127.0.0.1:{port}")
    }

    /// How to read from it.
    pub fn broker(&self) -> Broker {
        Broker { address: format!("127.0.0.1:{}", self.port), token: TOKEN.to_owned() }
    }

    /// Starts it, with what it stored before.
    pub fn start(&mut self) {
        // The shell waits for the end of its input, which comes with the end of this process.
        let script = r#"store=$1; shift; "$@" >"$store/log" 2>&1 & child=$!; echo $child >"$store/pid"; cat >/dev/null; kill -TERM $child; wait $child"#;
        let mut command = Command::new("setsid");
        command.args(["sh", "-c", script, "sh"]).arg(&self.directory).arg(program());
        command.args(["-js", "-a", "127.0.0.1", "-p", &self.port.to_string(), "--auth", TOKEN, "-sd"]);
        command.arg(self.store()).stdin(Stdio::piped());
        self.running = Some(command.spawn().unwrap());
    }

    /// Ends it with SIGKILL.
    pub fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
        self.stop();
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
        let pid = std::fs::read_to_string(self.directory.join("pid")).unwrap().trim().parse().unwrap();
        kill(Pid::from_raw(pid), signal).unwrap();
    }

    /// Keeps a copy of what it stored, while it does not run.
    pub fn keep_copy(&self) {
        copy(&self.store(), &self.directory.join("copy"));
    }

    /// Puts the copy back in place of what it stored since.
    pub fn restore_copy(&self) {
        self.wipe();
        copy(&self.directory.join("copy"), &self.store());
    }

    /// Removes what it stored.
    pub fn wipe(&self) {
        std::fs::remove_dir_all(self.store()).unwrap();
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn store(&self) -> PathBuf {
        self.directory.join("store")
    }

    /// Stops it and waits for its end.
    pub fn stop(&mut self) {
        if let Some(mut shell) = self.running.take() {
            drop(shell.stdin.take());
            shell.wait().unwrap();
        }
    }
}

impl Drop for ExternalNats {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").args(["-a", "--"]).args([from, to]).status().unwrap().success());
}

/// The program that `make setup` installed beside the built ones, else the one on the path.
fn program() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let beside =
        here.ancestors().map(|above| above.join("tools/bin/nats-server")).find(|path| path.is_file());
    beside.unwrap_or_else(|| PathBuf::from("nats-server"))
}
