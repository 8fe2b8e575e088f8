//! Undoing an import: what it brought is removed, what it changed becomes what it was, and what somebody changed since, or merged
//! into another one, stays.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::kernel::Message;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::id::Id;
use crate::platform::transfers::TransferError;
use crate::platform::transfers::imports::domain::{ImportId, ImportStatus, Phase, TakenBack, Undo};
use crate::platform::transfers::imports::store::{self, ImportRow};
use crate::platform::transfers::imports::{Importable, Merged, Sought, UNDO_FOR};

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
pub fn ask_undo<I: Importable>(tx: &mut TenantTx<'_>, id: ImportId) -> Result<ImportRow, TransferError> {
    let row = store::lock(tx, I::TABLES, id)?;
    let is_over =
        [ImportStatus::Completed, ImportStatus::Failed].iter().any(|status| status.as_str() == row.status);
    let is_young = row.completed_at.is_some_and(|at| at + UNDO_FOR > tx.now());
    if row.dry_run || !is_over || !is_young {
        return Err(TransferError::ImportOver);
    }
    let undo = Undo::begin(tx.actor().user().map(Id::uuid), tx.actor().correlation().to_string());
    save::<I>(tx, row, ImportStatus::Undoing, &undo)
}

/// Undoes up to `size` more records of an import. With `care` the next one stays as it is, because it makes the database stumble.
pub fn undo_batch<I: Importable>(
    tx: &mut TenantTx<'_>,
    id: ImportId,
    size: i64,
    care: bool,
) -> Result<UndoStep, TransferError> {
    // The import's own books are kept whatever whoever asked sees by now; its records are not touched beyond that.
    let locked = tx.over_everything(|tx| store::lock_undoing(tx, I::TABLES, id))?;
    let Some(row) = locked else { return Ok(UndoStep::Lost) };
    let stored = row.undo.clone().unwrap_or_default();
    let mut undo: Undo = serde_json::from_value(stored)
        .map_err(|error| TransferError::Db(DbError::Failed(format!("an undoing is broken: {error}"))))?;
    let found = match undo.phase {
        Phase::Brought => remove::<I>(tx, id, size, &mut undo, care)?,
        Phase::Changed => give_back::<I>(tx, id, size, &mut undo, care)?,
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
    tx.over_everything(|tx| save::<I>(tx, row, status, &undo))?;
    if status != ImportStatus::Undone {
        return Ok(UndoStep::More);
    }
    I::undone(tx, id, &undo);
    Ok(UndoStep::Done)
}

/// Looks at up to `size` more records that the import brought, and removes those that nobody changed since; answers the last of
/// them.
fn remove<I: Importable>(
    tx: &mut TenantTx<'_>,
    id: ImportId,
    size: i64,
    undo: &mut Undo,
    care: bool,
) -> Result<Option<Uuid>, TransferError> {
    let behind = undo.behind;
    let sought = Sought::Brought { import: id, behind, at_most: size };
    let (brought, held, merged) = loop {
        let brought = store::brought(tx, I::TABLES, id, behind, size)?;
        let held = I::lock(tx, &brought)?;
        // Behind the locks: what went into another one meanwhile is among these,
        let merged = tx.over_everything(|tx| I::merged(tx, sought))?;
        // and what came out of another one meanwhile among those that are sought once more.
        if store::brought(tx, I::TABLES, id, behind, size)? == brought {
            break (brought, held, merged);
        }
    };
    let mut records: Vec<Uuid> =
        merged.iter().map(|merged| merged.record).chain(brought.iter().copied()).collect();
    records.sort_unstable();
    records.dedup();
    records.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    let Some(last) = records.last().copied() else { return Ok(None) };
    let expected = tx.over_everything(|tx| store::expected_versions(tx, I::TABLES, id, &brought))?;
    let expected: HashMap<Uuid, i32> = expected.into_iter().collect();
    for (record, version) in held.into_iter().filter(|(record, _)| *record <= last) {
        let brought_as = expected.get(&record).copied().unwrap_or(1);
        let stays = if care {
            Some(stumbles())
        } else if version != brought_as {
            Some(changed_since())
        } else if !I::remove(tx, record)? {
            Some(in_use())
        } else {
            None
        };
        match stays {
            None => undo.removed += 1,
            Some(why) => undo.keep(record, why),
        }
    }
    for record in seen::<I>(tx, &merged)?.into_iter().filter(|record| *record <= last) {
        undo.keep(record, merged_since());
    }
    Ok(Some(last))
}

/// Gives up to `size` more records back what they were before the import changed them; answers the last of them.
fn give_back<I: Importable>(
    tx: &mut TenantTx<'_>,
    id: ImportId,
    size: i64,
    undo: &mut Undo,
    care: bool,
) -> Result<Option<Uuid>, TransferError> {
    let behind = undo.behind;
    let changes = tx.over_everything(|tx| store::changes(tx, I::TABLES, id, behind, size))?;
    let mut missing = Vec::new();
    for change in &changes {
        let Some(before) = &change.before else { continue };
        if care {
            undo.name(change.record_id, stumbles());
            continue;
        }
        match I::take_back(tx, change.record_id, before, &change.after)? {
            Some(taken) => {
                undo.restored += 1;
                if taken == TakenBack::Partly {
                    undo.name(change.record_id, partly_changed_since());
                }
            }
            None => missing.push(change.record_id),
        }
    }
    if !missing.is_empty() {
        let merged = tx.over_everything(|tx| I::merged(tx, Sought::Among(&missing)))?;
        let merged = seen::<I>(tx, &merged)?;
        for record in missing {
            undo.name(record, if merged.contains(&record) { merged_since() } else { gone() });
        }
    }
    Ok(changes.last().map(|change| change.record_id))
}

/// The records of `merged` that went into what whoever asked sees.
fn seen<I: Importable>(tx: &mut TenantTx<'_>, merged: &[Merged]) -> Result<Vec<Uuid>, TransferError> {
    if merged.is_empty() {
        return Ok(Vec::new());
    }
    let into: Vec<Uuid> = merged.iter().map(|merged| merged.into).collect();
    let seen = store::origins(tx, I::TABLES, &into)?;
    let seen: HashSet<Uuid> = seen.into_iter().map(|(record, _)| record).collect();
    let merged = merged.iter().filter(|merged| seen.contains(&merged.into));
    Ok(merged.map(|merged| merged.record).collect())
}

fn save<I: Importable>(
    tx: &mut TenantTx<'_>,
    row: ImportRow,
    status: ImportStatus,
    undo: &Undo,
) -> Result<ImportRow, TransferError> {
    store::save_undo(tx, I::TABLES, row, status, serde_json::to_value(undo).unwrap_or_default())
}

fn in_use() -> Message {
    Message::new("Others hang on it by now, and it stays.", "Otros dependen ya de él y se conserva.")
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

fn merged_since() -> Message {
    Message::new(
        "It was merged into another one after the import, and comes back if that merge is undone.",
        "Se fusionó con otro después de la importación y vuelve si se deshace esa fusión.",
    )
}

fn gone() -> Message {
    Message::new("It was deleted after the import.", "Se eliminó después de la importación.")
}

fn stumbles() -> Message {
    Message::new(
        "It could not be taken back: a unique value of it may belong to another one by now.",
        "No se pudo restaurar: quizá un valor único suyo ya es de otro.",
    )
}
