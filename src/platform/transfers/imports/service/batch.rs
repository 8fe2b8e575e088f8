//! One batch: rows are told from what is there, and written with their events and counts, all or nothing.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use uuid::Uuid;

use super::plan::{Plan, ReadRow, ReadRows, stale_place};
use crate::kernel::{FieldDefinition, Message};
use crate::platform::db::TenantTx;
use crate::platform::fields::TakenBy;
use crate::platform::sheets::decode::Position;
use crate::platform::transfers::TransferError;
use crate::platform::transfers::imports::domain::{
    Mode, OnDuplicate, Origin, Outcome, Reasons, Tally, field_refused, same_field, somebody_elses, unstorable,
};
use crate::platform::transfers::imports::store::{self, ChangeRow, ImportRow, RefusedRow};
use crate::platform::transfers::imports::{Holder, Importable};

/// What one batch is about.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// Who works on it.
    pub worker: Uuid,
    /// Where it begins.
    pub from: Position,
    /// The keys of the reasons that were said before.
    pub known_reasons: &'a [String],
    /// Of a dry run, which writes nothing: identities of the rows before, as hashes.
    pub seen: &'a HashSet<u64>,
}

/// What a batch came to.
#[derive(Debug)]
pub struct Decided {
    /// The import as it is now.
    pub row: ImportRow,
    /// Where the next batch begins.
    pub next: Position,
    /// The keys of the reasons that it gave.
    pub reasons: Vec<String>,
    /// What a dry run saw.
    pub seen: Vec<u64>,
    /// Whether every row is decided now.
    pub is_complete: bool,
}

/// Decides `rows`, which end at `next`; none when the import is not this worker's to go on with.
pub fn run<I: Importable>(
    tx: &mut TenantTx<'_>,
    plan: &Plan,
    batch: &Batch<'_>,
    rows: ReadRows<I>,
    next: Position,
) -> Result<Option<Decided>, TransferError> {
    let at = I::TABLES;
    let Some(held) = store::hold(tx, at, plan.id, batch.worker)? else { return Ok(None) };
    if held.position() != batch.from {
        return Ok(None);
    }
    let unsorted = unsorted::<I>(tx, plan, rows)?;
    let mut sorting = Sorting::<I>::start(tx, plan, batch, &unsorted)?;
    for row in unsorted {
        sorting.take(row);
    }
    let Sorting { fresh, updates, tally, reasons, seen, refused, .. } = sorting;
    if plan.mode == Mode::Real {
        if !fresh.is_empty() {
            I::insert(tx, &plan.importing(), fresh)?;
        }
        for (target, record) in updates {
            change::<I>(tx, plan, target, record)?;
        }
    }
    store::add_reasons(tx, at, plan.id, &reasons)?;
    store::save_refused(tx, at, plan.id, &refused)?;
    let row = store::advance(tx, at, plan.id, tally, next)?;
    let is_complete = plan.sheet.rows_from(next).map_err(|reason| stale_place(&reason.0))?.next().is_none();
    if is_complete {
        store::close(tx, at, plan.id, None)?;
        if plan.mode == Mode::Real {
            I::completed(tx, &row);
        }
    }
    Ok(Some(Decided { row, next, reasons: reasons.keys().cloned().collect(), seen, is_complete }))
}

/// A row with the record that it would be, which was never stored.
struct Unsorted<R> {
    number: u32,
    cells: Vec<String>,
    record: Result<R, Message>,
}

/// Makes records of the candidates.
fn unsorted<I: Importable>(
    tx: &mut TenantTx<'_>,
    plan: &Plan,
    rows: ReadRows<I>,
) -> Result<Vec<Unsorted<I::Record>>, TransferError> {
    let mut candidates = Vec::new();
    let mut read = Vec::with_capacity(rows.len());
    for ReadRow { number, cells, outcome } in rows {
        let outcome = outcome.map(|candidate| candidates.push(candidate));
        read.push((number, cells, outcome));
    }
    let mut records = I::records(tx, plan.id, candidates)?.into_iter();
    let unsorted = |(number, cells, outcome): (u32, Vec<String>, Result<(), Message>)| {
        let record = outcome.and_then(|()| records.next().ok_or_else(unstorable));
        Unsorted { number, cells, record }
    };
    Ok(read.into_iter().map(unsorted).collect())
}

/// Who has an identity.
#[derive(Debug, Clone, Copy)]
struct Claim {
    /// The record; unknown in a dry run, where it is none.
    record: Option<Uuid>,
    origin: Origin,
    /// Whether whoever imports sees the record.
    is_seen: bool,
}

/// Tells new records from those that are there.
struct Sorting<'a, I: Importable> {
    plan: &'a Plan,
    batch: &'a Batch<'a>,
    claims: HashMap<(String, String), Claim>,
    fresh: Vec<I::Record>,
    updates: Vec<(Uuid, I::Record)>,
    tally: Tally,
    reasons: Reasons,
    refused: Vec<RefusedRow>,
    seen: Vec<u64>,
}

impl<'a, I: Importable> Sorting<'a, I> {
    fn start(
        tx: &mut TenantTx<'_>,
        plan: &'a Plan,
        batch: &'a Batch<'a>,
        rows: &[Unsorted<I::Record>],
    ) -> Result<Self, TransferError> {
        let records: Vec<&I::Record> = rows.iter().filter_map(|row| row.record.as_ref().ok()).collect();
        let (holders, seen) = holders::<I>(tx, plan, &records)?;
        let claim = |holder: Holder| {
            let is_ours = holder.import == Some(plan.id.uuid());
            let origin = if is_ours { Origin::ThisFile } else { Origin::Before };
            let is_seen = seen.contains(&holder.record);
            ((holder.kind, holder.value), Claim { record: Some(holder.record), origin, is_seen })
        };
        Ok(Self {
            plan,
            batch,
            claims: holders.into_iter().map(claim).collect(),
            fresh: Vec::new(),
            updates: Vec::new(),
            tally: Tally::default(),
            reasons: Reasons::default(),
            refused: Vec::new(),
            seen: Vec::new(),
        })
    }

    fn take(&mut self, row: Unsorted<I::Record>) {
        let Unsorted { number, cells, record } = row;
        let record = match record {
            Ok(record) => record,
            Err(reason) => return self.refuse(number, cells, reason),
        };
        let own = keys::<I>(self.plan, &record);
        // A second record may have an identity of another one, but not its value of a unique field.
        let (plan, on_duplicate) = (self.plan, self.plan.context.settings.on_duplicate);
        let matters = |kind: &str| on_duplicate != OnDuplicate::Create || label(plan, kind).is_some();
        let mut claims = own.iter().filter(|(kind, _)| matters(kind));
        let claim = claims.find_map(|(kind, value)| Some((kind, self.claim(kind, value)?)));
        match (claim, on_duplicate) {
            (None, _) => self.create(number, cells, record, &own),
            (Some((kind, claim)), OnDuplicate::Skip | OnDuplicate::Create) => {
                self.tally.skipped += 1;
                let reason = label(plan, kind).map_or_else(|| I::there(claim.origin), same_field);
                self.reasons.say(self.batch.known_reasons, Outcome::Skipped, reason, number);
            }
            (Some((_, claim)), _) if !claim.is_seen => {
                self.tally.skipped += 1;
                self.reasons.say(self.batch.known_reasons, Outcome::Skipped, somebody_elses(), number);
            }
            (Some((_, claim)), OnDuplicate::Update | OnDuplicate::Merge) => {
                self.tally.updated += 1;
                let target = claim.record.unwrap_or_else(|| I::id(&record));
                let record = self.without_foreign_keys(record, target);
                self.claim_free(&keys::<I>(self.plan, &record), target);
                self.updates.push((target, record));
            }
        }
    }

    fn create(&mut self, number: u32, cells: Vec<String>, mut record: I::Record, own: &[(String, String)]) {
        let begun = self.plan.context.fields.begin(I::values(&mut record));
        if let Some((key, why)) = begun.err().and_then(|refused| refused.into_iter().next()) {
            return self.refuse(number, cells, field_refused(&key, &why));
        }
        self.tally.created += 1;
        self.claim_free(own, I::id(&record));
        self.fresh.push(record);
    }

    fn refuse(&mut self, number: u32, cells: Vec<String>, reason: Message) {
        self.tally.refused += 1;
        self.refused.push(RefusedRow { row: number, cells, reason: reason.clone() });
        self.reasons.say(self.batch.known_reasons, Outcome::Refused, reason, number);
    }

    fn claim(&self, kind: &str, value: &str) -> Option<Claim> {
        let claim = self.claims.get(&(kind.to_owned(), value.to_owned())).copied();
        let was_seen = || {
            let is_seen = self.batch.seen.contains(&self.plan.hasher.hash_one((kind, value)));
            is_seen.then_some(Claim { record: None, origin: Origin::ThisFile, is_seen })
        };
        claim.or_else(was_seen)
    }

    fn claim_free(&mut self, keys: &[(String, String)], record: Uuid) {
        for (kind, value) in keys {
            let claim = Claim { record: Some(record), origin: Origin::ThisFile, is_seen: true };
            self.claims.entry((kind.clone(), value.clone())).or_insert(claim);
            if self.plan.mode == Mode::DryRun {
                self.seen.push(self.plan.hasher.hash_one((kind.as_str(), value.as_str())));
            }
        }
    }

    /// A row may have one identity of one record and another of a second one: the first is updated, and the other keeps
    /// what it has.
    fn without_foreign_keys(&self, mut record: I::Record, target: Uuid) -> I::Record {
        for (kind, value) in keys::<I>(self.plan, &record) {
            let holder = self.claim(&kind, &value).and_then(|claim| claim.record);
            if holder.is_none_or(|holder| holder == target) {
                continue;
            }
            let field = self.plan.context.fields.iter().find(|field| kind_of(field) == kind);
            let taken = match field {
                None => I::without(&mut record, &kind),
                Some(field) => {
                    let value = I::values(&mut record).shift_remove(field.key.as_str());
                    value.map(|value| (field.key.to_string(), value))
                }
            };
            if let Some((name, value)) = taken {
                I::values(&mut record).insert(format!("{name}_original"), value);
            }
        }
        record
    }
}

/// What people call the unique field that claims of `kind` are about; none for identities.
fn label<'p>(plan: &'p Plan, kind: &str) -> Option<&'p str> {
    let field = plan.context.fields.iter().find(|field| kind_of(field) == kind);
    field.map(|field| field.label.as_str())
}

/// What makes another record the same one: its identities, and its values of unique fields.
fn keys<I: Importable>(plan: &Plan, record: &I::Record) -> Vec<(String, String)> {
    let mut keys = I::identities(record);
    let fields = plan.context.fields.unique_keys(I::seen_values(record));
    keys.extend(fields.map(|(field, key)| (kind_of(field), key)));
    keys
}

/// The kind of claims about `field`.
fn kind_of(field: &FieldDefinition) -> String {
    field.id.to_string()
}

/// Who holds any of the keys of `records`, whoever sees them, and which of those whoever imports sees.
fn holders<I: Importable>(
    tx: &mut TenantTx<'_>,
    plan: &Plan,
    records: &[&I::Record],
) -> Result<(Vec<Holder>, HashSet<Uuid>), TransferError> {
    let mut holders = if records.is_empty() { Vec::new() } else { I::holders(tx, records)? };
    holders.extend(tx.over_everything(|tx| holders_of_fields::<I>(tx, plan, records))?);
    let ids: Vec<Uuid> = holders.iter().map(|holder| holder.record).collect();
    let seen = if ids.is_empty() { Vec::new() } else { store::origins(tx, I::TABLES, &ids)? };
    Ok((holders, seen.into_iter().map(|(record, _)| record).collect()))
}

/// Who holds any of the values of unique fields.
fn holders_of_fields<I: Importable>(
    tx: &mut TenantTx<'_>,
    plan: &Plan,
    records: &[&I::Record],
) -> Result<Vec<Holder>, TransferError> {
    let fields = &plan.context.fields;
    let wanted = records.iter().flat_map(|record| fields.unique_keys(I::seen_values(record)));
    let wanted: Vec<(Uuid, String)> = wanted.map(|(field, key)| (field.id, key)).collect();
    let taken = I::FIELDS.holders(tx, &wanted)?;
    let ids: Vec<Uuid> = taken.iter().map(|taken| taken.record_id).collect();
    let origins = if ids.is_empty() { Vec::new() } else { store::origins(tx, I::TABLES, &ids)? };
    let origins: HashMap<Uuid, Option<Uuid>> = origins.into_iter().collect();
    let holder = |taken: TakenBy| Holder {
        kind: taken.field_id.to_string(),
        value: taken.unique_key,
        record: taken.record_id,
        import: origins.get(&taken.record_id).copied().flatten(),
    };
    Ok(taken.into_iter().map(holder).collect())
}

/// Gives a record that is there what a row knows, and remembers what it was.
fn change<I: Importable>(
    tx: &mut TenantTx<'_>,
    plan: &Plan,
    target: Uuid,
    record: I::Record,
) -> Result<(), TransferError> {
    let Some(changed) = I::change(tx, &plan.importing(), target, record)? else { return Ok(()) };
    let is_ours = changed.import == Some(plan.id.uuid());
    let before = (!is_ours).then_some(changed.before);
    store::note_change(tx, I::TABLES, plan.id, &ChangeRow { record_id: target, before, after: changed.after })
}
