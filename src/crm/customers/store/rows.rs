//! Customers as rows, and back.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::crm::contract::{CrmError, CustomerKind};
use crate::crm::customers::domain::{Details, Record, Status};
use crate::crm::schema::customers;
use crate::kernel::{
    Country, Currency, EmailAddress, FiscalRegime, Invalid, Line, Locale, Phone, Prose, TaxId, WebUrl,
};
use crate::platform::db::{DbError, RawJson};
use crate::platform::id::Id;

/// A row of `crm.customers`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize)]
#[diesel(table_name = customers, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Row {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub version: i32,
    pub kind: String,
    pub trade_name: String,
    pub legal_name: Option<String>,
    pub tax_country: Option<String>,
    pub tax_number: Option<String>,
    pub fiscal_regime: Option<String>,
    pub fiscal_address: Option<RawJson>,
    pub address: Option<RawJson>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub website: Option<String>,
    pub language: Option<String>,
    pub currency: Option<String>,
    pub parent_id: Option<Uuid>,
    pub owner_id: Option<Uuid>,
    pub tags: Vec<String>,
    pub notes: Option<String>,
    pub custom_fields: RawJson,
    pub lead_id: Option<Uuid>,
    pub status: String,
    pub churn_reason: Option<String>,
    pub churned_at: Option<DateTime<Utc>>,
    pub health_score: i32,
    pub search_text: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub last_activity_at: Option<DateTime<Utc>>,
    pub archived_at: Option<DateTime<Utc>>,
    pub import_id: Option<Uuid>,
}

impl Row {
    /// The tax identifier.
    pub fn tax_id(&self) -> Result<Option<TaxId>, Invalid> {
        match (self.tax_country.as_deref(), self.tax_number.as_deref()) {
            (Some(country), Some(number)) => TaxId::parse(number, Country::parse(country)?).map(Some),
            _ => Ok(None),
        }
    }
}

/// The row of `record`.
pub fn row(tenant: Uuid, record: &Record) -> Row {
    let details = &record.details;
    let text = |text: &Option<Line<255>>| text.as_ref().map(ToString::to_string);
    Row {
        tenant_id: tenant,
        id: record.id.uuid(),
        version: record.version,
        kind: kind_name(details.kind).to_owned(),
        trade_name: details.trade_name.to_string(),
        legal_name: text(&details.legal_name),
        tax_country: details.tax_id.as_ref().map(|tax_id| tax_id.country().as_str().to_owned()),
        tax_number: details.tax_id.as_ref().map(ToString::to_string),
        fiscal_regime: details.fiscal_regime.map(|regime| regime.as_str().to_owned()),
        fiscal_address: details.fiscal_address.as_ref().map(RawJson::of),
        address: details.address.as_ref().map(RawJson::of),
        email: details.email.as_ref().map(ToString::to_string),
        phone: details.phone.as_ref().map(ToString::to_string),
        website: details.website.as_ref().map(ToString::to_string),
        language: details.language.map(|language| language.as_str().to_owned()),
        currency: details.currency.map(|currency| currency.as_str().to_owned()),
        parent_id: record.parent.map(Id::uuid),
        owner_id: record.owner.map(Id::uuid),
        tags: details.tags.iter().map(ToString::to_string).collect(),
        notes: details.notes.as_ref().map(ToString::to_string),
        custom_fields: RawJson::of(&details.custom_fields),
        lead_id: record.lead,
        status: record.status.as_str().to_owned(),
        churn_reason: record.churn_reason.clone(),
        churned_at: record.churned_at,
        health_score: record.health,
        search_text: record.search_text(),
        created_at: record.created_at,
        updated_at: record.updated_at,
        last_activity_at: record.last_activity_at,
        archived_at: record.archived_at,
        import_id: record.import,
    }
}

/// The customer of `row`.
pub fn restore(row: &Row) -> Result<Record, CrmError> {
    let details = details(row)
        .map_err(|error| CrmError::Db(DbError::Failed(format!("a stored customer is broken: {error}"))))?;
    Ok(Record {
        id: Id::from(row.id),
        version: row.version,
        details,
        parent: row.parent_id.map(Id::from),
        owner: row.owner_id.map(Id::from),
        lead: row.lead_id,
        import: row.import_id,
        status: Status::parse(&row.status).unwrap_or(Status::Active),
        churn_reason: row.churn_reason.clone(),
        churned_at: row.churned_at,
        health: row.health_score,
        created_at: row.created_at,
        updated_at: row.updated_at,
        last_activity_at: row.last_activity_at,
        archived_at: row.archived_at,
    })
}

fn details(row: &Row) -> Result<Details, Invalid> {
    Ok(Details {
        kind: if row.kind == "person" { CustomerKind::Person } else { CustomerKind::Company },
        trade_name: Line::parse(&row.trade_name)?,
        legal_name: row.legal_name.as_deref().map(Line::parse).transpose()?,
        tax_id: row.tax_id()?,
        fiscal_regime: row.fiscal_regime.as_deref().map(FiscalRegime::parse).transpose()?,
        fiscal_address: row.fiscal_address.as_ref().and_then(RawJson::read),
        address: row.address.as_ref().and_then(RawJson::read),
        email: row.email.as_deref().map(EmailAddress::parse).transpose()?,
        // What is stored is E.164, so the country does not matter.
        phone: row.phone.as_deref().map(|text| Phone::parse(text, Country::MEXICO)).transpose()?,
        website: row.website.as_deref().map(WebUrl::parse).transpose()?,
        language: row.language.as_deref().map(Locale::parse).transpose()?,
        currency: row.currency.as_deref().map(Currency::parse).transpose()?,
        tags: row.tags.iter().map(|tag| Line::parse(tag)).collect::<Result<_, _>>()?,
        notes: row.notes.as_deref().map(Prose::parse).transpose()?,
        custom_fields: row.custom_fields.read().unwrap_or_default(),
    })
}

/// The name of `kind` in JSON and in the database.
pub fn kind_name(kind: CustomerKind) -> &'static str {
    match kind {
        CustomerKind::Company => "company",
        CustomerKind::Person => "person",
    }
}
