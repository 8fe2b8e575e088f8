//! Whom the rows of an import belong to.

use diesel::prelude::*;
use uuid::Uuid;

use crate::leads::LEADS;
use crate::leads::contract::LeadsError;
use crate::leads::schema::{identities, leads};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::transfers::Holder;

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
