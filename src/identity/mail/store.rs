//! Rows of letters.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::domain::LetterKind;
use crate::identity::IDENTITY;
use crate::identity::contract::IdentityError;
use crate::identity::schema::mails;
use crate::platform::auth::TenantId;
use crate::platform::db::{DbError, SystemTx, TenantTx};

const WAITING: &str = "waiting";

/// How long letters are remembered once they are over.
const KEPT_FOR: TimeDelta = TimeDelta::days(30);

/// A letter as it is stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = mails)]
pub(super) struct Row {
    /// To whom and what, under its seal.
    pub content: Option<Vec<u8>>,
    /// Tries so far.
    pub attempts: i32,
    /// From then on it is of no use.
    pub expires_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct DueRow {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Stores a new letter, and forgets those of the tenant that are long over.
pub(super) fn insert(
    tx: &mut TenantTx<'_>,
    id: Uuid,
    kind: LetterKind,
    content: &[u8],
    expires_at: DateTime<Utc>,
) -> Result<(), IdentityError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let over = mails::table.filter(mails::tenant_id.eq(tenant)).filter(mails::finished_at.lt(now - KEPT_FOR));
    diesel::delete(over).execute(tx.conn(IDENTITY)?).map_err(DbError::from)?;
    let values = (
        mails::tenant_id.eq(tenant),
        mails::id.eq(id),
        mails::kind.eq(kind.as_str()),
        mails::content.eq(content),
        mails::status.eq(WAITING),
        mails::attempts.eq(0),
        mails::next_at.eq(now),
        mails::expires_at.eq(expires_at),
        mails::created_at.eq(now),
    );
    diesel::insert_into(mails::table).values(values).execute(tx.conn(IDENTITY)?).map_err(DbError::from)?;
    Ok(())
}

/// How many letters of a kind the tenant wrote since `moment`.
pub(super) fn written_since(
    tx: &mut TenantTx<'_>,
    kind: LetterKind,
    moment: DateTime<Utc>,
) -> Result<i64, IdentityError> {
    let tenant = tx.tenant().uuid();
    let count = mails::table
        .filter(mails::tenant_id.eq(tenant))
        .filter(mails::kind.eq(kind.as_str()))
        .filter(mails::created_at.gt(moment))
        .count()
        .get_result(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(count)
}

/// Up to `most` letters to send now, of any tenant.
pub(super) fn due(tx: &mut SystemTx<'_>, most: i64) -> Result<Vec<(TenantId, Uuid)>, IdentityError> {
    let now = tx.now();
    let rows = diesel::sql_query("SELECT tenant_id, id FROM identity.mails_due($1, $2)")
        .bind::<Timestamptz, _>(now)
        .bind::<BigInt, _>(most)
        .load::<DueRow>(tx.conn())
        .map_err(DbError::from)?;
    Ok(rows.into_iter().map(|row| (row.tenant_id.into(), row.id)).collect())
}

/// Takes a letter that is due for at most `time`, which counts a try; none when it is not there for us.
pub(super) fn claim(tx: &mut TenantTx<'_>, id: Uuid, time: TimeDelta) -> Result<Option<Row>, IdentityError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let taken = diesel::update(mails::table.find((tenant, id)))
        .filter(mails::status.eq(WAITING))
        .filter(mails::next_at.le(now))
        .set((mails::attempts.eq(mails::attempts + 1), mails::next_at.eq(now + time)))
        .returning(Row::as_returning())
        .get_result(tx.conn(IDENTITY)?);
    Ok(taken.optional().map_err(DbError::from)?)
}

/// A letter that waits.
pub(super) fn find(tx: &mut TenantTx<'_>, id: Uuid) -> Result<Option<Row>, IdentityError> {
    let tenant = tx.tenant().uuid();
    let row = mails::table
        .find((tenant, id))
        .filter(mails::status.eq(WAITING))
        .select(Row::as_select())
        .first(tx.conn(IDENTITY)?)
        .optional()
        .map_err(DbError::from)?;
    Ok(row)
}

/// Notes that a letter left, or why it never will; its content is forgotten.
pub(super) fn finish(tx: &mut TenantTx<'_>, id: Uuid, error: Option<&str>) -> Result<(), IdentityError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let status = if error.is_some() { "failed" } else { "sent" };
    diesel::update(mails::table.find((tenant, id)))
        .set((
            mails::status.eq(status),
            mails::content.eq(None::<Vec<u8>>),
            mails::last_error.eq(error),
            mails::finished_at.eq(now),
        ))
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Has a letter tried again at `next_at`.
pub(super) fn put_off(
    tx: &mut TenantTx<'_>,
    id: Uuid,
    next_at: DateTime<Utc>,
    error: &str,
) -> Result<(), IdentityError> {
    let tenant = tx.tenant().uuid();
    diesel::update(mails::table.find((tenant, id)))
        .filter(mails::status.eq(WAITING))
        .set((mails::next_at.eq(next_at), mails::last_error.eq(error)))
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(())
}
