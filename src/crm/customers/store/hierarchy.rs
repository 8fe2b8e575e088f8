//! Accounts above and below a customer, whoever sees which of them: they must not make a circle.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text, Uuid as SqlUuid};
use uuid::Uuid;

use crate::crm::CRM;
use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::customers::domain::LEVELS_AT_MOST;
use crate::crm::schema::customers;
use crate::platform::db::{DbError, TenantTx};

#[derive(QueryableByName)]
struct Account {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct Height {
    #[diesel(sql_type = BigInt)]
    height: i64,
}

/// Lets one transaction at a time move accounts of the tenant: two that each look right may make a circle together.
/// Taken before any customer is locked.
pub fn lock_hierarchy(tx: &mut TenantTx<'_>) -> Result<(), CrmError> {
    let key = format!("crm.hierarchy {}", tx.tenant());
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind::<Text, _>(key)
        .execute(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// The customer and all above it, the nearest first; empty when there is no such customer.
pub fn above(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<Vec<Uuid>, CrmError> {
    let tenant = tx.tenant().uuid();
    let query = diesel::sql_query(
        "WITH RECURSIVE up AS (
             SELECT id, parent_id, 1 AS level FROM crm.customers WHERE tenant_id = $1 AND id = $2
             UNION ALL
             SELECT c.id, c.parent_id, up.level + 1 FROM up JOIN crm.customers c ON c.tenant_id = $1 AND c.id = up.parent_id
             WHERE up.level <= $3)
         SELECT id FROM up ORDER BY level",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<SqlUuid, _>(id.uuid())
    .bind::<Integer, _>(most());
    let found: Vec<Account> =
        tx.over_everything(|tx| Ok::<_, CrmError>(query.load(tx.conn(CRM)?).map_err(DbError::from)?))?;
    Ok(found.into_iter().map(|account| account.id).collect())
}

/// How many levels the customer and those below it make.
pub fn height(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<usize, CrmError> {
    let tenant = tx.tenant().uuid();
    let query = diesel::sql_query(
        "WITH RECURSIVE down AS (
             SELECT id, 1 AS level FROM crm.customers WHERE tenant_id = $1 AND id = $2
             UNION ALL
             SELECT c.id, down.level + 1 FROM down JOIN crm.customers c ON c.tenant_id = $1 AND c.parent_id = down.id
             WHERE down.level <= $3)
         SELECT coalesce(max(level), 0)::bigint AS height FROM down",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<SqlUuid, _>(id.uuid())
    .bind::<Integer, _>(most());
    let found: Height =
        tx.over_everything(|tx| Ok::<_, CrmError>(query.get_result(tx.conn(CRM)?).map_err(DbError::from)?))?;
    Ok(usize::try_from(found.height).unwrap_or(usize::MAX))
}

/// How many accounts below it that are not in the archive the actor sees, and whether there are others.
pub fn children(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<(i64, bool), CrmError> {
    let tenant = tx.tenant().uuid();
    let below = move |tx: &mut TenantTx<'_>| {
        let below = customers::table
            .filter(customers::tenant_id.eq(tenant).and(customers::parent_id.eq(id.uuid())))
            .filter(customers::archived_at.is_null());
        below.count().get_result::<i64>(tx.conn(CRM)?).map_err(DbError::from)
    };
    let (seen, all) = (below(tx)?, tx.over_everything(below)?);
    Ok((seen, all > seen))
}

fn most() -> i32 {
    i32::try_from(LEVELS_AT_MOST).unwrap_or(i32::MAX)
}

/// Whether the customer is in the archive.
pub fn is_archived(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<bool, CrmError> {
    let tenant = tx.tenant().uuid();
    let archived = customers::table.find((tenant, id.uuid())).filter(customers::archived_at.is_not_null());
    let found = diesel::select(diesel::dsl::exists(archived));
    tx.over_everything(|tx| Ok(found.get_result(tx.conn(CRM)?).map_err(DbError::from)?))
}
