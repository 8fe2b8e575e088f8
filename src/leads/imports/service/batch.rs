//! One batch: rows are read, told from what is there, and written with their events and counts, all or nothing.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::change::change;
use super::keys::{holders, keys, kind_of};
use crate::identity::People;
use crate::kernel::{EmailAddress, Message};
use crate::leads::contract::events::LeadImportCompleted;
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::domain::Lead;
use crate::leads::imports::domain::{
    Candidate, ImportId, Mode, Name, OnDuplicate, Outcome, Reasons, RowContext, Tally, already_there,
    field_refused, read_row, repeated, same_field, unstorable,
};
use crate::leads::imports::store::{self, ImportRow, RefusedRow};
use crate::leads::{service, store as lead_store};
use crate::platform::auth::UserId;
use crate::platform::db::TenantTx;
use crate::platform::id::Id;
use crate::platform::sheets::decode::{Position, Sheet};
use crate::platform::sheets::mapping::Mapping;

/// All that stays the same from batch to batch of an import.
#[derive(Debug)]
pub struct Plan {
    /// The import.
    pub id: ImportId,
    /// The decoded file.
    pub sheet: Sheet,
    /// What its columns feed.
    pub mapping: Mapping,
    /// What rows are read by.
    pub context: RowContext,
    /// What happens to duplicates.
    pub on_duplicate: OnDuplicate,
    /// Whether leads are written.
    pub mode: Mode,
    /// Makes the keys in [`Batch::seen`].
    pub hasher: RandomState,
}

/// What one batch is about.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// Who works on it.
    pub worker: Uuid,
    /// Where it begins.
    pub from: Position,
    /// The keys of the reasons that were said before.
    pub known_reasons: &'a [String],
    /// Of a dry run, which writes nothing: e-mails and phones of the rows before, as hashes.
    pub seen: &'a HashSet<u64>,
}

/// A row of the file, read.
#[derive(Debug)]
pub struct ReadRow {
    number: u32,
    /// The cells, kept of rows that are refused.
    cells: Vec<String>,
    outcome: Result<Candidate, Message>,
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

impl Plan {
    /// Reads up to `size` rows from `from` on; answers them and where the next one begins.
    pub fn read(
        &self,
        from: Position,
        size: usize,
        now: DateTime<Utc>,
    ) -> Result<(Vec<ReadRow>, Position), LeadsError> {
        let mut rows = self.sheet.rows_from(from).map_err(|reason| stale_place(&reason.0))?;
        let mut read = Vec::with_capacity(size);
        for row in rows.by_ref().take(size) {
            read.push(match row {
                Ok(row) => {
                    let (number, draft) = (row.number, self.mapping.apply(&row));
                    // A row that makes a parser panic is one bad row, not the end of the import.
                    let outcome = catch_unwind(AssertUnwindSafe(|| read_row(draft, &self.context, now)));
                    let outcome = outcome.unwrap_or_else(|_| Err(unstorable()));
                    ReadRow { number, cells: row.cells, outcome }
                }
                Err(refusal) => {
                    ReadRow { number: refusal.number, cells: Vec::new(), outcome: Err(refusal.reason.0) }
                }
            });
        }
        Ok((read, rows.position()))
    }
}

impl ReadRow {
    /// The same row, refused because the database does not take it.
    #[must_use]
    pub fn refused(self) -> Self {
        Self { outcome: Err(unstorable()), ..self }
    }
}

/// Decides `rows`, which end at `next`; none when the import is not this worker's to go on with.
pub fn run(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    plan: &Plan,
    batch: &Batch<'_>,
    rows: Vec<ReadRow>,
    next: Position,
) -> Result<Option<Decided>, LeadsError> {
    let Some(held) = store::hold(tx, plan.id, batch.worker)? else { return Ok(None) };
    if held.position() != batch.from {
        return Ok(None);
    }
    let leads = leads_of(tx, people, plan, rows)?;
    let mut sorting = Sorting::start(tx, plan, batch, &leads)?;
    for row in leads {
        sorting.take(row);
    }
    let Sorting { mut fresh, updates, tally, reasons, seen, refused, .. } = sorting;
    if plan.mode == Mode::Real {
        let ownerless: Vec<bool> = fresh.iter().map(|lead| lead.owner.is_none()).collect();
        service::give_owners(tx, people, &mut fresh)?;
        write(tx, plan, &fresh, updates)?;
        for (lead, _) in fresh.iter().zip(ownerless).filter(|(_, was_ownerless)| *was_ownerless) {
            service::tell_owner(tx, lead);
        }
    }
    store::add_reasons(tx, plan.id, &reasons)?;
    store::save_refused(tx, plan.id, &refused)?;
    let row = store::advance(tx, plan.id, tally, next)?;
    let is_complete = plan.sheet.rows_from(next).map_err(|reason| stale_place(&reason.0))?.next().is_none();
    if is_complete {
        store::close(tx, plan.id, None)?;
        if plan.mode == Mode::Real {
            announce(tx, &row);
        }
    }
    Ok(Some(Decided { row, next, reasons: reasons.keys().cloned().collect(), seen, is_complete }))
}

/// A row with the lead that it would be, which was never stored, and what the file calls it.
struct Unsorted {
    number: u32,
    cells: Vec<String>,
    lead: Result<(Lead, Name), Message>,
}

/// Makes leads of the candidates, each with its owner if they are active.
fn leads_of(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    plan: &Plan,
    rows: Vec<ReadRow>,
) -> Result<Vec<Unsorted>, LeadsError> {
    let named = rows.iter().filter_map(|row| row.outcome.as_ref().ok()?.owner.clone());
    let mut emails: Vec<EmailAddress> = named.collect();
    emails.sort();
    emails.dedup();
    let mut owners: HashMap<String, UserId> = HashMap::new();
    if !emails.is_empty() {
        let active = people.by_email(tx, &emails)?.into_iter().filter(|(_, person)| person.is_active());
        owners.extend(active.map(|(key, person)| (key, person.id)));
    }
    let now = tx.now();
    let lead = |candidate: Candidate| {
        let mut lead = Lead::new(candidate.details, candidate.touch, now);
        lead.status = candidate.status;
        lead.created_at = candidate.created_at.unwrap_or(now);
        lead.import = Some(plan.id.uuid());
        if let Some(email) = &candidate.owner {
            lead.owner = owners.get(&email.normalized()).copied();
            if lead.owner.is_none() {
                lead.details.custom_fields.insert("owner_email".to_owned(), email.as_str().into());
            }
        }
        (lead, candidate.name)
    };
    let unsorted =
        |row: ReadRow| Unsorted { number: row.number, cells: row.cells, lead: row.outcome.map(lead) };
    Ok(rows.into_iter().map(unsorted).collect())
}

/// Who has an e-mail address or a phone.
#[derive(Debug, Clone, Copy)]
struct Claim {
    /// The lead; unknown in a dry run, where it is none.
    lead: Option<LeadId>,
    origin: Origin,
}

/// Where a lead came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// It was there before the import.
    Before,
    /// An earlier row brought it.
    ThisFile,
}

/// Tells new leads from those that are there.
struct Sorting<'a> {
    plan: &'a Plan,
    batch: &'a Batch<'a>,
    claims: HashMap<(String, String), Claim>,
    fresh: Vec<Lead>,
    updates: Vec<(LeadId, Lead, Name)>,
    tally: Tally,
    reasons: Reasons,
    refused: Vec<RefusedRow>,
    seen: Vec<u64>,
}

impl<'a> Sorting<'a> {
    fn start(
        tx: &mut TenantTx<'_>,
        plan: &'a Plan,
        batch: &'a Batch<'a>,
        leads: &[Unsorted],
    ) -> Result<Self, LeadsError> {
        let readable = leads.iter().filter_map(|row| row.lead.as_ref().ok());
        let leads: Vec<&Lead> = readable.map(|(lead, _)| lead).collect();
        let holders = holders(tx, plan, &leads)?;
        let claim = |holder: store::Holder| {
            let is_ours = holder.import == Some(plan.id.uuid());
            let origin = if is_ours { Origin::ThisFile } else { Origin::Before };
            ((holder.kind, holder.value), Claim { lead: Some(Id::from(holder.lead)), origin })
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

    fn take(&mut self, row: Unsorted) {
        let Unsorted { number, cells, lead } = row;
        let (lead, name) = match lead {
            Ok(lead) => lead,
            Err(reason) => return self.refuse(number, cells, reason),
        };
        let own = keys(self.plan, &lead);
        // A second lead may have the e-mail and the phone of another one, but not its value of a unique field.
        let matters =
            |kind: &str| self.plan.on_duplicate != OnDuplicate::Create || self.plan.label(kind).is_some();
        let mut claims = own.iter().filter(|(kind, _)| matters(kind));
        let claim = claims.find_map(|(kind, value)| Some((kind, self.claim(kind, value)?)));
        match (claim, self.plan.on_duplicate) {
            (None, _) => self.create(number, cells, lead, &own),
            (Some((kind, claim)), OnDuplicate::Skip | OnDuplicate::Create) => {
                self.tally.skipped += 1;
                let reason = match self.plan.label(kind) {
                    Some(label) => same_field(label),
                    None if claim.origin == Origin::Before => already_there(),
                    None => repeated(),
                };
                self.reasons.say(self.batch.known_reasons, Outcome::Skipped, reason, number);
            }
            (Some((_, claim)), OnDuplicate::Update | OnDuplicate::Merge) => {
                self.tally.updated += 1;
                let target = claim.lead.unwrap_or(lead.id);
                let lead = self.without_foreign_keys(lead, target);
                self.claim_free(&keys(self.plan, &lead), target);
                self.updates.push((target, lead, name));
            }
        }
    }

    fn create(&mut self, number: u32, cells: Vec<String>, mut lead: Lead, own: &[(String, String)]) {
        let begun = self.plan.context.fields.begin(&mut lead.details.custom_fields);
        if let Some((key, why)) = begun.err().and_then(|refused| refused.into_iter().next()) {
            return self.refuse(number, cells, field_refused(&key, &why));
        }
        self.tally.created += 1;
        self.claim_free(own, lead.id);
        self.fresh.push(lead);
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
            is_seen.then_some(Claim { lead: None, origin: Origin::ThisFile })
        };
        claim.or_else(was_seen)
    }

    fn claim_free(&mut self, keys: &[(String, String)], lead: LeadId) {
        for (kind, value) in keys {
            let claim = Claim { lead: Some(lead), origin: Origin::ThisFile };
            self.claims.entry((kind.clone(), value.clone())).or_insert(claim);
            if self.plan.mode == Mode::DryRun {
                self.seen.push(self.plan.hasher.hash_one((kind.as_str(), value.as_str())));
            }
        }
    }

    /// A row may have the e-mail of one lead and the phone of another: the first is updated, and the other keeps what it has.
    fn without_foreign_keys(&self, mut lead: Lead, target: LeadId) -> Lead {
        for (kind, value) in keys(self.plan, &lead) {
            let holder = self.claim(&kind, &value).and_then(|claim| claim.lead);
            if holder.is_none_or(|holder| holder == target) {
                continue;
            }
            let details = &mut lead.details;
            let (name, value) = match kind.as_str() {
                "email" => (kind, details.email.take().map(|email| email.to_string().into())),
                "phone" => (kind, details.phone.take().map(|phone| phone.to_string().into())),
                field => {
                    let key = self.plan.context.fields.iter().find(|other| kind_of(other) == field);
                    let key = key.map(|field| field.key.to_string()).unwrap_or_default();
                    let value = details.custom_fields.shift_remove(&key);
                    (key, value)
                }
            };
            if let Some(value) = value {
                details.custom_fields.insert(format!("{name}_original"), value);
            }
        }
        lead
    }
}

fn write(
    tx: &mut TenantTx<'_>,
    plan: &Plan,
    fresh: &[Lead],
    updates: Vec<(LeadId, Lead, Name)>,
) -> Result<(), LeadsError> {
    if !fresh.is_empty() {
        let claim = match plan.on_duplicate {
            OnDuplicate::Create => lead_store::Claim::WhatIsFree,
            _ => lead_store::Claim::All,
        };
        lead_store::insert(tx, fresh, claim)?;
        service::index(tx, fresh, &plan.context.fields)?;
    }
    for lead in fresh {
        service::announce(tx, lead);
    }
    for (target, lead, name) in updates {
        change(tx, plan, target, lead, name)?;
    }
    Ok(())
}

fn announce(tx: &mut TenantTx<'_>, row: &ImportRow) {
    let completed = LeadImportCompleted {
        import_id: row.id,
        total: row.total,
        created: row.created,
        updated: row.updated,
        skipped: row.skipped,
        refused: row.refused,
    };
    tx.emit(row.id, 1, &completed);
}

fn stale_place(reason: &Message) -> LeadsError {
    LeadsError::Db(crate::platform::db::DbError::Failed(reason.en.to_string()))
}
