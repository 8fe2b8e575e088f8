//! What may be done with customers: one function a use case, inside the caller's transaction.

mod activities;
mod archive;
mod contacts;
mod enrich;
mod fields;
mod offered;
mod progress;
mod timeline;

pub use activities::{NewActivity, log_activity};
pub use archive::{archive, restore};
pub use contacts::{NewContact, add_contact, change_contact, contacts, remove_contact};
pub use enrich::{enrich, take_back};
pub use fields::{archive_field, change_field, define_field, definitions, field, fields, quotas};
pub use offered::{customer, customer_of_lead, last_activities, register};
pub use progress::{assign, check_owner, churn, reactivate};
pub use timeline::{Happening, TimelineKind, timeline};

use serde_json::json;

use super::domain::{Details, Form, HEALTH_AT_FIRST, LEVELS_AT_MOST, Record, changes};
use super::store::{self, Counts, Filter, Place, Row, Sort, TaxIdClaim};
use crate::crm::contract::events::{CustomerCreated, CustomerUpdated};
use crate::crm::contract::{CrmError, CustomerId};
use crate::kernel::{Country, FieldSet};
use crate::platform::auth::UserId;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::events::Event;
use crate::platform::http::{Page, PageLimit, Patch};

/// A customer on its way in.
#[derive(Debug, Clone)]
pub struct NewCustomer {
    /// What is known of it.
    pub details: Details,
    /// The account above it.
    pub parent: Option<CustomerId>,
    /// Whose it is.
    pub owner: Option<UserId>,
    /// The lead that it was.
    pub lead: Option<uuid::Uuid>,
    /// Whom to speak to first.
    pub contact: Option<NewContact>,
    /// What happens when its tax identifier is another customer's.
    pub on_duplicate: OnDuplicate,
}

/// What happens when the tax identifier of a customer belongs to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnDuplicate {
    /// It is refused, naming the other one.
    #[default]
    Refuse,
    /// Both are kept; the identifier stays the other one's.
    Allow,
}

/// Creates a customer with its primary person; refused when its lead or its tax identifier is a customer already.
pub fn create(tx: &mut TenantTx<'_>, new: NewCustomer) -> Result<Row, CrmError> {
    let mut record = Record::new(new.details, tx.now());
    record.owner = new.owner.or_else(|| tx.actor().keeper());
    record.lead = new.lead;
    if let Some(parent) = new.parent {
        store::lock_hierarchy(tx)?;
        check_parent(tx, record.id, 1, parent)?;
        record.parent = Some(parent);
    }
    let definitions = definitions(tx)?;
    definitions.begin(&mut record.details.custom_fields).map_err(fields::refused)?;
    bring(tx, &record, new.contact.as_ref(), new.on_duplicate, &definitions)
}

/// Writes a new customer whose custom fields were checked, with its primary person, and tells of it.
pub fn bring(
    tx: &mut TenantTx<'_>,
    record: &Record,
    contact: Option<&NewContact>,
    on_duplicate: OnDuplicate,
    definitions: &FieldSet,
) -> Result<Row, CrmError> {
    let Some(row) = store::insert(tx, record)? else { return Err(lead_taken(tx, record.lead)) };
    claim(tx, record, on_duplicate)?;
    fields::index(tx, record, definitions)?;
    if let Some(contact) = contact {
        contacts::insert(tx, record.id, contact, true)?;
    }
    let details = &record.details;
    let created = CustomerCreated {
        id: record.id,
        kind: details.kind,
        trade_name: details.trade_name.to_string(),
        legal_name: details.legal_name.as_ref().map(ToString::to_string),
        tax_country: details.tax_id.as_ref().map(|tax_id| tax_id.country().as_str().to_owned()),
        tax_number: details.tax_id.as_ref().map(ToString::to_string),
        email: details.email.as_ref().map(ToString::to_string),
        phone: details.phone.as_ref().map(ToString::to_string),
        parent_id: record.parent,
        owner_id: record.owner,
        lead_id: record.lead,
    };
    tx.emit(record.id.uuid(), record.version, &created);
    Ok(row)
}

fn lead_taken(tx: &mut TenantTx<'_>, lead: Option<uuid::Uuid>) -> CrmError {
    match lead.map(|lead| store::of_lead(tx, lead)) {
        Some(Ok(Some(existing))) => CrmError::LeadTaken(Some(existing.id.into())),
        Some(Err(error)) => error,
        _ if !tx.actor().sight().is_everything() => CrmError::LeadTaken(None),
        // Somebody is converting it at this moment and has not committed; whoever asks again finds the customer.
        _ => CrmError::Db(DbError::Busy),
    }
}

fn claim(tx: &mut TenantTx<'_>, record: &Record, on_duplicate: OnDuplicate) -> Result<(), CrmError> {
    match (store::claim_tax_id(tx, record)?, on_duplicate) {
        (TaxIdClaim::Taken(existing), OnDuplicate::Refuse) => Err(CrmError::Duplicate(existing)),
        _ => Ok(()),
    }
}

/// Refuses `parent` when it is nobody, in the archive, below the customer itself, or when there would be too many levels;
/// `height` are those that the customer and the accounts below it make.
fn check_parent(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    height: usize,
    parent: CustomerId,
) -> Result<(), CrmError> {
    match store::find(tx, parent) {
        Ok(row) if row.archived_at.is_some() => return Err(CrmError::Archived(parent)),
        Err(CrmError::NotFound(_)) => return Err(CrmError::UnknownParent(parent)),
        found => found?,
    };
    let above = store::above(tx, parent)?;
    if above.contains(&customer.uuid()) || above.len() + height > LEVELS_AT_MOST {
        return Err(CrmError::Hierarchy(parent));
    }
    Ok(())
}

/// The customer, in the archive too.
pub fn find(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<Row, CrmError> {
    store::find(tx, id)
}

/// A page of customers.
pub fn list(
    tx: &mut TenantTx<'_>,
    filter: &Filter,
    sort: &Sort,
    place: Option<Place>,
    limit: PageLimit,
) -> Result<Page<Row>, CrmError> {
    store::list(tx, filter, sort, place, limit)
}

/// Counts customers by state, and those at risk.
pub fn summary(tx: &mut TenantTx<'_>) -> Result<Counts, CrmError> {
    store::counts(tx, AT_RISK_BELOW)
}

/// Active customers of less health are at risk.
pub const AT_RISK_BELOW: i32 = HEALTH_AT_FIRST - 30;

/// What a PATCH does to a customer.
pub struct Change<F> {
    /// Writes the changed fields into the form.
    pub edit: F,
    /// Another account above it, or none.
    pub parent: Patch<CustomerId>,
    /// The country of whatever does not say its own.
    pub country: Country,
    /// What happens when its new tax identifier is another customer's.
    pub on_duplicate: OnDuplicate,
    /// The version that the caller read; none when they do not care.
    pub version: Option<i32>,
}

/// Changes fields of a customer; what does not differ changes nothing and emits nothing.
pub fn update<F: FnOnce(&mut Form)>(
    tx: &mut TenantTx<'_>,
    id: CustomerId,
    change: Change<F>,
) -> Result<Row, CrmError> {
    if matches!(change.parent, Patch::Set(_)) {
        store::lock_hierarchy(tx)?;
    }
    let mut record = held(tx, id, change.version)?;
    let mut form = Form::from(&record.details);
    (change.edit)(&mut form);
    let mut details = form.parse(change.country)?;
    let has_other_values = record.details.custom_fields != details.custom_fields;
    let definitions = if has_other_values { definitions(tx)? } else { FieldSet::default() };
    let before = &record.details.custom_fields;
    definitions.change(before, &mut details.custom_fields).map_err(fields::refused)?;
    let mut changed = changes(&record.details, &details);
    let parent_before = record.parent;
    change.parent.apply(&mut record.parent);
    if record.parent != parent_before {
        if let Some(parent) = record.parent {
            let height = store::height(tx, id)?;
            check_parent(tx, id, height, parent)?;
        }
        changed.insert("parent_id".to_owned(), json!({ "from": parent_before, "to": record.parent }));
    }
    if changed.is_empty() {
        return store::find(tx, id);
    }
    let has_other_tax_id = record.details.tax_id != details.tax_id;
    record.details = details;
    if has_other_tax_id {
        store::release_tax_id(tx, id)?;
        claim(tx, &record, change.on_duplicate)?;
    }
    if has_other_values {
        fields::reindex(tx, &record, &definitions)?;
    }
    commit(tx, &mut record, |_| CustomerUpdated { id, changes: changed })
}

/// The customer, locked, of the version that the caller read, and not in the archive.
pub(in crate::crm) fn held(
    tx: &mut TenantTx<'_>,
    id: CustomerId,
    version: Option<i32>,
) -> Result<Record, CrmError> {
    let record = store::lock(tx, id)?;
    record.check_open()?;
    match version {
        Some(version) if version != record.version => Err(CrmError::Stale(record.version)),
        _ => Ok(record),
    }
}

/// Bumps the version, writes the customer and tells what happened.
pub(in crate::crm) fn commit<E: Event>(
    tx: &mut TenantTx<'_>,
    record: &mut Record,
    event: impl FnOnce(&Record) -> E,
) -> Result<Row, CrmError> {
    record.version += 1;
    record.updated_at = tx.now();
    let row = store::save(tx, record)?;
    let event = event(record);
    tx.emit(record.id.uuid(), record.version, &event);
    Ok(row)
}
