//! By what leads are like others, and which are.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, SmallInt, Text, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{LEADS, Row};
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::domain::LikenessKind;
use crate::leads::schema::{leads, likenesses, note_likenesses};
use crate::platform::db::{DbError, TenantTx};

/// A lead at a key that it shares with others; also a place in the list of all of them.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Serialize, Deserialize)]
pub struct Shared {
    /// The kind's number.
    pub kind: i16,
    /// The key.
    pub key: String,
    /// The lead.
    pub lead: Uuid,
}

/// Replaces what the lead is like, and tells the leads that are like it.
pub fn save_likenesses(
    tx: &mut TenantTx<'_>,
    lead: LeadId,
    keys: &[(LikenessKind, String)],
) -> Result<(), LeadsError> {
    let tenant = tx.tenant().uuid();
    let kinds: Vec<i16> = keys.iter().map(|(kind, _)| kind.number()).collect();
    let keys: Vec<&str> = keys.iter().map(|(_, key)| key.as_str()).collect();
    diesel::select(note_likenesses(tenant, lead.uuid(), kinds, keys))
        .get_result::<bool>(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Up to `at_most` leads at shared keys behind `place`, by key. Converted ones are left out: they are nobody's duplicates, and
/// would stand between two that are each other's.
pub fn shared(
    tx: &mut TenantTx<'_>,
    place: Option<&Shared>,
    at_most: i64,
) -> Result<Vec<Shared>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let is_open = sql::<Bool>(
        "EXISTS (SELECT FROM leads.leads AS l WHERE l.tenant_id = likenesses.tenant_id
                 AND l.id = likenesses.lead_id AND l.status <> 'converted')",
    );
    let mut query = likenesses::table
        .filter(likenesses::tenant_id.eq(tenant))
        .filter(likenesses::is_shared)
        .filter(is_open)
        .order((likenesses::kind, likenesses::key, likenesses::lead_id))
        .limit(at_most)
        .select((likenesses::kind, likenesses::key, likenesses::lead_id))
        .into_boxed();
    if let Some(place) = place {
        let behind = sql::<Bool>("(kind, key, lead_id) > (")
            .bind::<SmallInt, _>(place.kind)
            .sql(", ")
            .bind::<Text, _>(place.key.clone())
            .sql(", ")
            .bind::<SqlUuid, _>(place.lead)
            .sql(")");
        query = query.filter(behind);
    }
    Ok(query.load(tx.conn(LEADS)?).map_err(DbError::from)?)
}

/// Everything that each of `leads` is like.
pub fn likenesses_of(tx: &mut TenantTx<'_>, of: &[Uuid]) -> Result<Vec<Shared>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let rows = likenesses::table
        .filter(likenesses::tenant_id.eq(tenant))
        .filter(likenesses::lead_id.eq_any(of))
        .select((likenesses::kind, likenesses::key, likenesses::lead_id))
        .load(tx.conn(LEADS)?);
    Ok(rows.map_err(DbError::from)?)
}

/// The leads of these identifiers, in no order.
pub fn rows_of(tx: &mut TenantTx<'_>, of: &[Uuid]) -> Result<Vec<Row>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let rows = leads::table.filter(leads::tenant_id.eq(tenant)).filter(leads::id.eq_any(of));
    Ok(rows.select(Row::as_select()).load(tx.conn(LEADS)?).map_err(DbError::from)?)
}
