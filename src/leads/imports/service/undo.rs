//! Undoing an import: what it brought is removed, what it changed becomes what it was, and what somebody changed since stays.

use std::collections::HashMap;

use uuid::Uuid;

use crate::kernel::Message;
use crate::leads::contract::events::LeadImportUndone;
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::imports::domain::{ImportId, ImportStatus, Phase, Undo};
use crate::leads::imports::store::{self, ChangeRow, ImportRow};
use crate::leads::service::{self, TakenBack, UNDO_FOR};
use crate::leads::store as lead_store;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::id::Id;
use crate::platform::transfers::TransferError;

/// What a batch of undoing came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoStep {
    /// There is more to do.
    More,
    /// All is done.
    Done,
    /// Somebody else is at it, or it is not to be undone.
    Lost,
}

/// Asks for an import to be undone; the work is done in the background.
pub fn ask_undo(tx: &mut TenantTx<'_>, id: ImportId) -> Result<ImportRow, LeadsError> {
    let row = store::lock(tx, id)?;
    let is_over =
        [ImportStatus::Completed, ImportStatus::Failed].iter().any(|status| status.as_str() == row.status);
    let is_young = row.completed_at.is_some_and(|at| at + UNDO_FOR > tx.now());
    if row.dry_run || !is_over || !is_young {
        return Err(LeadsError::Transfer(TransferError::ImportOver));
    }
    let undo = Undo::begin(tx.actor().user().map(Id::uuid), tx.actor().correlation().to_string());
    save(tx, id, ImportStatus::Undoing, &undo)
}

/// Undoes up to `size` more leads of an import. With `care` the next lead stays as it is, because it makes the database stumble.
pub fn undo_batch(
    tx: &mut TenantTx<'_>,
    id: ImportId,
    size: i64,
    care: bool,
) -> Result<UndoStep, LeadsError> {
    let Some(row) = store::lock_undoing(tx, id)? else { return Ok(UndoStep::Lost) };
    let stored = row.undo.unwrap_or_default();
    let mut undo: Undo = serde_json::from_value(stored)
        .map_err(|error| LeadsError::Db(DbError::Failed(format!("an undoing is broken: {error}"))))?;
    let found = match undo.phase {
        Phase::Brought => {
            let leads = store::leads_of(tx, id, undo.behind, size)?;
            remove(tx, id, &leads, &mut undo, care)?;
            leads.last().copied()
        }
        Phase::Changed => {
            let changes = store::changes(tx, id, undo.behind, size)?;
            for change in &changes {
                give_back(tx, change, &mut undo, care)?;
            }
            changes.last().map(|change| change.lead_id)
        }
    };
    let status = match (found, undo.phase) {
        (Some(last), _) => {
            undo.behind = last;
            ImportStatus::Undoing
        }
        (None, Phase::Brought) => {
            (undo.phase, undo.behind) = (Phase::Changed, Uuid::nil());
            ImportStatus::Undoing
        }
        (None, Phase::Changed) => ImportStatus::Undone,
    };
    save(tx, id, status, &undo)?;
    if status != ImportStatus::Undone {
        return Ok(UndoStep::More);
    }
    let Undo { removed, restored, kept, .. } = undo;
    tx.emit(id.uuid(), 2, &LeadImportUndone { import_id: id.uuid(), removed, restored, kept });
    Ok(UndoStep::Done)
}

/// Removes those of `leads` that nobody changed since the import brought them.
fn remove(
    tx: &mut TenantTx<'_>,
    id: ImportId,
    leads: &[Uuid],
    undo: &mut Undo,
    care: bool,
) -> Result<(), LeadsError> {
    let expected: HashMap<Uuid, i32> = store::expected_versions(tx, id, leads)?.into_iter().collect();
    for lead in lead_store::lock_all(tx, leads)? {
        let brought_as = expected.get(&lead.id.uuid()).copied().unwrap_or(1);
        if care || lead.version != brought_as {
            undo.kept += 1;
            undo.name(lead.id.uuid(), if care { stumbles() } else { changed_since() });
        } else {
            service::delete(tx, lead.id, None)?;
            undo.removed += 1;
        }
    }
    Ok(())
}

/// Gives a lead back what it was before the import changed it.
fn give_back(
    tx: &mut TenantTx<'_>,
    change: &ChangeRow,
    undo: &mut Undo,
    care: bool,
) -> Result<(), LeadsError> {
    let Some(before) = &change.before else { return Ok(()) };
    if care {
        undo.name(change.lead_id, stumbles());
        return Ok(());
    }
    match service::take_back(tx, LeadId::from(change.lead_id), before, &change.after) {
        Ok(taken) => {
            undo.restored += 1;
            if taken == TakenBack::Partly {
                undo.name(change.lead_id, partly_changed_since());
            }
        }
        Err(LeadsError::NotFound(_)) => undo.name(change.lead_id, gone()),
        Err(error) => return Err(error),
    }
    Ok(())
}

fn save(
    tx: &mut TenantTx<'_>,
    id: ImportId,
    status: ImportStatus,
    undo: &Undo,
) -> Result<ImportRow, LeadsError> {
    store::save_undo(tx, id, status, &serde_json::to_value(undo).unwrap_or_default())
}

fn changed_since() -> Message {
    Message::new(
        "It was changed after the import, and stays.",
        "Se modificó después de la importación y se conserva.",
    )
}

fn partly_changed_since() -> Message {
    Message::new(
        "It was changed after the import: what was changed stays.",
        "Se modificó después de la importación: lo modificado se conserva.",
    )
}

fn gone() -> Message {
    Message::new("It was deleted after the import.", "Se eliminó después de la importación.")
}

fn stumbles() -> Message {
    Message::new(
        "It could not be taken back: a unique value of it may belong to another lead by now.",
        "No se pudo restaurar: quizá un valor único suyo ya es de otro prospecto.",
    )
}
