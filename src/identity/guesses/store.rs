//! Calls of the functions that count guesses.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool, Integer, Nullable, Timestamptz};

use super::{account, at_place};
use crate::identity::IDENTITY;
use crate::identity::contract::IdentityError;
use crate::identity::sessions::domain::Device;
use crate::kernel::EmailAddress;
use crate::platform::db::{DbError, SystemTx, TenantTx};

/// What was counted.
pub(super) struct Counted {
    /// The account, or the account at its place.
    pub counted: Vec<u8>,
    /// Seconds until a guess is taken; none when this one is.
    pub wait: Option<u64>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Binary)]
    counted: Vec<u8>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    wait_until: Option<DateTime<Utc>>,
}

/// Counts a guess at `account`, or at it at its place where that is familiar; the first `free` in a row cost nothing.
pub(super) fn count(
    tx: &mut SystemTx<'_>,
    account: &[u8],
    at_place: Option<&[u8]>,
    free: i32,
) -> Result<Counted, IdentityError> {
    let now = tx.now();
    let row = diesel::sql_query("SELECT counted, wait_until FROM identity.count_guess($1, $2, $3, $4)")
        .bind::<Binary, _>(account)
        .bind::<Nullable<Binary>, _>(at_place)
        .bind::<Integer, _>(free)
        .bind::<Timestamptz, _>(now)
        .get_result::<Row>(tx.conn())
        .map_err(DbError::from)?;
    let seconds =
        |until: DateTime<Utc>| u64::try_from((until - now).num_milliseconds()).unwrap_or(0) / 1000 + 1;
    Ok(Counted { counted: row.counted, wait: row.wait_until.map(seconds) })
}

/// Forgives the guesses before one that was right, or takes one back.
pub(super) fn settle(tx: &mut TenantTx<'_>, counted: &[u8], was_right: bool) -> Result<(), IdentityError> {
    call(tx, Some(counted), was_right, None)
}

/// From where `device` is, guesses at this account are counted apart from now on.
pub(in crate::identity) fn make_familiar(
    tx: &mut TenantTx<'_>,
    email: &EmailAddress,
    device: &Device,
) -> Result<(), IdentityError> {
    call(tx, None, false, Some(&at_place(email, device)))
}

/// Forgives all guesses at an account, whose owner proved themselves in another way.
pub(in crate::identity) fn clear(tx: &mut TenantTx<'_>, email: &EmailAddress) -> Result<(), IdentityError> {
    call(tx, Some(&account(email)), true, None)
}

fn call(
    tx: &mut TenantTx<'_>,
    counted: Option<&[u8]>,
    was_right: bool,
    familiar: Option<&[u8]>,
) -> Result<(), IdentityError> {
    let now = tx.now();
    diesel::sql_query("SELECT identity.settle_guess($1, $2, $3, $4)")
        .bind::<Nullable<Binary>, _>(counted)
        .bind::<Bool, _>(was_right)
        .bind::<Nullable<Binary>, _>(familiar)
        .bind::<Timestamptz, _>(now)
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(())
}
