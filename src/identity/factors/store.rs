//! Rows of second factors and recovery codes.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::identity::IDENTITY;
use crate::identity::contract::IdentityError;
use crate::identity::schema::{recovery_codes, second_factors};
use crate::platform::auth::UserId;
use crate::platform::db::{DbError, TenantTx};

/// A second factor as it is stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = second_factors)]
pub(super) struct Row {
    /// The seed under its seal.
    pub seed: Vec<u8>,
    /// Since when it is asked for.
    pub confirmed_at: Option<DateTime<Utc>>,
}

/// The second factor of `user`, confirmed or not.
pub(super) fn find(tx: &mut TenantTx<'_>, user: UserId) -> Result<Option<Row>, IdentityError> {
    let tenant = tx.tenant().uuid();
    let row = second_factors::table
        .find((tenant, user.uuid()))
        .select(Row::as_select())
        .first(tx.conn(IDENTITY)?)
        .optional()
        .map_err(DbError::from)?;
    Ok(row)
}

/// Stores a new second factor in the place of one that was never confirmed; false when there is a confirmed one.
pub(super) fn put(tx: &mut TenantTx<'_>, user: UserId, seed: &[u8]) -> Result<bool, IdentityError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let values = (
        second_factors::tenant_id.eq(tenant),
        second_factors::user_id.eq(user.uuid()),
        second_factors::seed.eq(seed),
        second_factors::last_step.eq(0),
        second_factors::created_at.eq(now),
    );
    let put = diesel::insert_into(second_factors::table)
        .values(values)
        .on_conflict((second_factors::tenant_id, second_factors::user_id))
        .do_update()
        .set((second_factors::seed.eq(seed), second_factors::created_at.eq(now)));
    let stored = diesel::query_dsl::methods::FilterDsl::filter(put, second_factors::confirmed_at.is_null())
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(stored == 1)
}

/// Spends a time step and those before it; false when it was spent.
pub(super) fn spend_step(tx: &mut TenantTx<'_>, user: UserId, step: i64) -> Result<bool, IdentityError> {
    let tenant = tx.tenant().uuid();
    let spent = diesel::update(second_factors::table.find((tenant, user.uuid())))
        .filter(second_factors::last_step.lt(step))
        .set(second_factors::last_step.eq(step))
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(spent == 1)
}

/// Notes that a second factor is asked for from now on; false when it was already.
pub(super) fn confirm(tx: &mut TenantTx<'_>, user: UserId) -> Result<bool, IdentityError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let confirmed = diesel::update(second_factors::table.find((tenant, user.uuid())))
        .filter(second_factors::confirmed_at.is_null())
        .set(second_factors::confirmed_at.eq(now))
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(confirmed == 1)
}

/// Forgets a second factor and its recovery codes; false when there was none.
pub(super) fn delete(tx: &mut TenantTx<'_>, user: UserId) -> Result<bool, IdentityError> {
    let tenant = tx.tenant().uuid();
    let deleted = diesel::delete(second_factors::table.find((tenant, user.uuid())))
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(deleted == 1)
}

/// Stores recovery codes by their hashes, in the place of all there were.
pub(super) fn replace_codes(
    tx: &mut TenantTx<'_>,
    user: UserId,
    hashes: &[Vec<u8>],
) -> Result<(), IdentityError> {
    let tenant = tx.tenant().uuid();
    let all = recovery_codes::table
        .filter(recovery_codes::tenant_id.eq(tenant))
        .filter(recovery_codes::user_id.eq(user.uuid()));
    diesel::delete(all).execute(tx.conn(IDENTITY)?).map_err(DbError::from)?;
    let rows: Vec<_> = hashes
        .iter()
        .map(|hash| {
            (
                recovery_codes::tenant_id.eq(tenant),
                recovery_codes::user_id.eq(user.uuid()),
                recovery_codes::code_hash.eq(hash),
            )
        })
        .collect();
    diesel::insert_into(recovery_codes::table)
        .values(rows)
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Spends the recovery code with this hash; false when there is none, or it was spent.
pub(super) fn spend_code(tx: &mut TenantTx<'_>, user: UserId, hash: &[u8]) -> Result<bool, IdentityError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let spent = diesel::update(recovery_codes::table.find((tenant, user.uuid(), hash)))
        .filter(recovery_codes::used_at.is_null())
        .set(recovery_codes::used_at.eq(now))
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(spent == 1)
}

/// How many recovery codes are left.
pub(super) fn codes_left(tx: &mut TenantTx<'_>, user: UserId) -> Result<i64, IdentityError> {
    let tenant = tx.tenant().uuid();
    let left = recovery_codes::table
        .filter(recovery_codes::tenant_id.eq(tenant))
        .filter(recovery_codes::user_id.eq(user.uuid()))
        .filter(recovery_codes::used_at.is_null())
        .count()
        .get_result(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(left)
}
