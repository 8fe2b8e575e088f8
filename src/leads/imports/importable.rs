//! Leads as imports bring them in.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::domain::{Candidate, already_there, read_row, repeated};
use super::store::{holders, merged};
use super::vocabulary::LEAD;
use crate::identity::people;
use crate::kernel::{EmailAddress, FieldSet, Invalid, Line, Message};
use crate::leads::contract::events::{
    LeadImportCompleted, LeadImportMappingChanged, LeadImportUndone, RuleChange,
};
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::domain::{Form, Lead};
use crate::leads::store::{self as lead_store, Claim};
use crate::leads::{FIELDS, TRANSFERS, service};
use crate::platform::auth::UserId;
use crate::platform::db::TenantTx;
use crate::platform::fields::FieldTables;
use crate::platform::sheets::mapping::{Mapping, RowDraft, Vocabulary};
use crate::platform::transfers::{
    Changed, Holder, ImportId, ImportRow, Importable, Importing, MappingChange, MappingRow, Merged, Name,
    OnDuplicate, Origin, RowContext, Settings, Sought, TakenBack, TransferError, TransferTables, Undo,
};

/// Leads as imports bring them in.
#[derive(Debug)]
pub struct LeadImports;

/// A lead on its way in, and whether the file names it.
#[derive(Debug)]
pub struct Incoming {
    lead: Lead,
    name: Name,
}

impl Importable for LeadImports {
    type Candidate = Candidate;
    type Record = Incoming;

    const TABLES: TransferTables = TRANSFERS;
    const FIELDS: FieldTables = FIELDS;
    const NAME: &'static str = "leads";
    const VOCABULARY: &'static Vocabulary = &LEAD;
    const QUOTAS: [&'static str; 3] = ["open_imports", "import_mappings", "open_uploads"];
    const TASKS: [&'static str; 2] = ["leads-imports", "leads-imports-undo"];

    fn context(
        tx: &mut TenantTx<'_>,
        settings: Settings,
        fields: FieldSet,
    ) -> Result<RowContext, TransferError> {
        let company = people().settings(tx).map_err(LeadsError::from)?;
        let country = settings.country.unwrap_or(company.country);
        Ok(RowContext { settings, country, currency: company.currency, zone: company.time_zone, fields })
    }

    fn lacking(mapping: &Mapping) -> Option<Invalid> {
        unreachable(mapping)
    }

    fn read(draft: RowDraft, context: &RowContext, now: DateTime<Utc>) -> Result<Candidate, Message> {
        read_row(draft, context, now)
    }

    fn view(candidate: &Candidate) -> Value {
        let form = Form::from(&candidate.details);
        json!({ "company_name": form.company_name, "custom_fields": form.custom_fields })
    }

    fn records(
        tx: &mut TenantTx<'_>,
        import: ImportId,
        candidates: Vec<Candidate>,
    ) -> Result<Vec<Incoming>, TransferError> {
        leads_of(tx, import, candidates)
    }

    fn id(record: &Incoming) -> Uuid {
        record.lead.id.uuid()
    }

    fn values(record: &mut Incoming) -> &mut Map<String, Value> {
        &mut record.lead.details.custom_fields
    }

    fn seen_values(record: &Incoming) -> &Map<String, Value> {
        &record.lead.details.custom_fields
    }

    fn identities(record: &Incoming) -> Vec<(String, String)> {
        let identities = record.lead.identities().into_iter();
        identities.map(|(kind, value)| (kind.to_owned(), value)).collect()
    }

    fn holders(tx: &mut TenantTx<'_>, records: &[&Incoming]) -> Result<Vec<Holder>, TransferError> {
        let values = records.iter().flat_map(|record| record.lead.identities()).map(|(_, value)| value);
        let values: Vec<String> = values.collect();
        if values.is_empty() {
            return Ok(Vec::new());
        }
        Ok(tx.over_everything(|tx| holders(tx, &values))?)
    }

    fn without(record: &mut Incoming, kind: &str) -> Option<(String, Value)> {
        let details = &mut record.lead.details;
        let value = match kind {
            "email" => details.email.take().map(|email| email.to_string().into()),
            _ => details.phone.take().map(|phone| phone.to_string().into()),
        };
        value.map(|value| (kind.to_owned(), value))
    }

    fn there(origin: Origin) -> Message {
        match origin {
            Origin::Before => already_there(),
            Origin::ThisFile => repeated(),
        }
    }

    fn insert(
        tx: &mut TenantTx<'_>,
        import: &Importing<'_>,
        records: Vec<Incoming>,
    ) -> Result<(), TransferError> {
        let mut fresh: Vec<Lead> = records.into_iter().map(|record| record.lead).collect();
        let ownerless: Vec<bool> = fresh.iter().map(|lead| lead.owner.is_none()).collect();
        service::give_owners(tx, &*people(), &mut fresh)?;
        let claim = match import.context.settings.on_duplicate {
            OnDuplicate::Create => Claim::WhatIsFree,
            _ => Claim::All,
        };
        lead_store::insert(tx, &fresh, claim)?;
        service::index(tx, &fresh, &import.context.fields)?;
        for lead in &fresh {
            service::announce(tx, lead);
        }
        for (lead, _) in fresh.iter().zip(ownerless).filter(|(_, was_ownerless)| *was_ownerless) {
            service::tell_owner(tx, lead);
        }
        Ok(())
    }

    fn change(
        tx: &mut TenantTx<'_>,
        import: &Importing<'_>,
        target: Uuid,
        record: Incoming,
    ) -> Result<Option<Changed>, TransferError> {
        let target = LeadId::from(target);
        let before = lead_store::lock_row(tx, target)?;
        let Incoming { mut lead, name } = record;
        if name == Name::Borrowed {
            let known = Line::parse(&before.company_name);
            lead.details.company_name = known.unwrap_or(lead.details.company_name);
        }
        let after = match import.context.settings.on_duplicate {
            OnDuplicate::Merge => service::complete(tx, target, &lead.details, lead.last_touch)?,
            _ => service::enrich(tx, target, &lead.details, lead.last_touch)?,
        };
        if after.version == before.version {
            return Ok(None);
        }
        let stored = |row: &lead_store::Row| serde_json::to_value(row).unwrap_or_default();
        Ok(Some(Changed { before: stored(&before), after: stored(&after), import: before.import_id }))
    }

    fn lock(tx: &mut TenantTx<'_>, ids: &[Uuid]) -> Result<Vec<(Uuid, i32)>, TransferError> {
        let leads = lead_store::lock_all(tx, ids)?;
        Ok(leads.into_iter().map(|lead| (lead.id.uuid(), lead.version)).collect())
    }

    fn remove(tx: &mut TenantTx<'_>, id: Uuid) -> Result<bool, TransferError> {
        service::delete(tx, LeadId::from(id), None)?;
        Ok(true)
    }

    fn take_back(
        tx: &mut TenantTx<'_>,
        id: Uuid,
        before: &Value,
        after: &Value,
    ) -> Result<Option<TakenBack>, TransferError> {
        match service::take_back(tx, LeadId::from(id), before, after) {
            Ok(taken) => Ok(Some(taken)),
            Err(LeadsError::NotFound(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn merged(tx: &mut TenantTx<'_>, sought: Sought<'_>) -> Result<Vec<Merged>, TransferError> {
        let since = tx.now() - service::UNDO_FOR;
        Ok(merged(tx, sought, since)?)
    }

    fn completed(tx: &mut TenantTx<'_>, import: &ImportRow) {
        let completed = LeadImportCompleted {
            import_id: import.id,
            total: import.total,
            created: import.created,
            updated: import.updated,
            skipped: import.skipped,
            refused: import.refused,
        };
        tx.emit(import.id, 1, &completed);
    }

    fn undone(tx: &mut TenantTx<'_>, import: ImportId, undo: &Undo) {
        let Undo { removed, restored, kept, .. } = *undo;
        tx.emit(import.uuid(), 2, &LeadImportUndone { import_id: import.uuid(), removed, restored, kept });
    }

    fn mapping_changed(tx: &mut TenantTx<'_>, mapping: &MappingRow, change: MappingChange) {
        let change = match change {
            MappingChange::Added => RuleChange::Added,
            MappingChange::Changed => RuleChange::Changed,
            MappingChange::Removed => RuleChange::Removed,
        };
        let (id, name) = (mapping.id, mapping.name.clone());
        tx.emit(id, mapping.version, &LeadImportMappingChanged { id, name, change });
    }
}

/// Makes leads of the candidates, each with its owner if they are active and seen by whoever imports.
fn leads_of(
    tx: &mut TenantTx<'_>,
    import: ImportId,
    candidates: Vec<Candidate>,
) -> Result<Vec<Incoming>, TransferError> {
    let mut emails: Vec<EmailAddress> =
        candidates.iter().filter_map(|candidate| candidate.owner.clone()).collect();
    emails.sort();
    emails.dedup();
    let mut owners: HashMap<String, UserId> = HashMap::new();
    let (sight, keeper) = (tx.actor().sight().clone(), tx.actor().keeper());
    if !emails.is_empty() {
        let found = people().by_email(tx, &emails).map_err(LeadsError::from)?;
        let active =
            found.into_iter().filter(|(_, person)| person.is_active() && sight.covers(Some(person.id)));
        owners.extend(active.map(|(key, person)| (key, person.id)));
    }
    let now = tx.now();
    let incoming = |candidate: Candidate| {
        let mut lead = Lead::new(candidate.details, candidate.touch, now);
        lead.status = candidate.status;
        lead.created_at = candidate.created_at.unwrap_or(now);
        lead.import = Some(import.uuid());
        if let Some(email) = &candidate.owner {
            lead.owner = owners.get(&email.normalized()).copied();
            if lead.owner.is_none() {
                lead.details.custom_fields.insert("owner_email".to_owned(), email.as_str().into());
            }
        }
        lead.owner = lead.owner.or(keeper);
        Incoming { lead, name: candidate.name }
    };
    Ok(candidates.into_iter().map(incoming).collect())
}

/// Why nothing in a file could be an e-mail address or a phone.
fn unreachable(mapping: &Mapping) -> Option<Invalid> {
    if mapping.feeds_named("email") || mapping.feeds_named("phone") {
        return None;
    }
    let names: Vec<String> =
        mapping.columns().iter().take(30).map(|column| format!("\"{}\"", column.header)).collect();
    let names = names.join(", ");
    Some(Invalid::formatted(
        format!(
            "No column is known to hold e-mails or phones; say which one does, as {{\"<column>\": \"email\"}}. The columns are: {names}."
        ),
        format!(
            "Ninguna columna parece tener correos o teléfonos; indique cuál, como {{\"<columna>\": \"email\"}}. Las columnas son: {names}."
        ),
    ))
}
