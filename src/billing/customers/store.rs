//! Customers' owners in the database.

use std::collections::HashSet;

use diesel::prelude::*;
use uuid::Uuid;

use super::schema::customer_owners;
use crate::billing::BILLING;
use crate::crm::Customer;
use crate::platform::db::{DbError, Prepare, TenantTx};
use crate::platform::id::Id;

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = customer_owners, treat_none_as_default_value = false, treat_none_as_null = true)]
struct OwnerRow {
    tenant_id: Uuid,
    customer_id: Uuid,
    owner_id: Option<Uuid>,
    version: i32,
}

/// Notes whose a customer is, where that is news: what is known may be of before it was handed over, and so of somebody whose
/// records whoever acts does not see; or of after, when somebody else was quicker.
pub fn note(tx: &mut TenantTx<'_>, customer: &Customer) -> Result<(), DbError> {
    let tenant_id = tx.tenant().uuid();
    let row = OwnerRow {
        tenant_id,
        customer_id: customer.id.uuid(),
        owner_id: customer.owner.map(Id::uuid),
        version: customer.version,
    };
    tx.over_everything(|tx| {
        let known: Option<i32> = customer_owners::table
            .find((tenant_id, row.customer_id))
            .select(customer_owners::version)
            .first(tx.conn(BILLING)?)
            .optional()?;
        if known.is_none_or(|known| known < row.version) {
            let upsert = diesel::insert_into(customer_owners::table)
                .values(&row)
                .on_conflict((customer_owners::tenant_id, customer_owners::customer_id))
                .do_update()
                .set(&row);
            diesel::query_dsl::methods::FilterDsl::filter(upsert, customer_owners::version.lt(row.version))
                .prepared()
                .execute(tx.conn(BILLING)?)?;
        }
        Ok(())
    })
}

/// Those of `customers` that are known and seen by whoever acts.
pub fn seen(tx: &mut TenantTx<'_>, customers: &[Uuid]) -> Result<HashSet<Uuid>, DbError> {
    let seen = customer_owners::table
        .filter(customer_owners::tenant_id.eq(tx.tenant().uuid()))
        .filter(customer_owners::customer_id.eq_any(customers))
        .select(customer_owners::customer_id)
        .load(tx.conn(BILLING)?);
    Ok(seen?.into_iter().collect())
}
