//! Rows of API keys.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::domain::{ApiKey, KeyName, Scopes};
use crate::identity::IDENTITY;
use crate::identity::contract::IdentityError;
use crate::identity::schema::api_keys;
use crate::platform::auth::{SessionId, UserId};
use crate::platform::db::{DbError, TenantTx};

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_keys)]
struct Row {
    id: Uuid,
    user_id: Uuid,
    name: String,
    prefix: String,
    scopes: Vec<String>,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
}

/// A key to be stored: all of it but its secret.
pub(super) struct NewKey {
    /// The key.
    pub id: SessionId,
    /// Who makes it.
    pub user: UserId,
    /// What it is for.
    pub name: KeyName,
    /// The part that people see.
    pub prefix: String,
    /// The hash of the whole key.
    pub hash: Vec<u8>,
    /// What it may do.
    pub scopes: Scopes,
    /// Until when it is good.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Stores a new key.
pub(super) fn insert(tx: &mut TenantTx<'_>, key: &NewKey) -> Result<(), IdentityError> {
    let values = (
        api_keys::tenant_id.eq(tx.tenant().uuid()),
        api_keys::id.eq(key.id.uuid()),
        api_keys::user_id.eq(key.user.uuid()),
        api_keys::name.eq(key.name.as_str()),
        api_keys::prefix.eq(&key.prefix),
        api_keys::key_hash.eq(&key.hash),
        api_keys::scopes.eq(key.scopes.list()),
        api_keys::created_at.eq(tx.now()),
        api_keys::expires_at.eq(key.expires_at),
    );
    diesel::insert_into(api_keys::table).values(values).execute(tx.conn(IDENTITY)?).map_err(DbError::from)?;
    Ok(())
}

/// The key with this id.
pub(in crate::identity) fn find(tx: &mut TenantTx<'_>, id: SessionId) -> Result<ApiKey, IdentityError> {
    let rows = api_keys::table.select(Row::as_select()).filter(api_keys::id.eq(id.uuid()));
    found(rows.first(tx.conn(IDENTITY)?))
}

/// The key with this id, locked until the transaction ends.
pub(super) fn find_locked(tx: &mut TenantTx<'_>, id: SessionId) -> Result<ApiKey, IdentityError> {
    let rows =
        api_keys::table.select(Row::as_select()).filter(api_keys::id.eq(id.uuid())).for_no_key_update();
    found(rows.first(tx.conn(IDENTITY)?))
}

/// A page of keys, the newest first.
pub(super) fn list(
    tx: &mut TenantTx<'_>,
    after: Option<SessionId>,
    rows: i64,
) -> Result<Vec<ApiKey>, IdentityError> {
    let mut query =
        api_keys::table.select(Row::as_select()).order(api_keys::id.desc()).limit(rows).into_boxed();
    if let Some(after) = after {
        query = query.filter(api_keys::id.lt(after.uuid()));
    }
    let rows: Vec<Row> = query.load(tx.conn(IDENTITY)?).map_err(DbError::from)?;
    Ok(rows.into_iter().map(ApiKey::from).collect())
}

/// Marks a key as revoked now.
pub(super) fn revoke(tx: &mut TenantTx<'_>, id: SessionId) -> Result<(), IdentityError> {
    let now = tx.now();
    diesel::update(api_keys::table.filter(api_keys::id.eq(id.uuid())))
        .set(api_keys::revoked_at.eq(now))
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Notes that a key is used now.
pub(in crate::identity) fn note_use(tx: &mut TenantTx<'_>, id: SessionId) -> Result<(), IdentityError> {
    let now = tx.now();
    diesel::update(api_keys::table.filter(api_keys::id.eq(id.uuid())))
        .set(api_keys::last_used_at.eq(now))
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(())
}

impl From<Row> for ApiKey {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.into(),
            user: row.user_id.into(),
            name: row.name,
            prefix: row.prefix,
            scopes: row.scopes,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            last_used_at: row.last_used_at,
        }
    }
}

fn found(row: QueryResult<Row>) -> Result<ApiKey, IdentityError> {
    match row.map_err(DbError::from) {
        Ok(row) => Ok(row.into()),
        Err(DbError::NoRow) => Err(IdentityError::ApiKeyNotFound),
        Err(error) => Err(error.into()),
    }
}
