//! Whom the rows of an import belong to.

use diesel::prelude::*;
use diesel::sql_types::{Array, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;

use crate::crm::CRM;
use crate::crm::contract::CrmError;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::transfers::Holder;

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    value: String,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    import_id: Option<Uuid>,
}

/// The customers that have any of these tax identifiers (country and number), and which import brought each.
pub fn of_tax_ids(
    tx: &mut TenantTx<'_>,
    countries: &[String],
    numbers: &[String],
) -> Result<Vec<Holder>, CrmError> {
    let tenant = tx.tenant().uuid();
    let found: Vec<Found> = diesel::sql_query(
        "SELECT t.country || ' ' || t.number AS value, c.id, c.import_id
         FROM unnest($2, $3) AS w (country, number)
         JOIN crm.tax_ids t ON t.tenant_id = $1 AND t.country = w.country AND t.number = w.number
         JOIN crm.customers c ON c.tenant_id = $1 AND c.id = t.customer_id",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<Array<Text>, _>(countries)
    .bind::<Array<Text>, _>(numbers)
    .load(tx.conn(CRM)?)
    .map_err(DbError::from)?;
    Ok(found.into_iter().map(|row| holder("tax_id", row)).collect())
}

/// The customers that have any of these e-mail addresses and are not archived, the oldest of each address last.
pub fn of_emails(tx: &mut TenantTx<'_>, emails: &[String]) -> Result<Vec<Holder>, CrmError> {
    let tenant = tx.tenant().uuid();
    let found: Vec<Found> = diesel::sql_query(
        "SELECT email_key AS value, id, import_id FROM crm.customers
         WHERE tenant_id = $1 AND email_key = ANY ($2) AND archived_at IS NULL ORDER BY created_at DESC, id DESC",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<Array<Text>, _>(emails)
    .load(tx.conn(CRM)?)
    .map_err(DbError::from)?;
    Ok(found.into_iter().map(|row| holder("email", row)).collect())
}

fn holder(kind: &str, row: Found) -> Holder {
    Holder { kind: kind.to_owned(), value: row.value, record: row.id, import: row.import_id }
}
