//! Rows of password resets, and calls of the functions for those who are not known yet.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Text, Timestamptz};

use crate::identity::IDENTITY;
use crate::identity::contract::IdentityError;
use crate::identity::schema::password_resets;
use crate::kernel::EmailAddress;
use crate::platform::auth::UserId;
use crate::platform::db::{Db, DbError, SystemTx, TenantTx};

#[derive(QueryableByName)]
struct RequestRow {
    #[diesel(sql_type = Text)]
    email_key: String,
}

/// Notes that somebody says they forgot the password of this address, whether it is anybody's or not.
pub(super) async fn request(db: &Db, email: &EmailAddress) -> Result<(), IdentityError> {
    let email = email.normalized();
    db.system(IDENTITY, move |tx: &mut SystemTx<'_>| {
        let now = tx.now();
        diesel::sql_query("SELECT identity.request_password_reset($1, $2)")
            .bind::<Text, _>(email)
            .bind::<Timestamptz, _>(now)
            .execute(tx.conn())
            .map_err(DbError::from)?;
        Ok(())
    })
    .await
}

/// Addresses whose request was not looked at yet.
pub(super) async fn requests(db: &Db) -> Result<Vec<String>, IdentityError> {
    db.system(IDENTITY, |tx: &mut SystemTx<'_>| {
        let rows = diesel::sql_query("SELECT email_key FROM identity.open_reset_requests()")
            .load::<RequestRow>(tx.conn())
            .map_err(DbError::from)?;
        Ok(rows.into_iter().map(|row| row.email_key).collect())
    })
    .await
}

/// Notes that a request was looked at.
pub(super) async fn close_request(db: &Db, email: String) -> Result<(), IdentityError> {
    db.system(IDENTITY, move |tx: &mut SystemTx<'_>| {
        let now = tx.now();
        diesel::sql_query("SELECT identity.close_reset_request($1, $2)")
            .bind::<Text, _>(email)
            .bind::<Timestamptz, _>(now)
            .execute(tx.conn())
            .map_err(DbError::from)?;
        Ok(())
    })
    .await
}

/// Stores a reset by the hash of its token, and forgets those of the user that are over.
pub(super) fn insert(
    tx: &mut TenantTx<'_>,
    user: UserId,
    hash: &[u8],
    expires_at: DateTime<Utc>,
) -> Result<(), IdentityError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let over = password_resets::table
        .filter(password_resets::tenant_id.eq(tenant))
        .filter(password_resets::user_id.eq(user.uuid()))
        .filter(password_resets::expires_at.lt(now - chrono::TimeDelta::days(1)));
    diesel::delete(over).execute(tx.conn(IDENTITY)?).map_err(DbError::from)?;
    let values = (
        password_resets::tenant_id.eq(tenant),
        password_resets::token_hash.eq(hash),
        password_resets::user_id.eq(user.uuid()),
        password_resets::expires_at.eq(expires_at),
    );
    diesel::insert_into(password_resets::table)
        .values(values)
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Spends the reset whose token has this hash; whose it was, or none when it is spent, over or unknown.
pub(super) fn spend(tx: &mut TenantTx<'_>, hash: &[u8]) -> Result<Option<UserId>, IdentityError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let user = diesel::update(password_resets::table.find((tenant, hash)))
        .filter(password_resets::used_at.is_null())
        .filter(password_resets::expires_at.gt(now))
        .set(password_resets::used_at.eq(now))
        .returning(password_resets::user_id)
        .get_result::<uuid::Uuid>(tx.conn(IDENTITY)?)
        .optional()
        .map_err(DbError::from)?;
    Ok(user.map(UserId::from))
}

/// Makes every reset of a user that is still open worth nothing.
pub(super) fn spend_all_of(tx: &mut TenantTx<'_>, user: UserId) -> Result<(), IdentityError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let open = password_resets::table
        .filter(password_resets::tenant_id.eq(tenant))
        .filter(password_resets::user_id.eq(user.uuid()))
        .filter(password_resets::used_at.is_null());
    diesel::update(open)
        .set(password_resets::used_at.eq(now))
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(())
}
