//! Imports at work: who has one, how far it is, and whom its rows belong to.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::{Holder, ImportRow, LEASE, columns};
use crate::kernel::Message;
use crate::leads::LEADS;
use crate::leads::contract::LeadsError;
use crate::leads::imports::domain::{ImportId, ImportStatus, Tally};
use crate::leads::schema::{identities, import_chunks, import_reasons, import_refused, imports, leads};
use crate::platform::auth::TenantId;
use crate::platform::db::{DbError, SystemTx, TenantTx};
use crate::platform::id::Id;
use crate::platform::sheets::decode::Position;

/// Imports that nobody works on, the oldest of each tenant.
pub fn waiting(tx: &mut SystemTx<'_>) -> Result<Vec<(TenantId, ImportId)>, LeadsError> {
    #[derive(QueryableByName)]
    struct Waiting {
        #[diesel(sql_type = SqlUuid)]
        tenant_id: Uuid,
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    let now = tx.now();
    let rows = diesel::sql_query("SELECT tenant_id, id FROM leads.imports_to_run($1)")
        .bind::<Timestamptz, _>(now)
        .load::<Waiting>(tx.conn())
        .map_err(DbError::from)?;
    Ok(rows.into_iter().map(|row| (Id::from(row.tenant_id), Id::from(row.id))).collect())
}

/// Locks the import for `worker` until the transaction ends; none when it is not theirs to go on with.
pub fn hold(tx: &mut TenantTx<'_>, id: ImportId, worker: Uuid) -> Result<Option<ImportRow>, LeadsError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let row = imports::table
        .find((tenant, id.uuid()))
        .for_update()
        .skip_locked()
        .select(ImportRow::as_select())
        .first::<ImportRow>(tx.conn(LEADS)?)
        .optional()
        .map_err(DbError::from)?;
    Ok(row.filter(|row| row.is_free_for(worker, now)))
}

/// Takes the held import up for `worker`, and counts that.
pub fn take_up(tx: &mut TenantTx<'_>, id: ImportId, worker: Uuid) -> Result<(), LeadsError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    diesel::update(imports::table.find((tenant, id.uuid())))
        .set((
            imports::status.eq(ImportStatus::Running.as_str()),
            imports::attempts.eq(imports::attempts + 1),
            imports::lease_owner.eq(worker),
            imports::leased_until.eq(now + LEASE),
        ))
        .execute(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Forgets what was counted, to begin at `position` again.
pub fn begin_again(tx: &mut TenantTx<'_>, id: ImportId, position: Position) -> Result<(), LeadsError> {
    let (tenant, (offset, number)) = (tx.tenant().uuid(), columns(position));
    diesel::update(imports::table.find((tenant, id.uuid())))
        .set((
            imports::created.eq(0),
            imports::updated.eq(0),
            imports::skipped.eq(0),
            imports::refused.eq(0),
            imports::next_offset.eq(offset),
            imports::next_number.eq(number),
        ))
        .execute(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    let reasons = import_reasons::table
        .filter(import_reasons::tenant_id.eq(tenant))
        .filter(import_reasons::import_id.eq(id.uuid()));
    diesel::delete(reasons).execute(tx.conn(LEADS)?).map_err(DbError::from)?;
    let refused = import_refused::table
        .filter(import_refused::tenant_id.eq(tenant))
        .filter(import_refused::import_id.eq(id.uuid()));
    diesel::delete(refused).execute(tx.conn(LEADS)?).map_err(DbError::from)?;
    Ok(())
}

/// Adds the counts of a batch of the held import, puts the place behind it and keeps the lease; answers the sums.
pub fn advance(
    tx: &mut TenantTx<'_>,
    id: ImportId,
    tally: Tally,
    position: Position,
) -> Result<ImportRow, LeadsError> {
    let (tenant, now, (offset, number)) = (tx.tenant().uuid(), tx.now(), columns(position));
    let row = diesel::update(imports::table.find((tenant, id.uuid())))
        .set((
            imports::created.eq(imports::created + tally.created),
            imports::updated.eq(imports::updated + tally.updated),
            imports::skipped.eq(imports::skipped + tally.skipped),
            imports::refused.eq(imports::refused + tally.refused),
            imports::next_offset.eq(offset),
            imports::next_number.eq(number),
            imports::attempts.eq(0),
            imports::leased_until.eq(now + LEASE),
        ))
        .returning(ImportRow::as_returning())
        .get_result(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(row)
}

/// Ends the import and lets go of its file; `failure` says why when it did not come to its end.
pub fn close(tx: &mut TenantTx<'_>, id: ImportId, failure: Option<&Message>) -> Result<(), LeadsError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let status = if failure.is_some() { ImportStatus::Failed } else { ImportStatus::Completed };
    let failure = failure.map(|message| serde_json::to_value(message).unwrap_or_default());
    diesel::update(imports::table.find((tenant, id.uuid())))
        .set((
            imports::status.eq(status.as_str()),
            imports::failure.eq(failure),
            imports::completed_at.eq(now),
            imports::lease_owner.eq(None::<Uuid>),
            imports::leased_until.eq(None::<DateTime<Utc>>),
        ))
        .execute(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    let chunks = import_chunks::table
        .filter(import_chunks::tenant_id.eq(tenant))
        .filter(import_chunks::import_id.eq(id.uuid()));
    diesel::delete(chunks).execute(tx.conn(LEADS)?).map_err(DbError::from)?;
    Ok(())
}

/// Gives the import back: nobody has it until `until`.
pub fn release(
    tx: &mut TenantTx<'_>,
    id: ImportId,
    worker: Uuid,
    until: Option<DateTime<Utc>>,
) -> Result<(), LeadsError> {
    let tenant = tx.tenant().uuid();
    diesel::update(imports::table.find((tenant, id.uuid())))
        .filter(imports::lease_owner.eq(worker))
        .set((imports::lease_owner.eq(None::<Uuid>), imports::leased_until.eq(until)))
        .execute(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// The leads that have any of `values`, and which import brought each.
pub fn holders(tx: &mut TenantTx<'_>, values: &[String]) -> Result<Vec<Holder>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let same_lead = identities::tenant_id.eq(leads::tenant_id).and(identities::lead_id.eq(leads::id));
    let rows = identities::table
        .inner_join(leads::table.on(same_lead))
        .filter(identities::tenant_id.eq(tenant))
        .filter(identities::kind.eq_any(["email", "phone"]))
        .filter(identities::value.eq_any(values))
        .select((identities::kind, identities::value, identities::lead_id, leads::import_id))
        .load(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(rows)
}
