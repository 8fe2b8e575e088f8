//! What may be done with leads: one function a use case, inside the caller's transaction.

mod activities;
mod assignment;
mod bulk;
mod contacts;
mod conversion;
mod fields;
mod merges;
mod progress;
mod quotas;
mod scoring;
mod take_back;
mod timeline;
mod upkeep;

pub use activities::{NewActivity, activities, log_activity};
pub use assignment::{add_rule, change_rule, give_owners, remove_rule, rule, rules, tell_owner};
pub use bulk::{BulkMode, BulkOutcome, Chosen, LEADS_AT_ONCE, bulk};
pub use contacts::{NewContact, add_contact, change_contact, contacts, remove_contact};
pub use conversion::{Prospect, begin_conversion, complete_conversion};
pub use fields::{
    archive_field, change_field, define_field, definitions, field, field_holders, fields, index,
};
pub use merges::{Merge, Pair, UNDO_FOR, duplicates, merge, merges, note_likenesses, undo_merge};
pub use progress::{assign, change_status, check_owner, disqualify, qualify, schedule_follow_up};
pub use quotas::quotas;
pub use scoring::{rescore, score};
pub use take_back::take_back;
pub use timeline::{Happening, TimelineKind, timeline};
pub use upkeep::{keep_up, tenants};

use serde_json::json;

use super::contract::events::{LeadCreated, LeadDeleted, LeadUpdated};
use super::contract::{LeadId, LeadsError};
use super::domain::{Details, Form, Lead, Touch, changes};
use super::store::{self, Claim, Filter, Place, Row, Sort};
use crate::identity::People;
use crate::kernel::{Country, FieldSet, take_value};
use crate::platform::auth::UserId;
use crate::platform::db::TenantTx;
use crate::platform::http::{Page, PageLimit};
use crate::platform::id::Id;

/// A lead on its way in.
#[derive(Debug, Clone)]
pub struct NewLead {
    /// What is known of it.
    pub details: Details,
    /// How it found us.
    pub touch: Option<Touch>,
    /// Who works on it.
    pub owner: Option<UserId>,
}

/// What happens when the e-mail or phone of a new lead belongs to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnDuplicate {
    /// It is refused, naming the other one.
    #[default]
    Refuse,
    /// The other one is updated with what is known now.
    Update,
    /// Both are kept.
    Allow,
}

/// A lead that was created, or the existing one that was updated instead.
#[derive(Debug)]
pub enum Outcome {
    /// A new lead.
    Created(Row),
    /// The lead that had the e-mail or phone.
    Updated(Row),
}

/// Creates a lead, or does to its duplicate what `on_duplicate` says. One that nobody is named for is its maker's where they see only
/// some leads, and gets an owner by the tenant's rules otherwise.
pub fn create(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    new: NewLead,
    on_duplicate: OnDuplicate,
) -> Result<Outcome, LeadsError> {
    let mut lead = Lead::new(new.details, new.touch, tx.now());
    lead.owner = new.owner.or_else(|| tx.actor().keeper());
    if on_duplicate == OnDuplicate::Update {
        let values: Vec<String> = lead.identities().into_iter().map(|(_, value)| value).collect();
        if let Some(holder) = store::holders(tx, &values)?.first() {
            let existing = Id::from(holder.lead_id);
            return enrich(tx, existing, &lead.details, lead.last_touch).map(Outcome::Updated);
        }
    }
    let claim = if on_duplicate == OnDuplicate::Allow { Claim::WhatIsFree } else { Claim::All };
    let definitions = definitions(tx)?;
    definitions.begin(&mut lead.details.custom_fields).map_err(fields::refused)?;
    let was_named = lead.owner.is_some();
    give_owners(tx, people, std::slice::from_mut(&mut lead))?;
    let rows = store::insert(tx, std::slice::from_ref(&lead), claim)?;
    index(tx, std::slice::from_ref(&lead), &definitions)?;
    announce(tx, &lead);
    if !was_named {
        tell_owner(tx, &lead);
    }
    rows.into_iter().next().map(Outcome::Created).ok_or(LeadsError::NotFound(lead.id))
}

/// Tells that `lead` was created.
pub fn announce(tx: &mut TenantTx<'_>, lead: &Lead) {
    let created = LeadCreated {
        id: lead.id,
        company_name: lead.details.company_name.to_string(),
        contact_name: lead.details.contact_name.as_ref().map(ToString::to_string),
        email: lead.details.email.as_ref().map(ToString::to_string),
        phone: lead.details.phone.as_ref().map(ToString::to_string),
        source: lead.details.source.to_string(),
        campaign: lead.first_touch.as_ref().and_then(|touch| touch.campaign.clone()),
        status: lead.status,
        score: lead.score,
        owner_id: lead.owner,
        import_id: lead.import,
    };
    tx.emit(lead.id.uuid(), lead.version, &created);
}

/// The lead.
pub fn find(tx: &mut TenantTx<'_>, id: LeadId) -> Result<Row, LeadsError> {
    store::find(tx, id)
}

/// A page of leads.
pub fn list(
    tx: &mut TenantTx<'_>,
    filter: &Filter,
    sort: &Sort,
    place: Option<Place>,
    limit: PageLimit,
) -> Result<Page<Row>, LeadsError> {
    store::list(tx, filter, sort, place, limit)
}

/// Counts of leads.
#[derive(Debug)]
pub struct Summary {
    /// Leads in each state that has any.
    pub by_status: Vec<(String, i64)>,
    /// Leads marked as forgotten.
    pub forgotten: i64,
    /// Open leads whose follow-up has come.
    pub follow_ups_due: i64,
}

/// Counts leads by state, and those that need attention.
pub fn summary(tx: &mut TenantTx<'_>) -> Result<Summary, LeadsError> {
    let by_status = store::counts(tx)?;
    let (forgotten, follow_ups_due) = store::attention(tx)?;
    Ok(Summary { by_status, forgotten, follow_ups_due })
}

/// What a PATCH does to a lead.
pub struct Change<F> {
    /// Writes the changed fields into the form.
    pub edit: F,
    /// The country of phones without a country code.
    pub country: Country,
    /// A new last touch.
    pub touch: Option<Touch>,
    /// The version that the caller read; none when they do not care.
    pub version: Option<i32>,
}

/// Changes fields of a lead; what does not differ changes nothing and emits nothing.
pub fn update<F: FnOnce(&mut Form)>(
    tx: &mut TenantTx<'_>,
    id: LeadId,
    change: Change<F>,
) -> Result<Row, LeadsError> {
    let mut lead = store::lock(tx, id)?;
    check_version(&lead, change.version)?;
    let mut form = Form::from(&lead.details);
    (change.edit)(&mut form);
    let details = form.parse(change.country)?;
    let touch = change.touch.or_else(|| lead.last_touch.clone());
    rewrite(tx, &mut lead, details, touch)
}

/// Deletes a lead with its contacts and activities.
pub fn delete(tx: &mut TenantTx<'_>, id: LeadId, version: Option<i32>) -> Result<(), LeadsError> {
    let lead = store::lock(tx, id)?;
    check_version(&lead, version)?;
    store::delete(tx, id)?;
    let deleted = LeadDeleted { id, company_name: lead.details.company_name.to_string() };
    tx.emit(id.uuid(), lead.version + 1, &deleted);
    Ok(())
}

/// Adds what `fresh` knows to an existing lead: filled fields replace, empty ones leave, tags and custom fields join while there is
/// room.
pub fn enrich(
    tx: &mut TenantTx<'_>,
    id: LeadId,
    fresh: &Details,
    touch: Option<Touch>,
) -> Result<Row, LeadsError> {
    let mut lead = store::lock(tx, id)?;
    let mut details = lead.details.clone();
    details.company_name = fresh.company_name.clone();
    replace(&mut details.contact_name, fresh.contact_name.as_ref());
    replace(&mut details.email, fresh.email.as_ref());
    replace(&mut details.phone, fresh.phone.as_ref());
    replace(&mut details.website, fresh.website.as_ref());
    replace(&mut details.industry, fresh.industry.as_ref());
    replace(&mut details.employee_count, fresh.employee_count.as_ref());
    replace(&mut details.annual_revenue, fresh.annual_revenue.as_ref());
    replace(&mut details.notes, fresh.notes.as_ref());
    replace(&mut details.consent, fresh.consent.as_ref());
    details.take_tags(&fresh.tags);
    for (key, value) in &fresh.custom_fields {
        take_value(&mut details.custom_fields, key, value.clone());
    }
    let touch = touch.or_else(|| lead.last_touch.clone());
    rewrite(tx, &mut lead, details, touch)
}

/// Adds to an existing lead what it lacks of what `fresh` knows: what it has stays, tags and custom fields join while there is
/// room, notes are written below.
pub fn complete(
    tx: &mut TenantTx<'_>,
    id: LeadId,
    fresh: &Details,
    touch: Option<Touch>,
) -> Result<Row, LeadsError> {
    let mut lead = store::lock(tx, id)?;
    let details = lead.details.completed(fresh);
    let touch = lead.last_touch.clone().or(touch);
    rewrite(tx, &mut lead, details, touch)
}

fn replace<T: Clone>(field: &mut Option<T>, fresh: Option<&T>) {
    if let Some(value) = fresh {
        *field = Some(value.clone());
    }
}

fn rewrite(
    tx: &mut TenantTx<'_>,
    lead: &mut Lead,
    mut details: Details,
    touch: Option<Touch>,
) -> Result<Row, LeadsError> {
    let has_other_values = lead.details.custom_fields != details.custom_fields;
    let definitions = if has_other_values { definitions(tx)? } else { FieldSet::default() };
    let before = &lead.details.custom_fields;
    definitions.change(before, &mut details.custom_fields).map_err(fields::refused)?;
    let mut changed = changes(&lead.details, &details);
    if lead.last_touch != touch {
        changed.insert("utm".to_owned(), json!({ "from": lead.last_touch, "to": touch }));
    }
    if changed.is_empty() {
        return store::find(tx, lead.id);
    }
    let same_person = changed.keys().all(|field| field != "email" && field != "phone");
    let had = lead.identities();
    lead.details = details;
    if lead.first_touch.is_none() {
        lead.first_touch.clone_from(&touch);
    }
    lead.last_touch = touch;
    if !same_person {
        store::reclaim_changed(tx, lead, &had)?;
    }
    if has_other_values {
        fields::reindex(tx, lead, &definitions)?;
    }
    commit(tx, lead, |lead| LeadUpdated { id: lead.id, changes: changed })
}

/// Bumps the version, writes the lead and tells what happened.
fn commit<E: crate::platform::events::Event>(
    tx: &mut TenantTx<'_>,
    lead: &mut Lead,
    event: impl FnOnce(&Lead) -> E,
) -> Result<Row, LeadsError> {
    lead.version += 1;
    lead.touched(tx.now());
    let row = store::save(tx, lead)?;
    let event = event(lead);
    tx.emit(lead.id.uuid(), lead.version, &event);
    Ok(row)
}

fn check_version(lead: &Lead, expected: Option<i32>) -> Result<(), LeadsError> {
    match expected {
        Some(version) if version != lead.version => Err(LeadsError::Stale(lead.version)),
        _ => Ok(()),
    }
}
