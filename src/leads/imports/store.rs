//! Whom the rows of an import belong to, and what its leads went into.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use crate::leads::LEADS;
use crate::leads::contract::LeadsError;
use crate::leads::schema::{identities, leads};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::transfers::{Holder, Merged, Sought};

#[derive(QueryableByName)]
struct Gone {
    #[diesel(sql_type = SqlUuid)]
    record_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    into_id: Uuid,
}

/// The leads that have any of `values`, and which import brought each.
pub fn holders(tx: &mut TenantTx<'_>, values: &[String]) -> Result<Vec<Holder>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let same_lead = identities::tenant_id.eq(leads::tenant_id).and(identities::lead_id.eq(leads::id));
    let rows: Vec<(String, String, Uuid, Option<Uuid>)> = identities::table
        .inner_join(leads::table.on(same_lead))
        .filter(identities::tenant_id.eq(tenant))
        .filter(identities::kind.eq_any(["email", "phone"]))
        .filter(identities::value.eq_any(values))
        .select((identities::kind, identities::value, identities::lead_id, leads::import_id))
        .load(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    let holder = |(kind, value, record, import)| Holder { kind, value, record, import };
    Ok(rows.into_iter().map(holder).collect())
}

/// Those of the leads sought that went into others by merges since `since` that can be undone, by identifier.
pub fn merged(
    tx: &mut TenantTx<'_>,
    sought: Sought<'_>,
    since: DateTime<Utc>,
) -> Result<Vec<Merged>, LeadsError> {
    let (which, limit) = match sought {
        Sought::Brought { .. } => ("m.other_import_id = $3 AND m.other_id > $4", "LIMIT $5"),
        Sought::Among(_) => ("m.other_id = ANY ($3)", ""),
    };
    // What a lead went into may have gone into another one; the last of them must be there.
    let query = diesel::sql_query(format!(
        "WITH RECURSIVE way AS (
             SELECT m.other_id AS record_id, m.lead_id AS into_id FROM leads.merges m
             WHERE m.tenant_id = $1 AND m.undone_at IS NULL AND m.merged_at >= $2 AND {which}
             UNION
             SELECT w.record_id, m.lead_id FROM way w JOIN leads.merges m ON m.other_id = w.into_id
             WHERE m.tenant_id = $1 AND m.undone_at IS NULL AND m.merged_at >= $2
         )
         SELECT w.record_id, w.into_id FROM way w JOIN leads.leads l ON l.id = w.into_id
         WHERE l.tenant_id = $1 ORDER BY w.record_id {limit}"
    ))
    .bind::<SqlUuid, _>(tx.tenant().uuid())
    .bind::<Timestamptz, _>(since);
    let connection = tx.conn(LEADS)?;
    let gone = match sought {
        Sought::Brought { import, behind, at_most } => query
            .bind::<SqlUuid, _>(import.uuid())
            .bind::<SqlUuid, _>(behind)
            .bind::<BigInt, _>(at_most)
            .load::<Gone>(connection),
        Sought::Among(ids) => query.bind::<Array<SqlUuid>, _>(ids).load::<Gone>(connection),
    }
    .map_err(DbError::from)?;
    Ok(gone.into_iter().map(|gone| Merged { record: gone.record_id, into: gone.into_id }).collect())
}
