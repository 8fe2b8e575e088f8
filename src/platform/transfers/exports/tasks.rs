//! The background work of exports: batches of all that are under way in turns, and workbooks.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use serde_json::Value;
use uuid::Uuid;

use super::Exportable;
use super::domain::{ExportId, fitting};
use super::http::Exports;
use super::service::{self, Step};
use super::store::{self, ExportRow};
use crate::platform::auth::{Actor, CorrelationId, SightOf, TenantId, UserId};
use crate::platform::db::{Db, DbError, TenantTx};
use crate::platform::sheets::cells::{in_workbook, is_formula};
use crate::platform::tasks::{Next, Tasks};
use crate::platform::transfers::TransferError;

/// How often exports are looked for that another server was asked for, or left behind.
const PERIOD: Duration = Duration::from_secs(1);

/// A kind of record whose files are made.
type Kind = &'static dyn Exportable;

/// Starts making files of each kind; `sight_of` knows what whoever asked for one sees by now.
pub fn start(db: &Db, tasks: &Tasks, exports: &Exports, kinds: Vec<Kind>, sight_of: SightOf) {
    let worker = Arc::new(Worker { db: db.for_background(), id: Uuid::now_v7(), kinds, sight_of });
    let stopping = tasks.stopping();
    tasks.run("exports", exports.signal(), PERIOD, move || {
        let (worker, stopping) = (worker.clone(), stopping.clone());
        async move {
            let round = worker.round().await;
            if stopping.is_cancelled() {
                worker.let_go().await;
            }
            match round {
                Ok(true) => Next::Again,
                Ok(false) => Next::Wait,
                Err(error) => {
                    tracing::warn!(%error, "exports will be tried again");
                    Next::After(PERIOD)
                }
            }
        }
    });
}

/// How long an export that was given back after a failure rests.
const REST: TimeDelta = TimeDelta::seconds(5);

struct Worker {
    db: Db,
    id: Uuid,
    kinds: Vec<Kind>,
    sight_of: SightOf,
}

impl Worker {
    /// A batch of each export; answers whether there is more to do.
    async fn round(&self) -> Result<bool, TransferError> {
        let me = self.id;
        let mut has_more = false;
        for (of, tenant, id) in self.waiting().await? {
            let claimant = Actor::platform(tenant, CorrelationId::new());
            let sight_of = self.sight_of.clone();
            let take_up = move |tx: &mut TenantTx<'_>| take_up(tx, of, id, me, &sight_of);
            let Some(row) = self.db.tenant(claimant.clone(), take_up).await? else { continue };
            match self.step(of, &initiator(tenant, &row), id).await {
                Ok(step) => has_more |= matches!(step, Step::More | Step::Build(_)),
                Err(error @ TransferError::Db(DbError::Busy | DbError::Away(_))) => return Err(error),
                Err(error) => {
                    tracing::warn!(%error, export = %id, "a batch of an export failed");
                    self.db.tenant(claimant, move |tx| service::give_back(tx, of, id, me, REST)).await?;
                }
            }
        }
        Ok(has_more)
    }

    /// Exports of each kind that this worker may go on with.
    async fn waiting(&self) -> Result<Vec<(Kind, TenantId, ExportId)>, TransferError> {
        let me = self.id;
        let mut waiting = Vec::new();
        for &of in &self.kinds {
            let tables = of.tables();
            let found = self.db.system(tables.module(), move |tx| store::waiting(tx, tables, me)).await?;
            waiting.extend(found.into_iter().map(|(tenant, id)| (of, tenant, id)));
        }
        Ok(waiting)
    }

    /// Gives everything back, so that another server need not wait for the leases to end.
    async fn let_go(&self) {
        let me = self.id;
        for (of, tenant, id) in self.waiting().await.unwrap_or_default() {
            let claimant = Actor::platform(tenant, CorrelationId::new());
            let rest = TimeDelta::seconds(-1);
            if let Err(error) =
                self.db.tenant(claimant, move |tx| service::give_back(tx, of, id, me, rest)).await
            {
                tracing::warn!(%error, export = %id, "an export could not be given back; its lease will end by itself");
            }
        }
    }

    async fn step(&self, of: Kind, actor: &Actor, id: ExportId) -> Result<Step, TransferError> {
        let me = self.id;
        match self.db.tenant(actor.clone(), move |tx| service::step(tx, of, id, me)).await? {
            Step::Build(columns) => self.build(of, actor, id, columns).await,
            step => Ok(step),
        }
    }

    /// Makes the workbook of the rows that were read, with the disk for its memory.
    async fn build(
        &self,
        of: Kind,
        actor: &Actor,
        id: ExportId,
        columns: Vec<String>,
    ) -> Result<Step, TransferError> {
        let me = self.id;
        let mut sheet = Sheet::new(of.name(), &columns).map_err(|error| failed(&error))?;
        for number in 0_i32.. {
            let rows = self
                .db
                .tenant(actor.clone(), move |tx| service::rows_of_piece(tx, of, id, me, number))
                .await?;
            let Some(rows) = rows else { break };
            sheet = on_its_own(move || sheet.write(&rows).map(|()| sheet)).await?;
        }
        let mut file = on_its_own(move || {
            let mut file = scratch()?;
            sheet.workbook.save_to_writer(&mut file)?;
            file.rewind()?;
            Ok(file)
        })
        .await?;
        self.db.tenant(actor.clone(), move |tx| service::finish(tx, of, id, me, &mut file)).await
    }
}

/// A file that nobody else can open, and that is gone when it is closed, also by a kill.
fn scratch() -> io::Result<File> {
    let path = std::env::temp_dir().join(format!("cauce-export-{}", Uuid::now_v7()));
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    fs::remove_file(path)?;
    Ok(file)
}

/// A workbook that is being written, row by row.
struct Sheet {
    workbook: Workbook,
    next: u32,
}

impl Sheet {
    fn new(name: &str, columns: &[String]) -> Result<Self, XlsxError> {
        let mut workbook = Workbook::new();
        let (first, rest) = name.split_at(1);
        let name = format!("{}{rest}", first.to_uppercase());
        workbook.add_worksheet_with_constant_memory()?.set_name(name)?;
        let mut sheet = Self { workbook, next: 0 };
        let names: Vec<Value> = columns.iter().map(|name| name.as_str().into()).collect();
        sheet.write(&[names])?;
        Ok(sheet)
    }

    fn write(&mut self, rows: &[Vec<Value>]) -> Result<(), XlsxError> {
        // What a spreadsheet would run is marked as text, as Excel itself does it.
        let text = Format::new().set_quote_prefix();
        let sheet = self.workbook.worksheet_from_index(0)?;
        for row in rows {
            for (column, cell) in (0_u16..).zip(row) {
                match cell {
                    Value::String(cell) if is_formula(cell) => {
                        sheet.write_string_with_format(
                            self.next,
                            column,
                            fitting(&in_workbook(cell)),
                            &text,
                        )?;
                    }
                    Value::String(cell) if !cell.is_empty() => {
                        sheet.write_string(self.next, column, fitting(&in_workbook(cell)))?;
                    }
                    Value::Number(number) => {
                        sheet.write_number(self.next, column, number.as_f64().unwrap_or_default())?;
                    }
                    _ => {}
                }
            }
            self.next += 1;
        }
        Ok(())
    }
}

/// Runs `work` where it keeps nobody waiting.
async fn on_its_own<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, XlsxError> + Send + 'static,
) -> Result<T, TransferError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| TransferError::Db(DbError::Failed("a workbook panicked".to_owned())))?
        .map_err(|error| failed(&error))
}

/// Takes an export up, unless whoever asked for it sees less by now: then it ends.
fn take_up(
    tx: &mut TenantTx<'_>,
    of: Kind,
    id: ExportId,
    worker: Uuid,
    sight_of: &SightOf,
) -> Result<Option<ExportRow>, TransferError> {
    let Some(row) = service::take_up(tx, of, id, worker)? else { return Ok(None) };
    let Some(user) = row.user_id else { return Ok(Some(row)) };
    if sight_of(tx, user.into())?.covers_all(&row.sight()) {
        return Ok(Some(row));
    }
    service::withdraw(tx, of, row)?;
    Ok(None)
}

/// Whoever asked for the export, seeing what they saw then.
fn initiator(tenant: TenantId, row: &ExportRow) -> Actor {
    let correlation = CorrelationId::parse(&row.correlation_id).unwrap_or_default();
    Actor::on_behalf_of(tenant, row.user_id.map(UserId::from), correlation).seeing(row.sight())
}

fn failed(error: &XlsxError) -> TransferError {
    TransferError::Db(DbError::Failed(format!("a workbook cannot be written: {error}")))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn what_a_workbook_is_written_in_is_nobody_elses_and_leaves_nothing() {
        let file = super::scratch().unwrap().metadata().unwrap();
        assert_eq!((file.nlink(), file.mode() & 0o777), (0, 0o600));
    }
}
