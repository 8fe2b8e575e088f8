//! PostgreSQL's and NATS's processes, which die with the test in whatever way it ends.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A child that is killed, and whose directory is removed, when this process ends in whatever way.
pub(super) struct Guarded {
    shell: Child,
}

impl Guarded {
    fn start(directory: &Path, keep: &str, program: &Path, arguments: &[&str]) -> Self {
        // The shell waits for the end of its input, which comes with the end of this process.
        let script = r#"keep=$1; directory=$2; shift 2; "$@" >"$directory/log" 2>&1 & child=$!
            cat >/dev/null; kill -KILL $child; wait $child; [ "$keep" = keep ] || rm -rf "$directory""#;
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh", keep]).arg(directory).arg(program).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
        if let Some((uid, gid)) = service_account() {
            command.uid(uid).gid(gid);
        }
        Self { shell: command.spawn().unwrap() }
    }

    /// Kills the child with SIGKILL and waits for it.
    fn kill(mut self) {
        drop(self.shell.stdin.take());
        self.shell.wait().unwrap();
    }
}

/// PostgreSQL refuses root.
fn service_account() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return None;
    }
    let accounts = fs::read_to_string("/etc/passwd").unwrap();
    let line = accounts.lines().find(|line| line.starts_with("postgres:")).expect("a user postgres");
    let fields: Vec<&str> = line.split(':').collect();
    Some((fields[2].parse().unwrap(), fields[3].parse().unwrap()))
}

fn new_directory(name: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let directory = std::env::temp_dir().join(format!("cauce-{name}-{}-{number}", std::process::id()));
    fs::create_dir(&directory).unwrap();
    if let Some((uid, gid)) = service_account() {
        chown(&directory, Some(uid), Some(gid)).unwrap();
    }
    directory
}

/// How careful the database is with the disk.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Disk {
    Trusted,
    Synced,
}

/// A new, empty PostgreSQL; its process, and the directory of its socket.
pub(super) fn start_postgres(disk: Disk) -> (Guarded, String) {
    let directory = new_directory("events");
    let binaries = Path::new("/usr/lib/postgresql/15/bin");
    let socket = directory.to_str().unwrap().to_owned();
    let data = format!("{socket}/data");
    let mut initdb = Command::new(binaries.join("initdb"));
    initdb.args([
        "-D",
        &data,
        "-A",
        "trust",
        "-U",
        "owner",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
    ]);
    initdb.current_dir("/").stdout(Stdio::null());
    if let Some((uid, gid)) = service_account() {
        initdb.uid(uid).gid(gid);
    }
    assert!(initdb.status().unwrap().success());
    let fsync = if disk == Disk::Synced { "fsync=on" } else { "fsync=off" };
    let mut arguments = vec!["-D", &data, "-k", &socket];
    for setting in ["listen_addresses=", fsync, "max_connections=60", "shared_buffers=128MB"] {
        arguments.extend(["-c", setting]);
    }
    (Guarded::start(&directory, "remove", &binaries.join("postgres"), &arguments), socket)
}

/// A NATS server that can be killed and started again on the same port and store.
pub(super) struct Nats {
    port: u16,
    running: Option<Guarded>,
    pub(super) directory: PathBuf,
}

impl Nats {
    /// Not running yet.
    pub(super) fn new() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self { port, running: None, directory: new_directory("nats") }
    }

    pub(super) fn url(&self) -> String {
        format!("nats://a-token@127.0.0.1:{}", self.port)
    }

    pub(super) fn start(&mut self) {
        let local = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/bin/nats-server");
        let program = if local.is_file() { local } else { PathBuf::from("nats-server") };
        let store = self.directory.join("store");
        let port = self.port.to_string();
        let arguments =
            ["-js", "-a", "127.0.0.1", "-p", &port, "--auth", "a-token", "-sd", store.to_str().unwrap()];
        self.running = Some(Guarded::start(&self.directory, "keep", &program, &arguments));
    }

    pub(super) fn kill(&mut self) {
        self.running.take().unwrap().kill();
    }

    pub(super) async fn context(&self) -> async_nats::jetstream::Context {
        let options = async_nats::ConnectOptions::with_token("a-token".to_owned()).retry_on_initial_connect();
        let client = options.connect(format!("127.0.0.1:{}", self.port)).await.unwrap();
        async_nats::jetstream::new(client)
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill();
        }
        let _ = fs::remove_dir_all(&self.directory);
    }
}

#[expect(clippy::disallowed_methods, reason = "a child process is being waited for, in a test")]
pub(super) fn patiently<T>(mut found: impl FnMut() -> Option<T>) -> T {
    for _ in 0..500 {
        if let Some(value) = found() {
            return value;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("it never happened");
}
