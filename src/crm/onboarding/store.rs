//! Templates and checklists in the database.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::domain::TemplateStep;
use crate::crm::CRM;
use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::schema::{onboarding_steps, onboarding_templates, onboardings};
use crate::platform::db::{DbError, Prepare, RawJson, TenantTx};

/// A row of `crm.onboarding_templates`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = onboarding_templates, treat_none_as_null = true)]
pub struct TemplateRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub version: i32,
    pub name: String,
    pub steps: RawJson,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl TemplateRow {
    /// Its steps, in order.
    pub fn steps(&self) -> Vec<TemplateStep> {
        self.steps.read().unwrap_or_default()
    }
}

/// A row of `crm.onboardings`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = onboardings, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct OnboardingRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub customer_id: Uuid,
    pub template_id: Uuid,
    pub name: String,
    pub started_at: DateTime<Utc>,
    pub completed_at: Option<DateTime<Utc>>,
}

/// A row of `crm.onboarding_steps`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = onboarding_steps, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct StepRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub onboarding_id: Uuid,
    pub number: i32,
    pub title: String,
    pub description: Option<String>,
    pub due_at: Option<DateTime<Utc>>,
    pub done_at: Option<DateTime<Utc>>,
    pub done_by: Option<Uuid>,
}

/// All templates of the tenant, by name; there are at most 50.
pub fn templates(tx: &mut TenantTx<'_>) -> Result<Vec<TemplateRow>, CrmError> {
    let tenant = tx.tenant().uuid();
    let rows = onboarding_templates::table
        .filter(onboarding_templates::tenant_id.eq(tenant))
        .order(onboarding_templates::name)
        .select(TemplateRow::as_select())
        .load(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(rows)
}

/// One template.
pub fn find_template(tx: &mut TenantTx<'_>, id: Uuid) -> Result<Option<TemplateRow>, CrmError> {
    let tenant = tx.tenant().uuid();
    let row = onboarding_templates::table.find((tenant, id)).select(TemplateRow::as_select());
    Ok(row.first(tx.conn(CRM)?).optional().map_err(DbError::from)?)
}

/// One template, locked until the transaction ends.
pub fn lock_template(tx: &mut TenantTx<'_>, id: Uuid) -> Result<TemplateRow, CrmError> {
    let tenant = tx.tenant().uuid();
    let row =
        onboarding_templates::table.find((tenant, id)).for_no_key_update().select(TemplateRow::as_select());
    let row = row.first(tx.conn(CRM)?).optional().map_err(DbError::from)?;
    row.ok_or(CrmError::TemplateNotFound)
}

/// Writes a new template or a changed one.
pub fn save_template(tx: &mut TenantTx<'_>, row: &TemplateRow) -> Result<(), CrmError> {
    diesel::insert_into(onboarding_templates::table)
        .values(row)
        .on_conflict((onboarding_templates::tenant_id, onboarding_templates::id))
        .do_update()
        .set(row)
        .prepared()
        .execute(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Takes a template away.
pub fn delete_template(tx: &mut TenantTx<'_>, id: Uuid) -> Result<(), CrmError> {
    let tenant = tx.tenant().uuid();
    diesel::delete(onboarding_templates::table.find((tenant, id)))
        .execute(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Writes a new checklist with its steps; nothing when one of its template is open.
pub fn insert(tx: &mut TenantTx<'_>, row: &OnboardingRow, steps: &[StepRow]) -> Result<bool, CrmError> {
    let written = diesel::insert_into(onboardings::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    if written == 0 {
        return Ok(false);
    }
    diesel::insert_into(onboarding_steps::table)
        .values(steps)
        .execute(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(true)
}

/// Writes a changed checklist back.
pub fn save(tx: &mut TenantTx<'_>, row: &OnboardingRow) -> Result<(), CrmError> {
    diesel::update(onboardings::table.find((row.tenant_id, row.id)))
        .set(row)
        .prepared()
        .execute(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Writes a changed step back.
pub fn save_step(tx: &mut TenantTx<'_>, row: &StepRow) -> Result<(), CrmError> {
    diesel::update(onboarding_steps::table.find((row.tenant_id, row.id)))
        .set(row)
        .prepared()
        .execute(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// The checklists of the customer, the newest first, at most 100.
pub fn of_customer(tx: &mut TenantTx<'_>, customer: CustomerId) -> Result<Vec<OnboardingRow>, CrmError> {
    let tenant = tx.tenant().uuid();
    let rows = onboardings::table
        .filter(onboardings::tenant_id.eq(tenant).and(onboardings::customer_id.eq(customer.uuid())))
        .order(onboardings::id.desc())
        .limit(100)
        .select(OnboardingRow::as_select())
        .load(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(rows)
}

/// One checklist of the customer.
pub fn find(tx: &mut TenantTx<'_>, customer: CustomerId, id: Uuid) -> Result<OnboardingRow, CrmError> {
    let tenant = tx.tenant().uuid();
    onboardings::table
        .find((tenant, id))
        .filter(onboardings::customer_id.eq(customer.uuid()))
        .select(OnboardingRow::as_select())
        .first(tx.conn(CRM)?)
        .optional()
        .map_err(DbError::from)?
        .ok_or(CrmError::OnboardingNotFound)
}

/// The steps of checklists, by checklist and number.
pub fn steps(tx: &mut TenantTx<'_>, of: &[Uuid]) -> Result<Vec<StepRow>, CrmError> {
    let tenant = tx.tenant().uuid();
    let rows = onboarding_steps::table
        .filter(onboarding_steps::tenant_id.eq(tenant).and(onboarding_steps::onboarding_id.eq_any(of)))
        .order((onboarding_steps::onboarding_id, onboarding_steps::number))
        .select(StepRow::as_select())
        .load(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(rows)
}
