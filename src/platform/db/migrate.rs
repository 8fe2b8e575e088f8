//! Migrations, the login that the server uses, and the refusals that keep both safe.

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Text};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Any number: the same for every server of one database.
const MIGRATION_LOCK: i64 = 0x0ca0_ce00;

/// Why a database cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// No connection.
    #[error("cannot reach PostgreSQL at {url}: {reason}")]
    Unreachable {
        /// The address, without its password.
        url: String,
        /// Why not.
        reason: String,
    },
    /// The schema is newer than the program.
    #[error(
        "the database has the migration {0}, which this binary does not know: run the newer cauce, or restore the backup made before it"
    )]
    Newer(String),
    /// Migrations are missing, and the login may not apply them.
    #[error(
        "the database lacks {0} migration(s): run `cauce migrate` with DATABASE_ADMIN_URL set to its owner"
    )]
    Behind(usize),
    /// The server's login could go round row-level security.
    #[error(
        "the login \"{login}\" of DATABASE_URL {reason}: give the server a plain login in DATABASE_URL (it is created for you), and the owner in DATABASE_ADMIN_URL"
    )]
    TooMighty {
        /// The login.
        login: String,
        /// What it may do.
        reason: &'static str,
    },
    /// A statement failed.
    #[error("a migration failed and was rolled back: {0}")]
    Failed(String),
}

/// A login that the server uses: it owns nothing and inherits nothing.
#[derive(Debug, Clone)]
pub struct Login {
    /// Its name.
    pub name: String,
    /// Its password; none for a socket that trusts.
    pub password: Option<String>,
}

/// The administrator's connection: migrations and roles, nothing else.
pub struct Admin {
    connection: PgConnection,
}

impl Admin {
    /// Connects to `url` as the owner.
    pub fn connect(url: &str) -> Result<Self, MigrateError> {
        connect(url).map(|connection| Self { connection })
    }

    /// Applies what is missing, one server at a time, and gives `login` its rights. Answers how many were applied.
    pub fn migrate(&mut self, login: &Login) -> Result<usize, MigrateError> {
        self.connection
            .batch_execute(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})"))
            .map_err(|error| MigrateError::Failed(error.to_string()))?;
        let applied = self.migrate_alone(login);
        let unlocked = self.connection.batch_execute(&format!("SELECT pg_advisory_unlock({MIGRATION_LOCK})"));
        unlocked.map_err(|error| MigrateError::Failed(error.to_string()))?;
        applied
    }

    fn migrate_alone(&mut self, login: &Login) -> Result<usize, MigrateError> {
        refuse_newer(&mut self.connection)?;
        let applied = self
            .connection
            .run_pending_migrations(MIGRATIONS)
            .map_err(|error| MigrateError::Failed(error.to_string()))?
            .len();
        self.grant(login).map_err(|error| MigrateError::Failed(error.to_string()))?;
        Ok(applied)
    }

    /// Takes all migrations back; for tests of the way down.
    pub fn revert_all(&mut self) -> Result<usize, MigrateError> {
        self.connection
            .revert_all_migrations(MIGRATIONS)
            .map(|reverted| reverted.len())
            .map_err(|error| MigrateError::Failed(error.to_string()))
    }

    /// Runs statements of the administrator: making and dropping databases of tests.
    pub fn execute(&mut self, sql: &str) -> Result<(), MigrateError> {
        self.connection.batch_execute(sql).map_err(|error| MigrateError::Failed(error.to_string()))
    }

    fn grant(&mut self, login: &Login) -> QueryResult<()> {
        let name = quoted_name(&login.name);
        let known = diesel::sql_query("SELECT rolname::text AS name FROM pg_roles WHERE rolname = $1")
            .bind::<Text, _>(&login.name)
            .load::<RoleName>(&mut self.connection)?;
        if known.is_empty() {
            self.connection.batch_execute(&format!(
                "CREATE ROLE {name} LOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE"
            ))?;
            if let Some(password) = &login.password {
                let password = password.replace('\'', "''");
                self.connection.batch_execute(&format!("ALTER ROLE {name} PASSWORD '{password}'"))?;
            }
        }
        let speaks_as = diesel::sql_query(
            "SELECT rolname::text AS name FROM pg_roles \
             WHERE rolname = 'cauce_events' OR pg_has_role(oid, 'cauce_module', 'MEMBER') AND NOT rolsuper \
             AND NOT rolcanlogin AND rolname <> 'cauce_module'",
        )
        .load::<RoleName>(&mut self.connection)?;
        for role in speaks_as {
            self.connection.batch_execute(&format!("GRANT {} TO {name}", quoted_name(&role.name)))?;
        }
        self.connection.batch_execute(&format!(
            "GRANT USAGE ON SCHEMA public TO {name}; GRANT SELECT ON public.__diesel_schema_migrations TO {name}"
        ))?;
        // The limits of requests; imports and the like raise their own inside their transactions.
        self.connection.batch_execute(&format!(
            "ALTER ROLE {name} SET statement_timeout = '5s';
             ALTER ROLE {name} SET lock_timeout = '2s';
             ALTER ROLE {name} SET idle_in_transaction_session_timeout = '4s';
             ALTER ROLE {name} SET plan_cache_mode = 'force_generic_plan';
             ALTER ROLE {name} SET jit = off"
        ))
    }
}

#[derive(QueryableByName)]
struct RoleName {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Checks, as the server's own login, that the schema is the one this binary knows and that the login is a plain one.
pub fn check(url: &str) -> Result<(), MigrateError> {
    let mut connection = connect(url)?;
    refuse_newer(&mut connection)?;
    let missing = missing(&mut connection)?;
    if missing > 0 {
        return Err(MigrateError::Behind(missing));
    }
    refuse_mighty(&mut connection)
}

#[derive(QueryableByName)]
#[expect(clippy::struct_excessive_bools, reason = "four facts of the catalogue, read once")]
struct Might {
    #[diesel(sql_type = Text)]
    login: String,
    #[diesel(sql_type = Bool)]
    superuser: bool,
    #[diesel(sql_type = Bool)]
    bypasses: bool,
    #[diesel(sql_type = Bool)]
    owns: bool,
    #[diesel(sql_type = Bool)]
    inherits: bool,
}

/// Refuses a login that is superuser, bypasses row-level security, owns a table, or holds rights without asking for them.
pub fn refuse_mighty(connection: &mut PgConnection) -> Result<(), MigrateError> {
    let might = diesel::sql_query(
        "SELECT rolname::text AS login, rolsuper AS superuser, rolbypassrls AS bypasses, \
         EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.relowner = r.oid AND n.nspname NOT LIKE 'pg\\_%') AS owns, \
         has_schema_privilege(r.oid, 'platform', 'USAGE') AS inherits \
         FROM pg_roles r WHERE rolname = session_user",
    )
    .get_result::<Might>(connection)
    .map_err(|error| MigrateError::Failed(error.to_string()))?;
    let reason = match might {
        Might { superuser: true, .. } => "is a superuser, which row-level security does not bind",
        Might { bypasses: true, .. } => "has BYPASSRLS",
        Might { owns: true, .. } => "owns tables",
        Might { inherits: true, .. } => "inherits the rights of the modules (it must be NOINHERIT)",
        _ => return Ok(()),
    };
    Err(MigrateError::TooMighty { login: might.login, reason })
}

fn known() -> Result<Vec<MigrationVersion<'static>>, MigrateError> {
    let migrations: Vec<Box<dyn Migration<Pg>>> =
        MIGRATIONS.migrations().map_err(|error| MigrateError::Failed(error.to_string()))?;
    Ok(migrations.iter().map(|migration| migration.name().version().as_owned()).collect())
}

fn applied(connection: &mut PgConnection) -> Result<Vec<String>, MigrateError> {
    let failed = |error: diesel::result::Error| MigrateError::Failed(error.to_string());
    let table_exists = diesel::select(diesel::dsl::sql::<Bool>(
        "to_regclass('public.__diesel_schema_migrations') IS NOT NULL",
    ))
    .get_result::<bool>(connection)
    .map_err(failed)?;
    if !table_exists {
        return Ok(Vec::new());
    }
    diesel::select(diesel::dsl::sql::<Array<Text>>(
        "ARRAY(SELECT version::text FROM public.__diesel_schema_migrations ORDER BY version)",
    ))
    .get_result(connection)
    .map_err(failed)
}

fn refuse_newer(connection: &mut PgConnection) -> Result<(), MigrateError> {
    let known: Vec<String> = known()?.iter().map(ToString::to_string).collect();
    match applied(connection)?.into_iter().find(|version| !known.contains(version)) {
        Some(version) => Err(MigrateError::Newer(version)),
        None => Ok(()),
    }
}

fn missing(connection: &mut PgConnection) -> Result<usize, MigrateError> {
    let applied = applied(connection)?;
    Ok(known()?.iter().filter(|version| !applied.contains(&version.to_string())).count())
}

fn connect(url: &str) -> Result<PgConnection, MigrateError> {
    #[expect(
        clippy::disallowed_methods,
        reason = "migrations run before there is a pool, and as another role"
    )]
    PgConnection::establish(url)
        .map_err(|error| MigrateError::Unreachable { url: without_password(url), reason: error.to_string() })
}

/// `url` as it may be shown: without its password.
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return "the configured address".to_owned() };
    match rest.split_once('@') {
        Some((login, place)) => {
            let login = login.split(':').next().unwrap_or_default();
            format!("{scheme}://{login}@{place}")
        }
        None => url.to_owned(),
    }
}

fn quoted_name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
