//! The embedded NATS server with JetStream, on a free port of the loopback interface.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use secrecy::{ExposeSecret, SecretString};

use super::account::Account;
use super::binaries::find_nats;
use super::data_dir::LockedDataDir;
use super::error::EmbeddedError;
use super::process::{Launch, Process, trim_log};
use super::supervisor::{Service, Supervisor};

const PORT_ATTEMPTS: u32 = 3;
const BANNER_PATIENCE: Duration = Duration::from_millis(500);
const MEMORY_STORE_BYTES: u64 = 64 * 1024 * 1024;
const FILE_STORE_BYTES: u64 = 8 * 1024 * 1024 * 1024;

/// A NATS server that runs as long as this value lives; dropping it stops the server and blocks for that long.
#[derive(Debug)]
pub struct EmbeddedNats {
    /// `nats://127.0.0.1:<port>`, without the token.
    pub url: String,
    /// The token that clients must present; it is kept in `nats.token` under the data directory.
    pub token: SecretString,
    supervisor: Supervisor,
}

impl EmbeddedNats {
    /// Starts the server, or adopts the one that a crash left running; `None` when the machine has no `nats-server`.
    pub fn start(data_dir: &LockedDataDir, binary: Option<&Path>) -> Result<Option<Self>, EmbeddedError> {
        let root = data_dir.path();
        let Some(program) = find_nats(root, binary)? else { return Ok(None) };
        let account = account_for(root, &program)?;
        let token = kept_token(root)?;
        prepare_store(root, &account)?;
        let log = root.join("nats.log");
        trim_log(&log);
        let config = root.join("nats.conf");
        let arguments = vec!["-c".into(), config.clone().into()];
        let launch = Launch { program, arguments, account, log };
        let mut attempts = 0;
        loop {
            attempts += 1;
            let port = choose_port(root)?;
            write_config(root, port, &token, &launch.account)?;
            let service = NatsService {
                root: root.to_path_buf(),
                config: config.clone(),
                port,
                launch: launch.clone(),
            };
            match Supervisor::start(service) {
                Ok(supervisor) => {
                    let url = format!("nats://127.0.0.1:{port}");
                    return Ok(Some(Self { url, token, supervisor }));
                }
                // Somebody may have taken the port between our look and its start.
                Err(error) if attempts == PORT_ATTEMPTS => return Err(error),
                Err(error) => tracing::warn!(%error, port, "trying another port for NATS"),
            }
        }
    }

    /// The address and token of the server that another `cauce` process keeps running on `data_dir`, if there is one.
    pub fn attach(data_dir: &Path) -> Option<(String, SecretString)> {
        let config = data_dir.join("nats.conf");
        left_running(data_dir, &config)?;
        let port = port_in(&fs::read_to_string(&config).ok()?)?;
        let token = fs::read_to_string(data_dir.join("nats.token")).ok()?;
        Some((format!("nats://127.0.0.1:{port}"), token.trim().to_owned().into()))
    }

    /// Stops the server: what it acknowledged is on disk. Blocks until it is gone.
    pub fn stop(mut self) {
        self.supervisor.stop();
    }
}

#[derive(Debug)]
struct NatsService {
    root: PathBuf,
    config: PathBuf,
    port: u16,
    launch: Launch,
}

impl Service for NatsService {
    fn name(&self) -> &'static str {
        "NATS"
    }

    fn launch(&self) -> &Launch {
        &self.launch
    }

    fn left_running(&self) -> Option<Process> {
        left_running(&self.root, &self.config)
    }

    /// A stale process file is overwritten by the server.
    fn clear_remains(&self) {}

    /// The greeting names JetStream once it has recovered its streams.
    fn is_ready(&self, _pid: Pid) -> bool {
        greeting(self.port)
            .is_some_and(|line| line.starts_with("INFO ") && line.contains("\"jetstream\":true"))
    }

    fn stop_signal(&self) -> Signal {
        Signal::SIGTERM
    }
}

fn left_running(root: &Path, config: &Path) -> Option<Process> {
    let pid = fs::read_to_string(pid_file(root)).ok()?.trim().parse().ok().filter(|pid| *pid > 1)?;
    Process::adopt(Pid::from_raw(pid), config)
}

fn greeting(port: u16) -> Option<String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, BANNER_PATIENCE).ok()?;
    stream.set_read_timeout(Some(BANNER_PATIENCE)).ok()?;
    let mut bytes = vec![0; 4096];
    let mut length = 0;
    while length < bytes.len() && !bytes[..length].contains(&b'\n') {
        match stream.read(&mut bytes[length..]).ok()? {
            0 => break,
            read => length += read,
        }
    }
    Some(String::from_utf8_lossy(&bytes[..length]).into_owned())
}

fn store_dir(root: &Path) -> PathBuf {
    root.join("nats")
}

fn pid_file(root: &Path) -> PathBuf {
    store_dir(root).join("nats.pid")
}

/// The owner of the store that exists; else the services' account where it can reach program and data, else ourselves.
fn account_for(root: &Path, program: &Path) -> Result<Account, EmbeddedError> {
    let usual = if store_dir(root).exists() {
        Account::owning(&store_dir(root)).unwrap_or_else(|_| Account::ourselves())
    } else {
        Account::for_services()?
    };
    let usable = usual.reaches(program) && usual.reaches(root);
    Ok(if usable { usual } else { Account::ourselves() })
}

fn prepare_store(root: &Path, account: &Account) -> Result<(), EmbeddedError> {
    let store = store_dir(root);
    if !store.exists() {
        DirBuilder::new().mode(0o700).create(&store).map_err(EmbeddedError::file("create", &store))?;
    }
    account.take(&store, 0o700)
}

/// The token of the last start, or a new one.
fn kept_token(root: &Path) -> Result<SecretString, EmbeddedError> {
    let path = root.join("nats.token");
    let kept = fs::read_to_string(&path).unwrap_or_default();
    if !kept.trim().is_empty() {
        return Ok(kept.trim().to_owned().into());
    }
    let mut random = [0_u8; 32];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| EmbeddedError::File {
        action: "find random numbers for",
        path: path.clone(),
        source: std::io::Error::other("the generator failed"),
    })?;
    let token = BASE64_URL_SAFE_NO_PAD.encode(random);
    write_private(&path, token.as_bytes())?;
    Ok(token.into())
}

/// The port of a server that still runs, else the last one if it is free, else any that is free.
fn choose_port(root: &Path) -> Result<u16, EmbeddedError> {
    let config = root.join("nats.conf");
    let last = fs::read_to_string(&config).ok().and_then(|text| port_in(&text));
    if let Some(port) = last.filter(|_| left_running(root, &config).is_some()) {
        return Ok(port);
    }
    let free =
        |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|listener| listener.local_addr());
    last.and_then(|port| free(port).ok())
        .map_or_else(|| free(0), Ok)
        .map(|address| address.port())
        .map_err(EmbeddedError::file("find a free port for", &config))
}

fn port_in(config: &str) -> Option<u16> {
    config.lines().find_map(|line| line.strip_prefix("port: ")?.trim().parse().ok())
}

/// Writes the configuration, in words that 2.9 and 2.15 both know.
fn write_config(
    root: &Path,
    port: u16,
    token: &SecretString,
    account: &Account,
) -> Result<(), EmbeddedError> {
    let path = root.join("nats.conf");
    let store = quoted(&store_dir(root));
    let text = format!(
        "# Written by cauce at every start.\n\
         server_name: \"cauce\"\n\
         host: \"127.0.0.1\"\n\
         port: {port}\n\
         pid_file: {pid_file}\n\
         authorization {{ token: \"{token}\" }}\n\
         jetstream {{\n  store_dir: {store}\n  max_memory_store: {MEMORY_STORE_BYTES}\n  max_file_store: {FILE_STORE_BYTES}\n}}\n",
        pid_file = quoted(&pid_file(root)),
        token = token.expose_secret(),
    );
    write_private(&path, text.as_bytes())?;
    account.take(&path, 0o600)
}

/// A path as a string of the configuration language, whose escapes are Rust's for what paths hold.
fn quoted(path: &Path) -> String {
    format!("{:?}", path.to_string_lossy())
}

/// Replaces a file by one that only its owner may read, in one step.
fn write_private(path: &Path, contents: &[u8]) -> Result<(), EmbeddedError> {
    let unfinished = path.with_extension("new");
    let write = || {
        let _ = fs::remove_file(&unfinished);
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?.write_all(contents)?;
        fs::rename(&unfinished, path)
    };
    write().map_err(EmbeddedError::file("write", path))
}
