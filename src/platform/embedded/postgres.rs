//! The embedded PostgreSQL: one cluster under the data directory, reachable by a Unix socket only.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::unistd::{Pid, geteuid};

use super::account::Account;
use super::binaries::{PostgresBinaries, major_version};
use super::data_dir::LockedDataDir;
use super::error::EmbeddedError;
use super::process::{CommandLine, Launch, Process, command_line_of, detached_command, trim_log};
use super::supervisor::{Service, Supervisor};

const OWNER: &str = "cauce";
const DATABASE: &str = "cauce";
/// Only names the socket file; nothing listens on a network.
const PORT: u16 = 54380;
/// `sockaddr_un` holds 108 bytes with the final zero.
const LONGEST_SOCKET_PATH: usize = 107;
/// The mode bits of everybody but the owner.
const OTHERS: u32 = 0o077;
const ATTACH_PATIENCE: Duration = Duration::from_secs(10);
const ATTACH_POLL: Duration = Duration::from_millis(50);

/// Settings for a small server that holds other people's personal data: never values in the log.
const SETTINGS: [&str; 22] = [
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "cluster_name=cauce",
    "max_connections=60",
    "shared_buffers=128MB",
    "effective_cache_size=512MB",
    "work_mem=8MB",
    "maintenance_work_mem=64MB",
    "random_page_cost=1.1",
    "jit=off",
    "fsync=on",
    "synchronous_commit=on",
    "wal_compression=on",
    "max_wal_size=1GB",
    "checkpoint_timeout=15min",
    "autovacuum_naptime=10s",
    "timezone=UTC",
    "logging_collector=off",
    "log_line_prefix=%m [%p] %u ",
    "log_error_verbosity=terse",
    "log_parameter_max_length=0",
    "log_parameter_max_length_on_error=0",
];

/// Where a PostgreSQL can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresAddress {
    /// The directory of the Unix socket: what libpq calls the host.
    pub socket_dir: PathBuf,
    /// The port number, which names the socket file.
    pub port: u16,
}

impl PostgresAddress {
    /// A libpq URL for `login` on `database`; no password is needed on the socket.
    pub fn url_for(&self, login: &str, database: &str) -> String {
        format!(
            "postgres://{}@{}:{}/{}",
            percent_encoded(login.as_bytes()),
            percent_encoded(self.socket_dir.as_os_str().as_bytes()),
            self.port,
            percent_encoded(database.as_bytes())
        )
    }

    /// A libpq URL for the owner of the database `cauce`.
    pub fn admin_url(&self) -> String {
        self.url_for(OWNER, DATABASE)
    }
}

/// A PostgreSQL that runs as long as this value lives; dropping it stops the server and blocks for that long.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    /// The owner's URL.
    pub admin_url: String,
    /// Where it can be reached.
    pub address: PostgresAddress,
    /// Its programs, `psql` and `pg_dump` among them as a rule.
    pub binaries: PostgresBinaries,
    supervisor: Supervisor,
}

impl EmbeddedPostgres {
    /// Starts the database, after creating it if it is the first time, or adopts the one that a crash left running.
    pub fn start(data_dir: &LockedDataDir, bin_dir: Option<&Path>) -> Result<Self, EmbeddedError> {
        let root = data_dir.path();
        let cluster = cluster_dir(root);
        let account = if cluster.exists() { Account::owning(&cluster)? } else { Account::for_services()? };
        if !account.reaches(root) {
            let account = account.name().to_owned();
            return Err(EmbeddedError::DataDirUnreachable { path: root.to_path_buf(), account });
        }
        let major = major_of(&cluster);
        let existing = major.map(|major| (cluster.as_path(), major));
        let binaries = PostgresBinaries::find_for(root, bin_dir, &account, existing)?;
        if major.is_none() {
            initialise(root, &cluster, &binaries, &account)?;
        }
        let socket_dir = prepare_socket_dir(root, &account)?;
        let log = root.join("postgres.log");
        trim_log(&log);
        let arguments = arguments(&cluster, &socket_dir);
        let launch = Launch { program: binaries.program("postgres"), arguments, account, log };
        let supervisor = Supervisor::start(PostgresService { cluster: cluster.clone(), launch })?;
        // A server that was adopted may have its socket where an earlier release put it.
        let address = PidFile::read(&cluster)
            .and_then(|file| file.address)
            .unwrap_or(PostgresAddress { socket_dir, port: PORT });
        Ok(Self { admin_url: address.admin_url(), address, binaries, supervisor })
    }

    /// The address of the database that another `cauce` process keeps running on `data_dir`.
    ///
    /// Waits up to 10 s, since that process may just be starting.
    pub fn attach(data_dir: &Path) -> Result<PostgresAddress, EmbeddedError> {
        let refusal = || EmbeddedError::NotRunning { path: data_dir.to_path_buf() };
        let cluster = cluster_dir(&data_dir.canonicalize().map_err(|_| refusal())?);
        let deadline = Instant::now() + ATTACH_PATIENCE;
        loop {
            let running = PidFile::read(&cluster).filter(|file| file.ready && file.is_live(&cluster));
            if let Some(address) = running.and_then(|file| file.address) {
                return Ok(address);
            }
            if Instant::now() >= deadline {
                return Err(refusal());
            }
            thread::park_timeout(ATTACH_POLL);
        }
    }

    /// A libpq URL for `login` on `database`.
    pub fn url_for(&self, login: &str, database: &str) -> String {
        self.address.url_for(login, database)
    }

    /// Stops the database: open transactions are rolled back, the rest is on disk. Blocks until it is gone.
    pub fn stop(mut self) {
        self.supervisor.stop();
    }
}

#[derive(Debug)]
struct PostgresService {
    cluster: PathBuf,
    launch: Launch,
}

impl Service for PostgresService {
    fn name(&self) -> &'static str {
        "PostgreSQL"
    }

    fn launch(&self) -> &Launch {
        &self.launch
    }

    fn left_running(&self) -> Option<Process> {
        Process::adopt(PidFile::read(&self.cluster)?.pid, &self.cluster)
    }

    /// PostgreSQL itself clears a stale `postmaster.pid`, unless the number belongs to another program by now (after a
    /// reboot, or in a container where numbers come back). Processes of the old server that still write are
    /// found by their shared memory, with or without this file.
    fn clear_remains(&self) {
        let Some(file) = PidFile::read(&self.cluster) else { return };
        if command_line_of(file.pid, &self.cluster) == CommandLine::Other {
            let path = pid_file(&self.cluster);
            tracing::warn!(path = %path.display(), pid = %file.pid, "removing a process file that names another program");
            if let Err(error) = fs::remove_file(&path) {
                tracing::warn!(path = %path.display(), %error, "could not remove it");
            }
        }
    }

    fn is_ready(&self, pid: Pid) -> bool {
        PidFile::read(&self.cluster).is_some_and(|file| file.ready && file.pid == pid)
    }

    /// The fast shutdown, which does not wait for clients.
    fn stop_signal(&self) -> Signal {
        Signal::SIGINT
    }
}

/// What PostgreSQL writes into `postmaster.pid`: process id, directory, start time, port, socket directory,
/// listen address, shared memory, status, one a line.
#[derive(Debug)]
struct PidFile {
    pid: Pid,
    address: Option<PostgresAddress>,
    ready: bool,
}

impl PidFile {
    fn read(cluster: &Path) -> Option<Self> {
        let text = fs::read_to_string(pid_file(cluster)).ok()?;
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let address = match (lines.get(3).and_then(|port| port.parse().ok()), lines.get(4)) {
            (Some(port), Some(directory)) if !directory.is_empty() => {
                Some(PostgresAddress { socket_dir: PathBuf::from(directory), port })
            }
            _ => None,
        };
        let pid = lines.first()?.parse().ok().filter(|pid| *pid > 1)?;
        Some(Self { pid: Pid::from_raw(pid), address, ready: lines.get(7) == Some(&"ready") })
    }

    fn is_live(&self, cluster: &Path) -> bool {
        command_line_of(self.pid, cluster) == CommandLine::Marked
    }
}

fn cluster_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("postgres")
}

fn pid_file(cluster: &Path) -> PathBuf {
    cluster.join("postmaster.pid")
}

fn major_of(cluster: &Path) -> Option<u32> {
    major_version(&fs::read_to_string(cluster.join("PG_VERSION")).ok()?)
}

fn arguments(cluster: &Path, socket_dir: &Path) -> Vec<OsString> {
    let mut sockets = OsString::from("unix_socket_directories=");
    sockets.push(socket_dir);
    let settings = SETTINGS.iter().map(OsString::from).chain([format!("port={PORT}").into(), sockets]);
    let mut arguments = vec![OsString::from("-D"), cluster.into()];
    arguments.extend(settings.flat_map(|setting| [OsString::from("-c"), setting]));
    arguments
}

/// Creates the cluster and its database beside the final place and moves it there when complete, so that a crash
/// in the middle leaves nothing that looks like a database.
fn initialise(
    root: &Path,
    cluster: &Path,
    binaries: &PostgresBinaries,
    account: &Account,
) -> Result<(), EmbeddedError> {
    let unfinished = root.join("postgres.new");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(EmbeddedError::file("remove", &unfinished))?;
    }
    DirBuilder::new().mode(0o700).create(&unfinished).map_err(EmbeddedError::file("create", &unfinished))?;
    account.take(&unfinished, 0o700)?;
    tracing::info!(version = binaries.major, path = %cluster.display(), "creating the embedded database");
    let mut initdb = detached_command(&binaries.program("initdb"), account);
    initdb.args(["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--username", OWNER, "--pgdata"]);
    run_to_end(initdb.arg(&unfinished), b"").map_err(refused(&unfinished))?;
    // A single-user session needs neither psql nor a socket.
    let mut session = detached_command(&binaries.program("postgres"), account);
    session.args(["--single", "-j", "-c", "exit_on_error=on", "-D"]).arg(&unfinished).arg("postgres");
    run_to_end(&mut session, format!("CREATE DATABASE {DATABASE};\n\n").as_bytes())
        .map_err(refused(&unfinished))?;
    fs::rename(&unfinished, cluster).map_err(EmbeddedError::file("move the new database to", cluster))?;
    File::open(root).and_then(|directory| directory.sync_all()).map_err(EmbeddedError::file("write", root))
}

fn refused(path: &Path) -> impl FnOnce(String) -> EmbeddedError {
    let path = path.to_path_buf();
    move |reason| EmbeddedError::Initialise { path, reason }
}

/// Runs a command with that input; the error is the telling line of what it printed.
fn run_to_end(command: &mut Command, input: &[u8]) -> Result<(), String> {
    let mut run = || -> std::io::Result<Output> {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input)?;
        }
        child.wait_with_output()
    };
    let output = run().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let telling =
        text.lines().find(|line| line.contains("error") || line.contains("FATAL") || line.contains("ERROR"));
    Err(telling.or_else(|| text.lines().last()).unwrap_or("it said nothing").trim().to_owned())
}

/// The socket's directory: under the data directory, or a short one of our own where that path is too long.
fn prepare_socket_dir(root: &Path, account: &Account) -> Result<PathBuf, EmbeddedError> {
    let usual = root.join("run");
    let socket_path = usual.join(format!(".s.PGSQL.{PORT}"));
    let directory = if socket_path.as_os_str().len() <= LONGEST_SOCKET_PATH {
        usual
    } else {
        let mut hasher = DefaultHasher::new();
        root.hash(&mut hasher);
        let parent = if geteuid().is_root() { "/run" } else { "/tmp" };
        Path::new(parent).join(format!("cauce-{:016x}", hasher.finish()))
    };
    match DirBuilder::new().mode(0o700).create(&directory) {
        Ok(()) => account.take(&directory, 0o700)?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(source) => return Err(EmbeddedError::File { action: "create", path: directory, source }),
    }
    let found = fs::symlink_metadata(&directory).map_err(EmbeddedError::file("read", &directory))?;
    let closed = found.permissions().mode() & OTHERS == 0;
    let private = found.is_dir() && account.owns(&found) && closed;
    if private {
        Ok(directory)
    } else {
        Err(EmbeddedError::UnsafeSocketDir { path: directory, account: account.name().to_owned() })
    }
}

/// Encodes everything but letters, digits and `-_.`, as a URL's host and user need it.
fn percent_encoded(bytes: &[u8]) -> String {
    let mut encoded = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(byte) {
            encoded.push(char::from(*byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
