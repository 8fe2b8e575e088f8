//! Documents in the database.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Integer, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::domain::{Subject, Version};
use super::schema::documents;
use crate::billing::BILLING;
use crate::billing::contract::{SalesError, Thing};
use crate::platform::auth::TenantId;
use crate::platform::db::{DbError, Prepare, SystemTx, TenantTx};
use crate::platform::id::Id;

/// A document as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = documents, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct DocumentRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub quotation_id: Option<Uuid>,
    pub revision: i32,
    pub stage: String,
    pub language: String,
    pub attempts: i32,
    pub leased_until: Option<DateTime<Utc>>,
    pub sha256: Option<Vec<u8>>,
    pub bytes: Option<i32>,
    pub content: Option<Vec<u8>>,
    pub file_key: Option<String>,
    pub created_at: DateTime<Utc>,
    pub made_at: Option<DateTime<Utc>>,
    pub invoice_id: Option<Uuid>,
    pub credit_note_id: Option<Uuid>,
}

impl DocumentRow {
    /// What it shows.
    pub fn subject(&self) -> Result<Subject, SalesError> {
        let subject = self.quotation_id.map(Subject::Quotation);
        let subject = subject.or(self.invoice_id.map(Subject::Invoice));
        let subject = subject.or(self.credit_note_id.map(Subject::CreditNote));
        subject.ok_or_else(|| SalesError::Db(DbError::Failed("a document of nothing".to_owned())))
    }
}

/// Writes a document that nobody asked for before; of several who ask at once one writes it.
pub fn insert(tx: &mut TenantTx<'_>, row: &DocumentRow) -> Result<(), SalesError> {
    diesel::insert_into(documents::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Writes a changed document back.
pub fn save(tx: &mut TenantTx<'_>, row: &DocumentRow) -> Result<(), SalesError> {
    diesel::update(documents::table.find((row.tenant_id, row.id)))
        .set(row)
        .prepared()
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// The document of a version, if anybody asked for it.
pub fn of_version(tx: &mut TenantTx<'_>, version: &Version) -> Result<Option<DocumentRow>, SalesError> {
    let rows = documents::table
        .filter(documents::tenant_id.eq(tx.tenant().uuid()))
        .filter(documents::revision.eq(version.revision))
        .filter(documents::stage.eq(version.stage))
        .filter(documents::language.eq(version.locale.as_str()))
        .select(DocumentRow::as_select())
        .into_boxed();
    let row = match version.subject {
        Subject::Quotation(id) => rows.filter(documents::quotation_id.eq(id)),
        Subject::Invoice(id) => rows.filter(documents::invoice_id.eq(id)),
        Subject::CreditNote(id) => rows.filter(documents::credit_note_id.eq(id)),
    };
    Ok(row.first(tx.conn(BILLING)?).optional().map_err(DbError::from)?)
}

/// The hash of the file that a version was sent as, the first that was made.
pub fn sent_hash(
    tx: &mut TenantTx<'_>,
    quotation: Uuid,
    revision: i32,
) -> Result<Option<Vec<u8>>, SalesError> {
    let hash = documents::table
        .filter(documents::tenant_id.eq(tx.tenant().uuid()))
        .filter(documents::quotation_id.eq(quotation))
        .filter(documents::revision.eq(revision))
        .filter(documents::stage.eq("sent"))
        .filter(documents::sha256.is_not_null())
        .order((documents::made_at, documents::id))
        .select(documents::sha256);
    let found: Option<Option<Vec<u8>>> = hash.first(tx.conn(BILLING)?).optional().map_err(DbError::from)?;
    Ok(found.flatten())
}

/// The document, locked until the transaction ends.
pub fn lock(tx: &mut TenantTx<'_>, id: Uuid) -> Result<DocumentRow, SalesError> {
    let row =
        documents::table.find((tx.tenant().uuid(), id)).for_no_key_update().select(DocumentRow::as_select());
    let row = row.first(tx.conn(BILLING)?).optional().map_err(DbError::from)?;
    row.ok_or(SalesError::NotFound(Thing::Quotation))
}

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Documents that are not in the store of files yet and that nobody works on.
pub fn to_make(tx: &mut SystemTx<'_>, most_attempts: i32) -> Result<Vec<(TenantId, Uuid)>, SalesError> {
    let now = tx.now();
    let rows: Vec<Waiting> = diesel::sql_query("SELECT tenant_id, id FROM billing.documents_to_make($1, $2)")
        .bind::<Timestamptz, _>(now)
        .bind::<Integer, _>(most_attempts)
        .load(tx.conn())
        .map_err(DbError::from)?;
    Ok(rows.into_iter().map(|row| (Id::from(row.tenant_id), row.id)).collect())
}
