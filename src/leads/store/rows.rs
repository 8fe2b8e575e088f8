//! Leads as rows, and back.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::kernel::{Country, Currency, EmailAddress, Invalid, Line, Money, Phone, Prose, WebUrl};
use crate::leads::contract::LeadsError;
use crate::leads::domain::{Details, Lead, Status, Touch};
use crate::leads::schema::{identities, leads};
use crate::platform::db::{DbError, RawJson};
use crate::platform::id::Id;

/// A row of `leads.leads`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize)]
#[diesel(table_name = leads, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Row {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub version: i32,
    pub company_name: String,
    pub contact_name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub website: Option<String>,
    pub industry: Option<String>,
    pub employee_count: Option<i32>,
    pub annual_revenue_minor: Option<i64>,
    pub annual_revenue_currency: Option<String>,
    pub status: String,
    pub disqualify_reason: Option<String>,
    pub score: i32,
    pub source: String,
    pub owner_id: Option<Uuid>,
    pub tags: Vec<String>,
    pub notes: Option<String>,
    pub custom_fields: RawJson,
    pub first_touch: Option<RawJson>,
    pub last_touch: Option<RawJson>,
    pub consent: Option<RawJson>,
    pub import_id: Option<Uuid>,
    pub search_text: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub last_activity_at: Option<DateTime<Utc>>,
    pub next_follow_up_at: Option<DateTime<Utc>>,
    pub follow_up_note: Option<String>,
    pub follow_up_raised_at: Option<DateTime<Utc>>,
    pub forgotten_at: Option<DateTime<Utc>>,
}

/// A key by which two leads are the same person.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = identities)]
pub struct IdentityRow {
    tenant_id: Uuid,
    /// `email` or `phone`.
    pub kind: String,
    /// The normalised e-mail address or phone number.
    pub value: String,
    /// The lead that it belongs to.
    pub lead_id: Uuid,
}

/// The keys of `lead`.
pub fn identity_rows(tenant: Uuid, lead: &Lead) -> Vec<IdentityRow> {
    lead.identities()
        .into_iter()
        .map(|(kind, value)| IdentityRow {
            tenant_id: tenant,
            kind: kind.to_owned(),
            value,
            lead_id: lead.id.uuid(),
        })
        .collect()
}

/// The row of `lead`.
pub fn row(tenant: Uuid, lead: &Lead) -> Row {
    let details = &lead.details;
    let touch = |touch: &Option<Touch>| touch.as_ref().map(RawJson::of);
    Row {
        tenant_id: tenant,
        id: lead.id.uuid(),
        version: lead.version,
        company_name: details.company_name.to_string(),
        contact_name: details.contact_name.as_ref().map(ToString::to_string),
        email: details.email.as_ref().map(ToString::to_string),
        phone: details.phone.as_ref().map(ToString::to_string),
        website: details.website.as_ref().map(ToString::to_string),
        industry: details.industry.as_ref().map(ToString::to_string),
        employee_count: details.employee_count,
        annual_revenue_minor: details.annual_revenue.map(Money::minor),
        annual_revenue_currency: details.annual_revenue.map(|money| money.currency().as_str().to_owned()),
        status: lead.status.as_str().to_owned(),
        disqualify_reason: lead.disqualify_reason.clone(),
        score: lead.score,
        source: details.source.to_string(),
        owner_id: lead.owner.map(Id::uuid),
        tags: details.tags.iter().map(ToString::to_string).collect(),
        notes: details.notes.as_ref().map(ToString::to_string),
        custom_fields: RawJson::of(&details.custom_fields),
        first_touch: touch(&lead.first_touch),
        last_touch: touch(&lead.last_touch),
        consent: details.consent.as_ref().map(RawJson::of),
        import_id: lead.import,
        search_text: lead.search_text(),
        created_at: lead.created_at,
        updated_at: lead.updated_at,
        last_activity_at: lead.last_activity_at,
        next_follow_up_at: lead.next_follow_up_at,
        follow_up_note: lead.follow_up_note.clone(),
        follow_up_raised_at: lead.follow_up_raised_at,
        forgotten_at: lead.forgotten_at,
    }
}

/// The lead of `row`.
pub fn restore(row: Row) -> Result<Lead, LeadsError> {
    let touch = |json: &Option<RawJson>| json.as_ref().and_then(RawJson::read::<Touch>);
    let (first_touch, last_touch) = (touch(&row.first_touch), touch(&row.last_touch));
    let details = details(&row)
        .map_err(|error| LeadsError::Db(DbError::Failed(format!("a stored lead is broken: {error}"))))?;
    Ok(Lead {
        id: Id::from(row.id),
        version: row.version,
        status: Status::parse(&row.status).unwrap_or(Status::New),
        disqualify_reason: row.disqualify_reason,
        score: row.score,
        owner: row.owner_id.map(Id::from),
        first_touch,
        last_touch,
        import: row.import_id,
        created_at: row.created_at,
        updated_at: row.updated_at,
        last_activity_at: row.last_activity_at,
        next_follow_up_at: row.next_follow_up_at,
        follow_up_note: row.follow_up_note,
        follow_up_raised_at: row.follow_up_raised_at,
        forgotten_at: row.forgotten_at,
        details,
    })
}

fn details(row: &Row) -> Result<Details, Invalid> {
    let annual_revenue = match (row.annual_revenue_minor, row.annual_revenue_currency.as_deref()) {
        (Some(minor), Some(currency)) => Some(Money::from_minor(minor, Currency::parse(currency)?)),
        _ => None,
    };
    Ok(Details {
        company_name: Line::parse(&row.company_name)?,
        contact_name: row.contact_name.as_deref().map(Line::parse).transpose()?,
        email: row.email.as_deref().map(EmailAddress::parse).transpose()?,
        // What is stored is E.164, so the country does not matter.
        phone: row.phone.as_deref().map(|text| Phone::parse(text, Country::MEXICO)).transpose()?,
        website: row.website.as_deref().map(WebUrl::parse).transpose()?,
        industry: row.industry.as_deref().map(Line::parse).transpose()?,
        employee_count: row.employee_count,
        annual_revenue,
        source: Line::parse(&row.source)?,
        tags: row.tags.iter().map(|tag| Line::parse(tag)).collect::<Result<_, _>>()?,
        notes: row.notes.as_deref().map(Prose::parse).transpose()?,
        custom_fields: row.custom_fields.read().unwrap_or_default(),
        consent: row.consent.as_ref().and_then(RawJson::read),
    })
}
