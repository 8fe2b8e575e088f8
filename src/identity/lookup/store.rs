//! Calls of the functions that look across tenants.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use crate::identity::IDENTITY;
use crate::identity::contract::IdentityError;
use crate::kernel::EmailAddress;
use crate::platform::auth::{TenantId, UserId};
use crate::platform::db::{Db, DbError, SystemTx, TenantTx};

/// Whose a secret is.
#[derive(Debug, Clone, Copy)]
pub(in crate::identity) struct Match {
    /// Their tenant.
    pub tenant: TenantId,
    /// The user.
    pub user: UserId,
    /// The session, API key or user that the secret belongs to.
    pub item: Uuid,
}

/// Somebody who may be signing in.
#[derive(Debug, Clone)]
pub(in crate::identity) struct Login {
    /// Their tenant.
    pub tenant: TenantId,
    /// The user.
    pub user: UserId,
    /// The tenant's name in addresses.
    pub slug: String,
    /// The hash of their password; empty when they sign in elsewhere.
    pub password_hash: String,
}

#[derive(QueryableByName)]
struct MatchRow {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    item: Uuid,
}

#[derive(QueryableByName)]
struct LoginRow {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = Text)]
    slug: String,
    #[diesel(sql_type = Text)]
    password_hash: String,
}

#[derive(QueryableByName)]
struct SignupRow {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = Binary)]
    fingerprint: Vec<u8>,
}

/// The active users with this address and a password, at most eight, those who came first.
pub(in crate::identity) async fn logins(
    db: &Db,
    email: &EmailAddress,
    slug: Option<String>,
) -> Result<Vec<Login>, IdentityError> {
    let email = email.normalized();
    db.system(IDENTITY, move |tx: &mut SystemTx<'_>| {
        let query = "SELECT tenant_id, user_id, slug, password_hash FROM identity.find_logins($1, $2)";
        let rows = diesel::sql_query(query)
            .bind::<Text, _>(email)
            .bind::<Nullable<Text>, _>(slug)
            .load::<LoginRow>(tx.conn())
            .map_err(DbError::from)?;
        Ok(rows.into_iter().map(Login::from).collect())
    })
    .await
}

/// The active tenant with this name in addresses.
pub(in crate::identity) async fn tenant(db: &Db, slug: String) -> Result<Option<TenantId>, IdentityError> {
    db.system(IDENTITY, move |tx: &mut SystemTx<'_>| {
        let found = diesel::select(
            diesel::dsl::sql::<Nullable<SqlUuid>>("identity.find_tenant(").bind::<Text, _>(slug).sql(")"),
        )
        .get_result::<Option<Uuid>>(tx.conn())
        .map_err(DbError::from)?;
        Ok(found.map(TenantId::from))
    })
    .await
}

/// The users who are linked to this person at an external issuer.
pub(in crate::identity) async fn external(
    db: &Db,
    issuer: String,
    subject: String,
    slug: Option<String>,
) -> Result<Vec<Login>, IdentityError> {
    db.system(IDENTITY, move |tx: &mut SystemTx<'_>| {
        let query =
            "SELECT tenant_id, user_id, slug, '' AS password_hash FROM identity.find_external($1, $2, $3)";
        let rows = diesel::sql_query(query)
            .bind::<Text, _>(issuer)
            .bind::<Text, _>(subject)
            .bind::<Nullable<Text>, _>(slug)
            .load::<LoginRow>(tx.conn())
            .map_err(DbError::from)?;
        Ok(rows.into_iter().map(Login::from).collect())
    })
    .await
}

/// The invited and active users with this address who are linked to nobody at the issuer.
pub(in crate::identity) async fn unlinked(
    db: &Db,
    issuer: String,
    email: &EmailAddress,
    slug: Option<String>,
) -> Result<Vec<Login>, IdentityError> {
    let email = email.normalized();
    db.system(IDENTITY, move |tx: &mut SystemTx<'_>| {
        let query =
            "SELECT tenant_id, user_id, slug, '' AS password_hash FROM identity.find_unlinked($1, $2, $3)";
        let rows = diesel::sql_query(query)
            .bind::<Text, _>(issuer)
            .bind::<Text, _>(email)
            .bind::<Nullable<Text>, _>(slug)
            .load::<LoginRow>(tx.conn())
            .map_err(DbError::from)?;
        Ok(rows.into_iter().map(Login::from).collect())
    })
    .await
}

/// Whose refresh token has this hash; the item is the session.
pub(in crate::identity) async fn refresh_token(
    db: &Db,
    hash: Vec<u8>,
) -> Result<Option<Match>, IdentityError> {
    by_hash(db, "SELECT tenant_id, user_id, item_id AS item FROM identity.find_refresh_token($1)", hash).await
}

/// Whose API key has this hash; the item is the key.
pub(in crate::identity) async fn api_key(db: &Db, hash: Vec<u8>) -> Result<Option<Match>, IdentityError> {
    by_hash(db, "SELECT tenant_id, user_id, item_id AS item FROM identity.find_api_key($1)", hash).await
}

/// Whose invitation has this hash; the item is the user.
pub(in crate::identity) async fn invitation(db: &Db, hash: Vec<u8>) -> Result<Option<Match>, IdentityError> {
    by_hash(db, "SELECT tenant_id, user_id, item_id AS item FROM identity.find_invitation($1)", hash).await
}

/// Whose password reset has this hash; the item is the user.
pub(in crate::identity) async fn password_reset(
    db: &Db,
    hash: Vec<u8>,
) -> Result<Option<Match>, IdentityError> {
    let query = "SELECT tenant_id, user_id, item_id AS item FROM identity.find_password_reset($1)";
    by_hash(db, query, hash).await
}

/// Whose sign-up an idempotency key stands for.
pub(in crate::identity) enum SignupClaim {
    /// This transaction's.
    New,
    /// An earlier one, with the same request.
    Earlier(TenantId, UserId),
}

/// Takes the idempotency key with this hash for the sign-up of the transaction's tenant.
pub(in crate::identity) fn claim_signup(
    tx: &mut TenantTx<'_>,
    key_hash: &[u8],
    fingerprint: &[u8],
    user: UserId,
) -> Result<SignupClaim, IdentityError> {
    let (tenant, now): (TenantId, DateTime<Utc>) = (tx.tenant(), tx.now());
    let claimed = diesel::sql_query(
        "SELECT tenant_id, user_id, fingerprint FROM identity.claim_signup($1, $2, $3, $4)",
    )
    .bind::<Binary, _>(key_hash)
    .bind::<Binary, _>(fingerprint)
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<Timestamptz, _>(now)
    .get_result::<SignupRow>(tx.conn(IDENTITY)?)
    .map_err(DbError::from);
    match claimed {
        Ok(row) if row.tenant_id == tenant.uuid() => Ok(SignupClaim::New),
        Ok(row) if row.fingerprint == fingerprint => {
            Ok(SignupClaim::Earlier(row.tenant_id.into(), row.user_id.into()))
        }
        Ok(_) => Err(IdentityError::SignupKeyReused),
        Err(DbError::TimedOut(_)) => Err(IdentityError::SignupRunning),
        Err(error) => Err(error.into()),
    }
}

async fn by_hash(db: &Db, query: &'static str, hash: Vec<u8>) -> Result<Option<Match>, IdentityError> {
    db.system(IDENTITY, move |tx: &mut SystemTx<'_>| {
        let row = diesel::sql_query(query)
            .bind::<Binary, _>(hash)
            .get_result::<MatchRow>(tx.conn())
            .optional()
            .map_err(DbError::from)?;
        Ok(row.map(|row| Match { tenant: row.tenant_id.into(), user: row.user_id.into(), item: row.item }))
    })
    .await
}

impl From<LoginRow> for Login {
    fn from(row: LoginRow) -> Self {
        Self {
            tenant: row.tenant_id.into(),
            user: row.user_id.into(),
            slug: row.slug,
            password_hash: row.password_hash,
        }
    }
}
