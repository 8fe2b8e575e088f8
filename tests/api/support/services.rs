//! A PostgreSQL for one run of the tests: started at the first need, gone with the process.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use cauce::platform::db::migrate::Admin;
use cauce::platform::embedded::PostgresBinaries;

/// A database cluster in a temporary directory.
pub struct Cluster {
    directory: PathBuf,
    // Its standard input is what keeps it alive: it ends when this process does, however that ends.
    _guard: Child,
    making: Mutex<()>,
    roles: Mutex<()>,
}

impl Cluster {
    /// The cluster of this process.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Where it keeps its data and its socket.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Makes an empty database called `name`; answers the URLs of its owner and of the server's login.
    pub fn database(&self, name: &str) -> (String, String) {
        let _one_at_a_time = self.making.lock().unwrap();
        let mut admin = Admin::connect(&self.url("cauce", "postgres")).unwrap();
        admin.execute(&format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)")).unwrap();
        admin.execute(&format!("CREATE DATABASE \"{name}\"")).unwrap();
        (self.url("cauce", name), self.url("cauce_app", name))
    }

    /// Lets statements of the server in the database of `admin_url` last for a minute, from the next connection on.
    pub fn wait_longer(admin_url: &str) {
        let mut admin = Admin::connect(admin_url).unwrap();
        for limit in ["lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"] {
            let change = format!("ALTER ROLE cauce_app IN DATABASE %I SET {limit} = ''1min''");
            let change = format!("DO $$ BEGIN EXECUTE format('{change}', current_database()); END $$");
            admin.execute(&change).unwrap();
        }
    }

    /// Held while roles are changed, which belong to all databases of the cluster and take one change at a time.
    pub fn roles(&self) -> MutexGuard<'_, ()> {
        self.roles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn url(&self, login: &str, database: &str) -> String {
        let socket = self.directory.to_str().unwrap().replace('/', "%2F");
        format!("postgres://{login}@{socket}/{database}")
    }

    fn start() -> Self {
        let directory = std::env::temp_dir().join(format!("cauce-test-{}", std::process::id()));
        let binaries = PostgresBinaries::find(&directory, None).unwrap().directory;
        let as_root = nix::unistd::geteuid().is_root();
        // Root may not run PostgreSQL; the guard waits for the end of its input, then stops the server and cleans up.
        let script = format!(
            r#"
            set -eu
            d='{d}'; bin='{bin}'
            rm -rf "$d"; mkdir -p "$d"
            run() {{ {run} ; }}
            {own}
            run "$bin/initdb" -D "$d/data" -U cauce -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$d/initdb.log" 2>&1
            run "$bin/postgres" -D "$d/data" -c listen_addresses= -c unix_socket_directories="$d" -c fsync=off \
                -c synchronous_commit=off -c full_page_writes=off -c max_connections=900 -c shared_buffers=64MB \
                -c jit=off >"$d/postgres.log" 2>&1 &
            until run "$bin/pg_isready" -q -h "$d"; do sleep 0.05; done
            echo ready
            cat >/dev/null || true
            kill -QUIT "$(head -1 "$d/data/postmaster.pid")" 2>/dev/null || true
            rm -rf "$d"
            "#,
            d = directory.display(),
            bin = binaries.display(),
            run = if as_root {
                r#"setpriv --reuid=postgres --regid=postgres --clear-groups "$@""#
            } else {
                r#""$@""#
            },
            own = if as_root { r#"chown postgres:postgres "$d""# } else { ":" },
        );
        let mut guard = Command::new("setsid")
            .args(["sh", "-c", &script])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = std::io::BufReader::new(guard.stdout.take().unwrap());
        std::io::BufRead::read_line(&mut output, &mut line).unwrap();
        assert_eq!(line.trim(), "ready", "PostgreSQL did not start; see {}", directory.display());
        Self { directory, _guard: guard, making: Mutex::new(()), roles: Mutex::new(()) }
    }
}
