//! Customers as imports bring them in.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::domain::{Candidate, read_row};
use super::store;
use super::vocabulary::CUSTOMER;
use crate::crm::contract::events::{
    CustomerImportCompleted, CustomerImportMappingChanged, CustomerImportUndone, PartChange,
};
use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::customers::domain::{Form, Record};
use crate::crm::customers::service::{self, NewContact, OnDuplicate as Duplicate};
use crate::crm::customers::store as customers;
use crate::crm::{FIELDS, TRANSFERS};
use crate::identity::people;
use crate::kernel::{EmailAddress, FieldSet, Invalid, Line, Message};
use crate::platform::auth::UserId;
use crate::platform::db::TenantTx;
use crate::platform::fields::FieldTables;
use crate::platform::sheets::mapping::{Mapping, RowDraft, Vocabulary};
use crate::platform::transfers::{
    Changed, Holder, ImportId, ImportRow, Importable, Importing, MappingChange, MappingRow, Name,
    OnDuplicate, Origin, RowContext, Settings, TakenBack, TransferError, TransferTables, Undo,
};

/// Customers as imports bring them in.
#[derive(Debug)]
pub struct CustomerImports;

/// A customer on its way in, whether the file names it, and whom to speak to there.
#[derive(Debug)]
pub struct Incoming {
    record: Record,
    name: Name,
    contact: Option<Line<255>>,
}

impl Importable for CustomerImports {
    type Candidate = Candidate;
    type Record = Incoming;

    const TABLES: TransferTables = TRANSFERS;
    const FIELDS: FieldTables = FIELDS;
    const NAME: &'static str = "customers";
    const VOCABULARY: &'static Vocabulary = &CUSTOMER;
    const QUOTAS: [&'static str; 3] =
        ["open_customer_imports", "customer_import_mappings", "open_customer_uploads"];
    const TASKS: [&'static str; 2] = ["crm-imports", "crm-imports-undo"];

    fn context(
        tx: &mut TenantTx<'_>,
        settings: Settings,
        fields: FieldSet,
    ) -> Result<RowContext, TransferError> {
        let company = people().settings(tx).map_err(CrmError::from)?;
        let country = settings.country.unwrap_or(company.country);
        Ok(RowContext { settings, country, currency: company.currency, zone: company.time_zone, fields })
    }

    fn lacking(mapping: &Mapping) -> Option<Invalid> {
        nameless(mapping)
    }

    fn read(draft: RowDraft, context: &RowContext, _: DateTime<Utc>) -> Result<Candidate, Message> {
        read_row(draft, context)
    }

    fn view(candidate: &Candidate) -> Value {
        let form = Form::from(&candidate.details);
        let tax_id = form.tax_id.map(|(country, number)| json!({ "country": country, "number": number }));
        json!({
            "kind": form.kind, "trade_name": form.trade_name, "legal_name": form.legal_name, "tax_id": tax_id,
            "fiscal_regime": form.fiscal_regime, "fiscal_address": form.fiscal_address, "address": form.address,
            "email": form.email, "phone": form.phone, "website": form.website, "language": form.language,
            "currency": form.currency, "tags": form.tags, "notes": form.notes,
            "custom_fields": form.custom_fields, "contact_name": candidate.contact,
            "owner_email": candidate.owner.as_ref().map(EmailAddress::as_str)
        })
    }

    fn records(
        tx: &mut TenantTx<'_>,
        import: ImportId,
        candidates: Vec<Candidate>,
    ) -> Result<Vec<Incoming>, TransferError> {
        let owners = owners(tx, &candidates)?;
        let (now, keeper) = (tx.now(), tx.actor().keeper());
        let incoming = |candidate: Candidate| {
            let mut record = Record::new(candidate.details, now);
            record.import = Some(import.uuid());
            if let Some(email) = &candidate.owner {
                record.owner = owners.get(&email.normalized()).copied();
                if record.owner.is_none() {
                    let values = &mut record.details.custom_fields;
                    values.insert("owner_email".to_owned(), email.as_str().into());
                }
            }
            record.owner = record.owner.or(keeper);
            Incoming { record, name: candidate.name, contact: candidate.contact }
        };
        Ok(candidates.into_iter().map(incoming).collect())
    }

    fn id(record: &Incoming) -> Uuid {
        record.record.id.uuid()
    }

    fn values(record: &mut Incoming) -> &mut Map<String, Value> {
        &mut record.record.details.custom_fields
    }

    fn seen_values(record: &Incoming) -> &Map<String, Value> {
        &record.record.details.custom_fields
    }

    fn identities(record: &Incoming) -> Vec<(String, String)> {
        let details = &record.record.details;
        let tax_id = details.tax_id.as_ref().filter(|tax_id| !tax_id.is_shared());
        let tax_id = tax_id.map(|tax_id| {
            ("tax_id".to_owned(), format!("{} {}", tax_id.country().as_str(), tax_id.as_str()))
        });
        let email = details.email.as_ref().map(|email| ("email".to_owned(), email_key(email)));
        tax_id.into_iter().chain(email).collect()
    }

    fn holders(tx: &mut TenantTx<'_>, records: &[&Incoming]) -> Result<Vec<Holder>, TransferError> {
        let (mut countries, mut numbers, mut emails) = (Vec::new(), Vec::new(), Vec::new());
        for Incoming { record, .. } in records {
            if let Some(tax_id) = &record.details.tax_id {
                countries.push(tax_id.country().as_str().to_owned());
                numbers.push(tax_id.to_string());
            }
            emails.extend(record.details.email.as_ref().map(email_key));
        }
        let mut holders = tx.over_everything(|tx| store::of_tax_ids(tx, &countries, &numbers))?;
        // Several may have the same address, so that those of others do not matter.
        holders.extend(store::of_emails(tx, &emails)?);
        Ok(holders)
    }

    fn without(record: &mut Incoming, kind: &str) -> Option<(String, Value)> {
        let details = &mut record.record.details;
        let value = if kind == "tax_id" {
            details.fiscal_regime = None;
            details.tax_id.take().map(|tax_id| tax_id.to_string())
        } else {
            details.email.take().map(|email| email.to_string())
        };
        value.map(|value| (kind.to_owned(), value.into()))
    }

    fn there(origin: Origin) -> Message {
        match origin {
            Origin::Before => Message::new(
                "A customer with this tax identifier or e-mail is there already.",
                "Ya existe un cliente con este identificador fiscal o correo.",
            ),
            Origin::ThisFile => Message::new(
                "An earlier row of the file has the same tax identifier or e-mail.",
                "Una fila anterior del archivo tiene el mismo identificador fiscal o correo.",
            ),
        }
    }

    fn insert(
        tx: &mut TenantTx<'_>,
        import: &Importing<'_>,
        records: Vec<Incoming>,
    ) -> Result<(), TransferError> {
        let on_duplicate = match import.context.settings.on_duplicate {
            OnDuplicate::Create => Duplicate::Allow,
            _ => Duplicate::Refuse,
        };
        for Incoming { record, contact, .. } in records {
            let contact = contact.map(|name| NewContact {
                name,
                role: None,
                email: record.details.email.clone(),
                phone: record.details.phone.clone(),
                is_primary: true,
            });
            service::bring(tx, &record, contact.as_ref(), on_duplicate, &import.context.fields)?;
        }
        Ok(())
    }

    fn change(
        tx: &mut TenantTx<'_>,
        import: &Importing<'_>,
        target: Uuid,
        incoming: Incoming,
    ) -> Result<Option<Changed>, TransferError> {
        let target = CustomerId::from(target);
        let before = customers::lock_row(tx, target)?;
        let Incoming { record, name, .. } = incoming;
        let how = import.context.settings.on_duplicate;
        let after = service::enrich(tx, target, record.details, name, how)?;
        if after.version == before.version {
            return Ok(None);
        }
        let stored = |row: &customers::Row| serde_json::to_value(row).unwrap_or_default();
        Ok(Some(Changed { before: stored(&before), after: stored(&after), import: before.import_id }))
    }

    fn lock(tx: &mut TenantTx<'_>, ids: &[Uuid]) -> Result<Vec<(Uuid, i32)>, TransferError> {
        // Whoever archives waits for those who move accounts, before any row.
        customers::lock_hierarchy(tx)?;
        Ok(customers::lock_all(tx, ids)?)
    }

    fn remove(tx: &mut TenantTx<'_>, id: Uuid) -> Result<bool, TransferError> {
        match service::archive(tx, CustomerId::from(id), None) {
            Ok(()) => Ok(true),
            Err(CrmError::InUse { .. } | CrmError::Archived(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn take_back(
        tx: &mut TenantTx<'_>,
        id: Uuid,
        before: &Value,
        after: &Value,
    ) -> Result<Option<TakenBack>, TransferError> {
        match service::take_back(tx, CustomerId::from(id), before, after) {
            Ok(taken) => Ok(Some(taken)),
            Err(CrmError::NotFound(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn completed(tx: &mut TenantTx<'_>, import: &ImportRow) {
        let completed = CustomerImportCompleted {
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
        tx.emit(
            import.uuid(),
            2,
            &CustomerImportUndone { import_id: import.uuid(), removed, restored, kept },
        );
    }

    fn mapping_changed(tx: &mut TenantTx<'_>, mapping: &MappingRow, change: MappingChange) {
        let change = match change {
            MappingChange::Added => PartChange::Added,
            MappingChange::Changed => PartChange::Changed,
            MappingChange::Removed => PartChange::Removed,
        };
        let (id, name) = (mapping.id, mapping.name.clone());
        tx.emit(id, mapping.version, &CustomerImportMappingChanged { id, name, change });
    }
}

/// An e-mail as the database compares it.
fn email_key(email: &EmailAddress) -> String {
    email.as_str().to_lowercase()
}

/// The active users among those whom the file names and whose records whoever imports sees, by e-mail.
fn owners(tx: &mut TenantTx<'_>, candidates: &[Candidate]) -> Result<HashMap<String, UserId>, TransferError> {
    let mut emails: Vec<EmailAddress> =
        candidates.iter().filter_map(|candidate| candidate.owner.clone()).collect();
    emails.sort();
    emails.dedup();
    if emails.is_empty() {
        return Ok(HashMap::new());
    }
    let found = people().by_email(tx, &emails).map_err(CrmError::from)?;
    let sight = tx.actor().sight();
    let active = found.into_iter().filter(|(_, person)| person.is_active() && sight.covers(Some(person.id)));
    Ok(active.map(|(key, person)| (key, person.id)).collect())
}

/// Why nothing in a file could be a customer's name.
fn nameless(mapping: &Mapping) -> Option<Invalid> {
    let names = ["trade_name", "legal_name", "contact_name", "email", "phone"];
    if names.into_iter().any(|name| mapping.feeds_named(name)) {
        return None;
    }
    Some(Invalid::new(
        "No column is known to hold names; say which one does, as {\"<column>\": \"trade_name\"}.",
        "Ninguna columna parece tener nombres; indique cuál, como {\"<columna>\": \"trade_name\"}.",
    ))
}
