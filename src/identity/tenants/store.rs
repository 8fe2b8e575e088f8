//! Rows of companies.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use serde_json::Value;
use uuid::Uuid;

use super::domain::{Branding, OwnLimits, Tenant, TenantName};
use crate::identity::IDENTITY;
use crate::identity::contract::{IdentityError, TenantSettings};
use crate::identity::schema::{logos, tenants};
use crate::kernel::{Color, Country, Currency, Invalid, Locale, Slug, TaxId, TimeZone, WebUrl};
use crate::platform::db::{DbError, Prepare, TenantTx};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = tenants, treat_none_as_default_value = false, treat_none_as_null = true)]
struct Row {
    tenant_id: Uuid,
    slug: String,
    name: String,
    status: String,
    primary_color: Option<String>,
    secondary_color: Option<String>,
    logo_url: Option<String>,
    locale: String,
    currency: String,
    time_zone: String,
    country: String,
    tax_id: Option<String>,
    forgotten_after_days: i32,
    limits: Value,
    visibility: Value,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// The transaction's tenant.
pub(in crate::identity) fn find(tx: &mut TenantTx<'_>) -> Result<Tenant, IdentityError> {
    let row = tenants::table.select(Row::as_select()).first(tx.conn(IDENTITY)?).map_err(DbError::from)?;
    row.try_into()
}

/// The transaction's tenant, locked until its end: changes of the tenant and of who owns it happen one at a time.
pub(in crate::identity) fn find_locked(tx: &mut TenantTx<'_>) -> Result<Tenant, IdentityError> {
    let row = tenants::table
        .select(Row::as_select())
        .for_no_key_update()
        .first(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    row.try_into()
}

/// A row of `logos`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = logos)]
pub(in crate::identity) struct LogoRow {
    pub tenant_id: Uuid,
    pub media_type: String,
    pub content: Vec<u8>,
}

/// The tenant's logo.
pub(in crate::identity) fn logo(tx: &mut TenantTx<'_>) -> Result<Option<LogoRow>, IdentityError> {
    let row = logos::table.select(LogoRow::as_select()).first(tx.conn(IDENTITY)?).optional();
    Ok(row.map_err(DbError::from)?)
}

/// Puts the tenant's logo in the place of the one before.
pub(in crate::identity) fn save_logo(tx: &mut TenantTx<'_>, row: &LogoRow) -> Result<(), IdentityError> {
    diesel::insert_into(logos::table)
        .values(row)
        .on_conflict(logos::tenant_id)
        .do_update()
        .set(row)
        .prepared()
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Takes the tenant's logo away; 404 when there is none.
pub(in crate::identity) fn delete_logo(tx: &mut TenantTx<'_>) -> Result<(), IdentityError> {
    match diesel::delete(logos::table).execute(tx.conn(IDENTITY)?).map_err(DbError::from)? {
        0 => Err(IdentityError::LogoNotFound),
        _ => Ok(()),
    }
}

/// Takes `slug` for the transaction's tenant; false when another has it.
pub(in crate::identity) fn claim_slug(tx: &mut TenantTx<'_>, slug: &Slug) -> Result<bool, IdentityError> {
    let claimed = diesel::select(
        diesel::dsl::sql::<Bool>("identity.claim_slug(").bind::<Text, _>(slug.as_str()).sql(")"),
    )
    .get_result(tx.conn(IDENTITY)?)
    .map_err(DbError::from)?;
    Ok(claimed)
}

/// Stores a new tenant.
pub(in crate::identity) fn insert(tx: &mut TenantTx<'_>, tenant: &Tenant) -> Result<(), IdentityError> {
    diesel::insert_into(tenants::table)
        .values(Row::from(tenant))
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Stores a changed tenant, which the transaction has locked.
pub(in crate::identity) fn update(tx: &mut TenantTx<'_>, tenant: &Tenant) -> Result<(), IdentityError> {
    diesel::update(tenants::table.find(tenant.id.uuid()))
        .set(Row::from(tenant))
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(())
}

impl From<&Tenant> for Row {
    fn from(tenant: &Tenant) -> Self {
        let settings = &tenant.settings;
        Self {
            tenant_id: tenant.id.uuid(),
            slug: tenant.slug.to_string(),
            name: tenant.name.to_string(),
            // Only an operator suspends a company, in the database; a stored one is active to be changed at all.
            status: "active".to_owned(),
            primary_color: tenant.branding.primary_color.as_ref().map(ToString::to_string),
            secondary_color: tenant.branding.secondary_color.as_ref().map(ToString::to_string),
            logo_url: tenant.branding.logo_url.as_ref().map(ToString::to_string),
            locale: settings.locale.to_string(),
            currency: settings.currency.to_string(),
            time_zone: settings.time_zone.to_string(),
            country: settings.country.to_string(),
            tax_id: tenant.tax_id.as_ref().map(|tax_id| tax_id.as_str().to_owned()),
            forgotten_after_days: settings.forgotten_after_days.into(),
            limits: serde_json::json!(tenant.limits.as_map()),
            visibility: serde_json::json!(tenant.visibilities),
            version: tenant.version,
            created_at: tenant.created_at,
            updated_at: tenant.updated_at,
        }
    }
}

impl TryFrom<Row> for Tenant {
    type Error = IdentityError;

    fn try_from(row: Row) -> Result<Self, IdentityError> {
        let country = sound(Country::parse(&row.country))?;
        let limits: BTreeMap<String, u32> =
            serde_json::from_value(row.limits).map_err(|_| IdentityError::Corrupt("tenants.limits"))?;
        let visibilities = serde_json::from_value(row.visibility)
            .map_err(|_| IdentityError::Corrupt("tenants.visibility"))?;
        Ok(Self {
            id: row.tenant_id.into(),
            slug: sound(Slug::parse(&row.slug))?,
            name: sound(TenantName::parse(&row.name))?,
            branding: Branding {
                primary_color: row.primary_color.as_deref().map(Color::parse).transpose().map_err(broken)?,
                secondary_color: row
                    .secondary_color
                    .as_deref()
                    .map(Color::parse)
                    .transpose()
                    .map_err(broken)?,
                logo_url: row.logo_url.as_deref().map(WebUrl::parse).transpose().map_err(broken)?,
            },
            settings: TenantSettings {
                country,
                currency: sound(Currency::parse(&row.currency))?,
                time_zone: sound(TimeZone::parse(&row.time_zone))?,
                locale: sound(Locale::parse(&row.locale))?,
                forgotten_after_days: u16::try_from(row.forgotten_after_days)
                    .map_err(|_| IdentityError::Corrupt("tenants.forgotten_after_days"))?,
            },
            tax_id: row.tax_id.map(|text| TaxId::parse(&text, country)).transpose().map_err(broken)?,
            limits: OwnLimits::restore(limits),
            visibilities,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

fn sound<T>(parsed: Result<T, Invalid>) -> Result<T, IdentityError> {
    parsed.map_err(broken)
}

fn broken(_: Invalid) -> IdentityError {
    IdentityError::Corrupt("tenants")
}
