//! Forms in the database: what they ask, their consent texts, and their results.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use diesel::upsert::excluded;
use serde_json::Value;
use uuid::Uuid;

use super::domain::{AskedField, Counted};
use crate::leads::LEADS;
use crate::leads::contract::LeadsError;
use crate::leads::schema::{form_consents, form_results, forms};
use crate::platform::auth::TenantId;
use crate::platform::db::{DbError, Prepare, SystemTx, TenantTx};
use crate::platform::id::Id;

/// A row of `leads.forms`.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = forms, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct FormRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub version: i32,
    pub name: String,
    pub form_key: String,
    pub language: String,
    pub asked: Value,
    pub origins: Vec<String>,
    pub consent_number: Option<i32>,
    pub consent_is_required: bool,
    pub thanks_url: Option<String>,
    pub thanks_text: Option<String>,
    pub source: String,
    pub tags: Vec<String>,
    pub on_duplicate: String,
    pub owner_id: Option<Uuid>,
    pub is_active: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub archived_at: Option<DateTime<Utc>>,
}

impl FormRow {
    /// What it asks for.
    pub fn asked(&self) -> Vec<AskedField> {
        serde_json::from_value(self.asked.clone()).unwrap_or_default()
    }
}

/// A row of `leads.form_consents`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = form_consents)]
pub struct ConsentRow {
    pub tenant_id: Uuid,
    pub form_id: Uuid,
    pub number: i32,
    pub text: String,
    pub created_at: DateTime<Utc>,
}

/// A row of `leads.form_results`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = form_results)]
pub struct ResultRow {
    pub tenant_id: Uuid,
    pub form_id: Uuid,
    pub day: NaiveDate,
    pub created: i32,
    pub duplicates: i32,
    pub refused: i32,
    pub spam: i32,
}

#[derive(QueryableByName)]
struct Owner {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    form_id: Uuid,
}

/// Whose form has this key; none when nobody's has, or it was archived.
pub fn find_by_key(tx: &mut SystemTx<'_>, key: &str) -> Result<Option<(TenantId, Uuid)>, LeadsError> {
    let owner = diesel::sql_query("SELECT tenant_id, form_id FROM leads.find_form($1)")
        .bind::<Text, _>(key)
        .get_result::<Owner>(tx.conn())
        .optional()
        .map_err(DbError::from)?;
    Ok(owner.map(|owner| (Id::from(owner.tenant_id), owner.form_id)))
}

/// Every form that is not archived, the oldest first.
pub fn forms(tx: &mut TenantTx<'_>) -> Result<Vec<FormRow>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let rows = forms::table
        .filter(forms::tenant_id.eq(tenant))
        .filter(forms::archived_at.is_null())
        .order(forms::id)
        .select(FormRow::as_select())
        .load(tx.conn(LEADS)?);
    Ok(rows.map_err(DbError::from)?)
}

/// One form that is not archived.
pub fn form(tx: &mut TenantTx<'_>, id: Uuid) -> Result<FormRow, LeadsError> {
    let tenant = tx.tenant().uuid();
    let row = forms::table.find((tenant, id)).filter(forms::archived_at.is_null());
    let row = row.select(FormRow::as_select()).first(tx.conn(LEADS)?).optional();
    row.map_err(DbError::from)?.ok_or(LeadsError::FormNotFound)
}

/// One form that is not archived, locked until the transaction ends.
pub fn lock_form(tx: &mut TenantTx<'_>, id: Uuid) -> Result<FormRow, LeadsError> {
    let tenant = tx.tenant().uuid();
    let row = forms::table.find((tenant, id)).filter(forms::archived_at.is_null());
    let row = row.for_no_key_update().select(FormRow::as_select()).first(tx.conn(LEADS)?).optional();
    row.map_err(DbError::from)?.ok_or(LeadsError::FormNotFound)
}

/// Writes a new form or a changed one.
pub fn save_form(tx: &mut TenantTx<'_>, row: &FormRow) -> Result<(), LeadsError> {
    diesel::insert_into(forms::table)
        .values(row)
        .on_conflict((forms::tenant_id, forms::id))
        .do_update()
        .set(row)
        .prepared()
        .execute(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// A consent text of the form, in force or not any more.
pub fn consent(tx: &mut TenantTx<'_>, form: Uuid, number: i32) -> Result<Option<ConsentRow>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let row = form_consents::table.find((tenant, form, number)).select(ConsentRow::as_select());
    Ok(row.first(tx.conn(LEADS)?).optional().map_err(DbError::from)?)
}

/// The number of the form's newest consent text; none when it never had one.
pub fn last_consent(tx: &mut TenantTx<'_>, form: Uuid) -> Result<Option<i32>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let numbers = form_consents::table
        .filter(form_consents::tenant_id.eq(tenant))
        .filter(form_consents::form_id.eq(form))
        .select(max(form_consents::number));
    Ok(numbers.get_result(tx.conn(LEADS)?).map_err(DbError::from)?)
}

/// The consent texts in force, of forms that are not archived.
pub fn consents_in_force(tx: &mut TenantTx<'_>) -> Result<Vec<ConsentRow>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let of_form = forms::tenant_id.eq(form_consents::tenant_id).and(forms::id.eq(form_consents::form_id));
    let in_force = forms::consent_number.eq(form_consents::number.nullable());
    let rows = form_consents::table
        .inner_join(forms::table.on(of_form.and(in_force)))
        .filter(form_consents::tenant_id.eq(tenant))
        .filter(forms::archived_at.is_null())
        .select(ConsentRow::as_select())
        .load(tx.conn(LEADS)?);
    Ok(rows.map_err(DbError::from)?)
}

/// Writes a new consent text.
pub fn insert_consent(tx: &mut TenantTx<'_>, row: &ConsentRow) -> Result<(), LeadsError> {
    diesel::insert_into(form_consents::table).values(row).execute(tx.conn(LEADS)?).map_err(DbError::from)?;
    Ok(())
}

/// Counts what became of an answer. Answers to one form wait here for each other, so this comes last.
pub fn count(tx: &mut TenantTx<'_>, form: Uuid, what: Counted) -> Result<(), LeadsError> {
    let one_if = |counted| i32::from(what == counted);
    let row = ResultRow {
        tenant_id: tx.tenant().uuid(),
        form_id: form,
        day: tx.now().date_naive(),
        created: one_if(Counted::Created),
        duplicates: one_if(Counted::Duplicate),
        refused: one_if(Counted::Refused),
        spam: one_if(Counted::Spam),
    };
    diesel::insert_into(form_results::table)
        .values(&row)
        .on_conflict((form_results::tenant_id, form_results::form_id, form_results::day))
        .do_update()
        .set((
            form_results::created.eq(form_results::created + excluded(form_results::created)),
            form_results::duplicates.eq(form_results::duplicates + excluded(form_results::duplicates)),
            form_results::refused.eq(form_results::refused + excluded(form_results::refused)),
            form_results::spam.eq(form_results::spam + excluded(form_results::spam)),
        ))
        .execute(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// The results of the days from `from` to `to`, both among them, that have any; the oldest first.
pub fn results(
    tx: &mut TenantTx<'_>,
    form: Uuid,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<ResultRow>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let rows = form_results::table
        .filter(form_results::tenant_id.eq(tenant))
        .filter(form_results::form_id.eq(form))
        .filter(form_results::day.between(from, to))
        .order(form_results::day)
        .select(ResultRow::as_select())
        .load(tx.conn(LEADS)?);
    Ok(rows.map_err(DbError::from)?)
}
