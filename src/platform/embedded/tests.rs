//! Starts the real PostgreSQL and NATS, kills them and us, and looks at what is left.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::*;

/// A directory that is removed with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("cauce-test-{}", Uuid::now_v7().simple()));
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Self(path)
    }

    fn data(&self) -> PathBuf {
        self.0.join("data")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn pid_in(path: &Path) -> Pid {
    let text = fs::read_to_string(path).unwrap();
    Pid::from_raw(text.lines().next().unwrap().trim().parse().unwrap())
}

fn postmaster(data: &Path) -> Pid {
    pid_in(&data.join("postgres/postmaster.pid"))
}

fn nats_pid(data: &Path) -> Pid {
    pid_in(&data.join("nats/nats.pid"))
}

fn is_gone(pid: Pid) -> bool {
    fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default().is_empty()
}

fn connect(url: &str) -> Result<PgConnection, String> {
    #[expect(clippy::disallowed_methods, reason = "this module comes before `Db` and its tests look past it")]
    PgConnection::establish(url).map_err(|error| error.to_string())
}

fn execute(url: &str, statement: &str) -> Result<usize, String> {
    sql_query(statement).execute(&mut connect(url)?).map_err(|error| error.to_string())
}

fn eventually<T>(patience: Duration, mut attempt: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(value) = attempt() {
            return value;
        }
        assert!(Instant::now() < deadline, "it did not happen within {patience:?}");
        thread::park_timeout(Duration::from_millis(20));
    }
}

/// Publishes into a stream and returns how many messages it holds.
fn publish(nats: &EmbeddedNats) -> Result<u64, async_nats::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = async_nats::ConnectOptions::with_token(nats.token.expose_secret().to_owned())
            .connect(&nats.url)
            .await?;
        let context = async_nats::jetstream::new(client);
        let config = async_nats::jetstream::stream::Config {
            name: "TEST".to_owned(),
            subjects: vec!["test.>".to_owned()],
            ..Default::default()
        };
        let mut stream = context.get_or_create_stream(config).await?;
        context.publish("test.one", "hello".into()).await?.await?;
        Ok(stream.info().await?.state.messages)
    })
}

#[test]
fn postgres_keeps_its_data_across_a_stop_and_a_start() {
    let scratch = Scratch::new();
    let lock = LockedDataDir::acquire(&scratch.data()).unwrap();
    // What an interrupted first start leaves behind.
    fs::create_dir(scratch.data().join("postgres.new")).unwrap();
    fs::write(scratch.data().join("postgres.new/PG_VERSION"), "15\n").unwrap();

    let postgres = EmbeddedPostgres::start(&lock, None).unwrap();
    execute(&postgres.admin_url, "CREATE TABLE kept AS SELECT 1 AS one").unwrap();
    execute(&postgres.admin_url, "CREATE ROLE guest LOGIN").unwrap();
    execute(&postgres.url_for("guest", "cauce"), "SELECT 1").unwrap();
    let first = postmaster(&scratch.data());
    postgres.stop();
    assert!(is_gone(first), "the server stops with us");

    // A process file whose number belongs to another program by now.
    fs::write(scratch.data().join("postgres/postmaster.pid"), format!("{}\n", std::process::id())).unwrap();
    let postgres = EmbeddedPostgres::start(&lock, None).unwrap();
    assert_eq!(execute(&postgres.admin_url, "UPDATE kept SET one = 2").unwrap(), 1);
}

#[test]
fn a_killed_postgres_is_started_again_at_the_same_address() {
    let scratch = Scratch::new();
    let lock = LockedDataDir::acquire(&scratch.data()).unwrap();
    let postgres = EmbeddedPostgres::start(&lock, None).unwrap();
    // A backend that outlives the postmaster for a moment and holds its shared memory.
    let mut open = connect(&postgres.admin_url).unwrap();
    sql_query("BEGIN").execute(&mut open).unwrap();
    let first = postmaster(&scratch.data());
    kill(first, Signal::SIGKILL).unwrap();
    let killed = Instant::now();
    eventually(Duration::from_mins(1), || {
        execute(&postgres.admin_url, "SELECT 1").ok().filter(|_| is_gone(first))
    });
    assert!(sql_query("SELECT 1").execute(&mut open).is_err(), "the old session is lost");
    eprintln!("PostgreSQL answers {:?} after kill -9", killed.elapsed());
    assert_ne!(postmaster(&scratch.data()), first);
}

#[test]
fn nats_keeps_its_streams_and_is_started_again() {
    let scratch = Scratch::new();
    let lock = LockedDataDir::acquire(&scratch.data()).unwrap();
    let Some(nats) = EmbeddedNats::start(&lock, None).unwrap() else {
        eprintln!("skipped: there is no nats-server on this machine");
        return;
    };
    assert_eq!(publish(&nats).unwrap(), 1);
    let first = nats_pid(&scratch.data());
    kill(first, Signal::SIGKILL).unwrap();
    let killed = Instant::now();
    let messages = eventually(Duration::from_mins(1), || {
        publish(&nats).ok().filter(|_| nats_pid(&scratch.data()) != first)
    });
    eprintln!("NATS answers {:?} after kill -9", killed.elapsed());
    assert!(messages >= 2, "the stream is still there");
    let (url, second) = (nats.url.clone(), nats_pid(&scratch.data()));
    nats.stop();
    assert!(is_gone(second), "the server stops with us");
    let nats = EmbeddedNats::start(&lock, None).unwrap().unwrap();
    assert_eq!(nats.url, url, "the port is kept");
    assert_eq!(publish(&nats).unwrap(), messages + 1);
}

#[test]
fn what_a_crash_of_ours_leaves_running_is_adopted_and_stopped() {
    let scratch = Scratch::new();
    let mut crashing = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", "platform::embedded::tests::hold_until_killed"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(crashing.stdin.as_mut().unwrap(), "{}", scratch.data().display()).unwrap();
    let mut lines = BufReader::new(crashing.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().ends_with("HOLDING")), "the helper started both");
    let data = scratch.data();
    let busy = LockedDataDir::acquire(&data).unwrap_err().to_string();
    assert!(busy.contains(&format!("pid {}", crashing.id())), "{busy}");
    let beside = EmbeddedPostgres::attach(&data).unwrap();
    execute(&beside.admin_url(), "CREATE TABLE written_beside AS SELECT 1 AS one").unwrap();
    let first = postmaster(&data);
    crashing.kill().unwrap();
    crashing.wait().unwrap();

    let lock = LockedDataDir::acquire(&data).unwrap();
    let postgres = EmbeddedPostgres::start(&lock, None).unwrap();
    assert_eq!(postmaster(&data), first, "the same server goes on");
    execute(&postgres.admin_url, "TABLE written_beside").unwrap();
    if let Some(nats) = EmbeddedNats::start(&lock, None).unwrap() {
        let pid = nats_pid(&data);
        publish(&nats).unwrap();
        nats.stop();
        assert!(is_gone(pid), "the adopted NATS stops with us");
    }
    postgres.stop();
    assert!(is_gone(first), "the adopted PostgreSQL stops with us");
}

/// The process that the test above kills; it reads the data directory from its standard input.
#[test]
#[ignore = "run by what_a_crash_of_ours_leaves_running_is_adopted_and_stopped"]
fn hold_until_killed() {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    if line.trim().is_empty() {
        return;
    }
    let lock = LockedDataDir::acquire(Path::new(line.trim())).unwrap();
    let _postgres = EmbeddedPostgres::start(&lock, None).unwrap();
    let _nats = EmbeddedNats::start(&lock, None).unwrap();
    writeln!(std::io::stdout(), "HOLDING").unwrap();
    // Ends when the parent dies, so that a failed test leaves nothing behind.
    std::io::stdin().read_line(&mut line).unwrap();
}

#[test]
fn a_long_path_gets_a_short_socket_directory() {
    let scratch = Scratch::new();
    let data = scratch.0.join("d".repeat(100));
    let lock = LockedDataDir::acquire(&data).unwrap();
    let postgres = EmbeddedPostgres::start(&lock, None).unwrap();
    execute(&postgres.admin_url, "SELECT 1").unwrap();
    let sockets = postgres.address.socket_dir.clone();
    assert!(!sockets.starts_with(&scratch.0));
    postgres.stop();
    fs::remove_dir_all(sockets).unwrap();
}

#[test]
fn wrong_settings_are_refused_with_what_to_do() {
    let scratch = Scratch::new();
    let lock = LockedDataDir::acquire(&scratch.data()).unwrap();
    let nowhere = Path::new("/nonexistent/bin");
    let error = EmbeddedPostgres::start(&lock, Some(nowhere)).unwrap_err().to_string();
    assert!(error.contains("POSTGRES_BIN_DIR is /nonexistent/bin"), "{error}");
    let error = EmbeddedNats::start(&lock, Some(nowhere)).unwrap_err().to_string();
    assert!(error.contains("NATS_SERVER_BIN is /nonexistent/bin"), "{error}");
    let cluster = scratch.data().join("postgres");
    let account = account::Account::for_services().unwrap();
    fs::create_dir(&cluster).unwrap();
    fs::write(cluster.join("PG_VERSION"), "99\n").unwrap();
    account.take(&cluster, 0o700).unwrap();
    let error = EmbeddedPostgres::start(&lock, None).unwrap_err().to_string();
    assert!(error.contains("apt-get install postgresql-99"), "{error}");
}

#[test]
fn the_default_directory_gives_way_where_the_database_cannot_reach_it() {
    let scratch = Scratch::new();
    let private = scratch.0.join("private");
    fs::create_dir(&private).unwrap();
    fs::set_permissions(&private, fs::Permissions::from_mode(0o700)).unwrap();
    let configured = private.join("not-yet/data");

    let explicit = resolve_data_dir(&configured, DataDirChoice::Explicit);
    assert_eq!(explicit, DataDir { path: configured.clone(), note: None });
    let default = resolve_data_dir(&configured, DataDirChoice::Default);
    if geteuid().is_root() {
        assert_eq!(default.path, Path::new("/var/lib/cauce"));
        assert!(default.note.unwrap().contains("cannot reach"));
        let lock = LockedDataDir::acquire(&configured).unwrap();
        let error = EmbeddedPostgres::start(&lock, None).unwrap_err().to_string();
        assert!(error.contains("set DATA_DIR"), "{error}");
    } else {
        assert_eq!(default, explicit);
    }
    let open = resolve_data_dir(&scratch.data(), DataDirChoice::Default);
    assert_eq!(open, DataDir { path: scratch.data(), note: None });
}

#[test]
fn the_major_version_is_read_from_what_programs_and_files_say() {
    for (text, expected) in [
        ("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)", Some(15)),
        ("postgres (PostgreSQL) 17beta1", Some(17)),
        ("16\n", Some(16)),
        ("", None),
        ("postgres", None),
    ] {
        assert_eq!(binaries::major_version(text), expected, "{text:?}");
    }
}

#[test]
fn a_url_encodes_the_socket_directory() {
    let address = PostgresAddress { socket_dir: PathBuf::from("/tmp/a b/ñ"), port: 5433 };
    assert_eq!(
        address.url_for("cauce_app", "cauce"),
        "postgres://cauce_app@%2Ftmp%2Fa%20b%2F%C3%B1:5433/cauce"
    );
}
