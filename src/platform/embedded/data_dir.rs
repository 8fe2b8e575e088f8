//! The data directory: where it is, and the lock that keeps two servers from sharing it.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;

use super::account::Account;
use super::error::EmbeddedError;

const SYSTEM_DATA_DIR: &str = "/var/lib/cauce";
const LOCK_FILE: &str = "cauce.lock";
/// Others may pass through to the sub-directory that is theirs, and not list it.
const MODE_FOR_ROOT: u32 = 0o711;
const MODE_FOR_USER: u32 = 0o700;

/// Who chose the data directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataDirChoice {
    /// It is the built-in default, which may give way to another place.
    Default,
    /// The operator named it: it is used or refused, never replaced.
    Explicit,
}

/// Where data are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataDir {
    /// The absolute path; it may not exist yet.
    pub path: PathBuf,
    /// A sentence for the log when this is not the directory that one would expect.
    pub note: Option<String>,
}

/// Decides where data are kept: the configured directory, or `/var/lib/cauce` when we are root, nobody chose
/// the directory, and the account that the database must run as could not reach it.
pub fn resolve_data_dir(configured: &Path, choice: DataDirChoice) -> DataDir {
    let path = std::path::absolute(configured).unwrap_or_else(|_| configured.to_path_buf());
    match Account::for_services() {
        Ok(account) if choice == DataDirChoice::Default && !account.reaches(&path) => DataDir {
            note: Some(format!(
                "data are kept in {SYSTEM_DATA_DIR}, because the user {}, as which the database runs, cannot reach {}",
                account.name(),
                path.display()
            )),
            path: PathBuf::from(SYSTEM_DATA_DIR),
        },
        _ => DataDir { path, note: None },
    }
}

/// A data directory that exists and that no other `cauce` process uses until this value is dropped.
#[derive(Debug)]
pub struct LockedDataDir {
    path: PathBuf,
    _lock: File,
}

impl LockedDataDir {
    /// Creates the directory if need be and locks it.
    ///
    /// The operating system drops the lock with the process, also after kill -9.
    pub fn acquire(path: &Path) -> Result<Self, EmbeddedError> {
        let path = create_private(path)?;
        let lock_path = path.join(LOCK_FILE);
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&lock_path)
            .map_err(EmbeddedError::file("open", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // The number is a courtesy: without it the sentence still says what to do.
                let _ = lock.read_to_string(&mut holder);
                let holder =
                    if holder.trim().is_empty() { "unknown".to_owned() } else { holder.trim().to_owned() };
                return Err(EmbeddedError::DataDirBusy { path, holder });
            }
            Err(TryLockError::Error(source)) => {
                return Err(EmbeddedError::File { action: "lock", path: lock_path, source });
            }
        }
        lock.set_len(0)
            .and_then(|()| lock.rewind())
            .and_then(|()| writeln!(lock, "{}", std::process::id()))
            .map_err(EmbeddedError::file("write", &lock_path))?;
        Ok(Self { path, _lock: lock })
    }

    /// The directory, absolute and without symbolic links.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Creates `directory` with the parents that are missing, whatever the umask says.
fn create_private(directory: &Path) -> Result<PathBuf, EmbeddedError> {
    let directory = std::path::absolute(directory).map_err(EmbeddedError::file("resolve", directory))?;
    let mode = if geteuid().is_root() { MODE_FOR_ROOT } else { MODE_FOR_USER };
    let missing: Vec<&Path> = directory.ancestors().take_while(|ancestor| !ancestor.exists()).collect();
    for path in missing.iter().rev() {
        DirBuilder::new().mode(mode).create(path).map_err(EmbeddedError::file("create", path))?;
        fs::set_permissions(path, Permissions::from_mode(mode))
            .map_err(EmbeddedError::file("set the mode of", path))?;
    }
    directory.canonicalize().map_err(EmbeddedError::file("resolve", &directory))
}
