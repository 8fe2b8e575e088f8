//! Transactions: bound to a tenant, speaking to PostgreSQL as the role of the module that uses them.

use chrono::{DateTime, Utc};
use diesel::PgConnection;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};

use super::DbError;
use crate::platform::auth::{Actor, Sight, TenantId};
use crate::platform::events::{self, Emitted, Event, LoggedEvent};
use crate::platform::id::Id;

/// A module as PostgreSQL knows it: the role `cauce_<name>`, with rights on the schema `<name>` only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Module {
    name: &'static str,
    has_owners: bool,
}

impl Module {
    /// The module `name`; each module says its own name in its `mod.rs`, and only there.
    pub const fn named(name: &'static str) -> Self {
        Self { name, has_owners: false }
    }

    /// The same module, whose records are somebody's: for whoever sees only some of them it speaks as
    /// `cauce_<name>_viewer`, the role that the policy `visible` binds.
    #[must_use]
    pub const fn with_owners(self) -> Self {
        Self { has_owners: true, ..self }
    }

    fn role(self, sight: &Sight) -> String {
        let is_bound = self.has_owners && !sight.is_everything();
        format!("cauce_{}{}", self.name, if is_bound { "_viewer" } else { "" })
    }

    /// The module's name.
    pub const fn name(self) -> &'static str {
        self.name
    }
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It changes something, which is there when its end was heard of.
    Write,
    /// It changes nothing: PostgreSQL refuses to, and nobody has to wait for its end.
    Read,
}

/// A transaction in one tenant; it begins with its first query.
pub struct TenantTx<'c> {
    connection: &'c mut PgConnection,
    purpose: Purpose,
    actor: Actor,
    now: DateTime<Utc>,
    /// Who they are that see some records only, and whose those are, for PostgreSQL.
    viewer: String,
    /// The module, and whether it sees everything.
    speaks_as: Option<(Module, bool)>,
    emitted: Vec<Emitted>,
    /// Whether any events are written.
    has_written: bool,
}

impl<'c> TenantTx<'c> {
    pub(super) fn new(
        connection: &'c mut PgConnection,
        purpose: Purpose,
        actor: Actor,
        now: DateTime<Utc>,
    ) -> Self {
        let viewer = match actor.sight() {
            Sight::Everything => String::new(),
            Sight::Of(people) => {
                let ids: Vec<String> = people.iter().map(ToString::to_string).collect();
                let user = actor.user().map(Id::uuid).unwrap_or_default();
                // How many records are whose decides about the plan, so that no two of them share one.
                format!(
                    "; SET LOCAL app.viewer = '{user}'; SET LOCAL app.owners = '{{{}}}'; \
                     SET LOCAL plan_cache_mode = 'force_custom_plan'",
                    ids.join(",")
                )
            }
        };
        Self {
            connection,
            purpose,
            actor,
            now,
            viewer,
            speaks_as: None,
            emitted: Vec::new(),
            has_written: false,
        }
    }

    /// The tenant whose rows this transaction sees.
    pub fn tenant(&self) -> TenantId {
        self.actor.tenant()
    }

    /// Who acts, and under which correlation id.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// One instant for the whole transaction.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The connection, speaking as `module` with the actor's sight: one round trip to begin, one more at each change.
    pub fn conn(&mut self, module: Module) -> Result<&mut PgConnection, DbError> {
        let voice = (module, self.actor.sight().is_everything());
        if self.speaks_as != Some(voice) {
            let role = module.role(self.actor.sight());
            match self.speaks_as {
                None => {
                    let begin = match self.purpose {
                        Purpose::Write => "BEGIN",
                        Purpose::Read => "BEGIN READ ONLY",
                    };
                    let (tenant, viewer) = (self.actor.tenant(), &self.viewer);
                    let sql = format!(
                        "{begin}; SET LOCAL ROLE {role}; SET LOCAL app.tenant_id = '{tenant}'{viewer}"
                    );
                    begin_with(self.connection, &sql)?;
                }
                Some(_) => self.connection.batch_execute(&format!("SET LOCAL ROLE {role}"))?,
            }
            self.speaks_as = Some(voice);
        }
        Ok(self.connection)
    }

    /// Lets `work` see everybody's records, for rules that hold for all of them whoever asks. What it finds of others is not
    /// told; `tests/architecture` lists where this is used.
    pub fn over_everything<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let actor = self.actor.clone();
        self.actor = actor.clone().seeing(Sight::Everything);
        let done = work(self);
        self.actor = actor;
        done
    }

    /// Says that something happened; it is stored when the transaction ends well, with it.
    pub fn emit<E: Event>(&mut self, aggregate: uuid::Uuid, version: i32, event: &E) {
        self.emitted.push(Emitted::of(aggregate, version, event, &self.actor));
    }

    /// Goes on as the platform, in the tenant of `event`, with what it began: what is emitted from here on carries its
    /// correlation id. What was emitted before is written where it was.
    pub(in crate::platform) fn caused_by(&mut self, event: &LoggedEvent) -> Result<(), DbError> {
        let is_elsewhere = event.tenant != self.actor.tenant();
        if is_elsewhere {
            self.write_emitted()?;
        }
        self.actor = Actor::on_behalf_of(event.tenant, None, event.correlation.clone());
        if is_elsewhere && self.speaks_as.is_some() {
            self.connection.batch_execute(&format!("SET LOCAL app.tenant_id = '{}'", event.tenant))?;
        }
        Ok(())
    }

    fn write_emitted(&mut self) -> Result<(), DbError> {
        let emitted = std::mem::take(&mut self.emitted);
        if !emitted.is_empty() {
            events::write(self, &emitted)?;
            self.has_written = true;
        }
        Ok(())
    }

    /// The connection, speaking as whoever spoke last.
    pub(in crate::platform) fn current(&mut self) -> Result<&mut PgConnection, DbError> {
        let module = self.speaks_as.map_or(events::EVENTS, |(module, _)| module);
        self.conn(module)
    }

    pub(super) fn finish(&mut self, commit: bool) -> Result<bool, DbError> {
        if commit && let Err(error) = self.write_emitted() {
            roll_back(self.connection);
            return Err(error);
        }
        if self.speaks_as.is_none() {
            return Ok(false);
        }
        match (commit, self.purpose) {
            (true, Purpose::Write) => AnsiTransactionManager::commit_transaction(self.connection)?,
            // The next transaction's first message ends it, or [`end`] does.
            (true, Purpose::Read) => {}
            (false, _) => roll_back(self.connection),
        }
        Ok(commit && self.has_written)
    }
}

/// A transaction outside any tenant, speaking as one module.
pub struct SystemTx<'c> {
    connection: &'c mut PgConnection,
    now: DateTime<Utc>,
}

impl<'c> SystemTx<'c> {
    pub(super) fn begin(
        connection: &'c mut PgConnection,
        module: Module,
        now: DateTime<Utc>,
    ) -> Result<Self, DbError> {
        begin_with(connection, &format!("BEGIN; SET LOCAL ROLE cauce_{}", module.name()))?;
        Ok(Self { connection, now })
    }

    /// One instant for the whole transaction.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The connection.
    pub fn conn(&mut self) -> &mut PgConnection {
        self.connection
    }

    pub(super) fn finish(&mut self, commit: bool) -> Result<(), DbError> {
        if commit {
            AnsiTransactionManager::commit_transaction(self.connection)?;
        } else {
            roll_back(self.connection);
        }
        Ok(())
    }
}

/// Begins with `sql`, which ends what only read before it: one message instead of two.
fn begin_with(connection: &mut PgConnection, sql: &str) -> Result<(), DbError> {
    if is_open(connection) {
        Ok(connection.batch_execute(&format!("COMMIT; {sql}"))?)
    } else {
        let begun = AnsiTransactionManager::begin_transaction_sql(connection, sql);
        if begun.is_err() {
            // It may stand in a transaction that Diesel does not know of: the pool throws it away.
            AnsiTransactionManager::transaction_manager_status_mut(connection).set_in_error();
        }
        Ok(begun?)
    }
}

/// Whether a transaction is open.
pub(super) fn is_open(connection: &mut PgConnection) -> bool {
    let status = AnsiTransactionManager::transaction_manager_status_mut(connection);
    matches!(status.transaction_depth(), Ok(Some(_)))
}

/// Ends a transaction that only read.
pub(super) fn end(connection: &mut PgConnection) {
    if let Err(error) = AnsiTransactionManager::commit_transaction(connection) {
        tracing::debug!(%error, "a transaction that only read did not end well");
    }
}

// A rollback that fails leaves a broken connection, which the pool throws away.
fn roll_back(connection: &mut PgConnection) {
    if let Err(error) = AnsiTransactionManager::rollback_transaction(connection) {
        tracing::debug!(%error, "a rollback failed");
    }
}
