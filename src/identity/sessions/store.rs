//! Rows of sessions and refresh tokens, and what a bearer's rights rest on.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::domain::{Device, SPENT_ARE_KEPT, Session, SessionRecord};
use crate::identity::IDENTITY;
use crate::identity::contract::{IdentityError, Visibilities};
use crate::identity::schema::{refresh_tokens, sessions, tenants, users};
use crate::identity::teams;
use crate::identity::users::domain::Roles;
use crate::kernel::Country;
use crate::platform::auth::{SessionId, Sight, UserId};
use crate::platform::db::{DbError, Prepare, TenantTx};

/// Stores a new session, and forgets those of the same user that are long over.
pub(super) fn insert(tx: &mut TenantTx<'_>, session: &Session, device: &Device) -> Result<(), IdentityError> {
    let now = tx.now();
    let over = sessions::table
        .filter(sessions::user_id.eq(session.user.uuid()))
        .filter(sessions::expires_at.lt(now));
    diesel::delete(over).execute(tx.conn(IDENTITY)?).map_err(DbError::from)?;
    let values = (
        sessions::tenant_id.eq(tx.tenant().uuid()),
        sessions::id.eq(session.id.uuid()),
        sessions::user_id.eq(session.user.uuid()),
        sessions::started_at.eq(now),
        sessions::expires_at.eq(session.expires_at),
        sessions::user_agent.eq(device.user_agent.as_deref()),
        sessions::ip.eq(device.ip.as_deref()),
        sessions::last_used_at.eq(now),
    );
    diesel::insert_into(sessions::table).values(values).execute(tx.conn(IDENTITY)?).map_err(DbError::from)?;
    Ok(())
}

/// The session with this id, locked until the transaction ends: its tokens are spent one at a time.
pub(super) fn find_locked(tx: &mut TenantTx<'_>, id: SessionId) -> Result<Option<Session>, IdentityError> {
    let row = sessions::table
        .select((sessions::id, sessions::user_id, sessions::expires_at, sessions::ended_at))
        .filter(sessions::id.eq(id.uuid()))
        .for_no_key_update()
        .first::<(Uuid, Uuid, DateTime<Utc>, Option<DateTime<Utc>>)>(tx.conn(IDENTITY)?)
        .optional()
        .map_err(DbError::from)?;
    Ok(row.map(|(id, user, expires_at, ended_at)| Session {
        id: id.into(),
        user: user.into(),
        expires_at,
        ended_at,
    }))
}

/// Whether there is a session with this id.
pub(super) fn is_there(tx: &mut TenantTx<'_>, id: SessionId) -> Result<bool, IdentityError> {
    let found = diesel::select(diesel::dsl::exists(sessions::table.filter(sessions::id.eq(id.uuid()))));
    Ok(found.get_result(tx.conn(IDENTITY)?).map_err(DbError::from)?)
}

/// Marks a session as ended now.
pub(super) fn end(tx: &mut TenantTx<'_>, id: SessionId) -> Result<(), IdentityError> {
    let now = tx.now();
    diesel::update(sessions::table.filter(sessions::id.eq(id.uuid())))
        .set(sessions::ended_at.eq(now))
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// The running sessions of a user behind `after`, those that began last first.
pub(super) fn list(
    tx: &mut TenantTx<'_>,
    user: UserId,
    after: Option<SessionId>,
    rows: i64,
) -> Result<Vec<SessionRecord>, IdentityError> {
    type Row = (Uuid, Option<String>, Option<String>, DateTime<Utc>, DateTime<Utc>, DateTime<Utc>);
    let mut query = sessions::table
        .select((
            sessions::id,
            sessions::user_agent,
            sessions::ip,
            sessions::started_at,
            sessions::last_used_at,
            sessions::expires_at,
        ))
        .filter(sessions::user_id.eq(user.uuid()))
        .filter(sessions::expires_at.gt(tx.now()))
        .filter(sessions::ended_at.is_null())
        .order(sessions::id.desc())
        .limit(rows)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(sessions::id.lt(after.uuid()));
    }
    let rows: Vec<Row> = query.load(tx.conn(IDENTITY)?).map_err(DbError::from)?;
    let record = |(id, user_agent, ip, started_at, last_used_at, expires_at): Row| SessionRecord {
        id: id.into(),
        user_agent,
        ip,
        started_at,
        last_used_at,
        expires_at,
    };
    Ok(rows.into_iter().map(record).collect())
}

/// Notes that a session is used now.
pub(super) fn note_use(tx: &mut TenantTx<'_>, id: SessionId) -> Result<(), IdentityError> {
    let now = tx.now();
    diesel::update(sessions::table.filter(sessions::id.eq(id.uuid())))
        .set(sessions::last_used_at.eq(now))
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Marks all running sessions of a user but `kept` as ended now; answers which.
pub(super) fn end_all_of(
    tx: &mut TenantTx<'_>,
    user: UserId,
    kept: Option<SessionId>,
) -> Result<Vec<SessionId>, IdentityError> {
    let now = tx.now();
    let kept = kept.map_or(Uuid::nil(), SessionId::uuid);
    let running = sessions::table
        .filter(sessions::user_id.eq(user.uuid()))
        .filter(sessions::id.ne(kept))
        .filter(sessions::expires_at.gt(now))
        .filter(sessions::ended_at.is_null());
    let ended: Vec<Uuid> = diesel::update(running)
        .set(sessions::ended_at.eq(now))
        .returning(sessions::id)
        .get_results(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(ended.into_iter().map(SessionId::from).collect())
}

/// Stores a session's next refresh token by its hash.
pub(super) fn insert_token(
    tx: &mut TenantTx<'_>,
    session: &Session,
    hash: &[u8],
) -> Result<(), IdentityError> {
    let values = (
        refresh_tokens::tenant_id.eq(tx.tenant().uuid()),
        refresh_tokens::session_id.eq(session.id.uuid()),
        refresh_tokens::token_hash.eq(hash),
        refresh_tokens::expires_at.eq(session.token_expiry(tx.now())),
    );
    diesel::insert_into(refresh_tokens::table)
        .values(values)
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// What is stored of a refresh token; whether its successor is spent is not told here.
pub(super) struct StoredToken {
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
    /// When it was spent, and the salt of its successor.
    pub spent: Option<(DateTime<Utc>, Vec<u8>)>,
}

/// The refresh token of a session with this hash.
pub(super) fn find_token(
    tx: &mut TenantTx<'_>,
    session: SessionId,
    hash: &[u8],
) -> Result<Option<StoredToken>, IdentityError> {
    let row = refresh_tokens::table
        .select((refresh_tokens::expires_at, refresh_tokens::spent_at, refresh_tokens::successor_salt))
        .filter(refresh_tokens::session_id.eq(session.uuid()))
        .filter(refresh_tokens::token_hash.eq(hash))
        .first::<(DateTime<Utc>, Option<DateTime<Utc>>, Option<Vec<u8>>)>(tx.conn(IDENTITY)?)
        .optional()
        .map_err(DbError::from)?;
    Ok(row.map(|(expires_at, spent_at, salt)| StoredToken { expires_at, spent: spent_at.zip(salt) }))
}

/// Marks a refresh token as spent now, and forgets the family's oldest.
pub(super) fn spend_token(
    tx: &mut TenantTx<'_>,
    session: SessionId,
    hash: &[u8],
    salt: &[u8],
) -> Result<(), IdentityError> {
    let now = tx.now();
    let family = refresh_tokens::table.filter(refresh_tokens::session_id.eq(session.uuid()));
    diesel::update(family.filter(refresh_tokens::token_hash.eq(hash)))
        .set((refresh_tokens::spent_at.eq(now), refresh_tokens::successor_salt.eq(salt)))
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    diesel::delete(family.filter(refresh_tokens::spent_at.lt(now - SPENT_ARE_KEPT)))
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// What a bearer's rights rest on, besides their token.
pub(super) struct Standing {
    /// Their roles.
    pub roles: Roles,
    /// Whose records they see.
    pub sight: Sight,
    /// The country of their tenant.
    pub country: Country,
    /// The tenant's own limits.
    pub limits: Vec<(String, u32)>,
}

type StandingRow = (Vec<String>, String, Value, Value);

/// A session that still runs.
pub(super) struct Running {
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// When its last use was noted.
    pub last_used_at: DateTime<Utc>,
}

/// The standing of the user of a session that still runs; none when the session, the user or the tenant is not good any
/// more.
pub(super) fn standing_of_session(
    tx: &mut TenantTx<'_>,
    session: SessionId,
    user: UserId,
) -> Result<Option<(Standing, Running)>, IdentityError> {
    let row = sessions::table
        .inner_join(
            users::table.on(users::tenant_id.eq(sessions::tenant_id).and(users::id.eq(sessions::user_id))),
        )
        .inner_join(tenants::table.on(tenants::tenant_id.eq(sessions::tenant_id)))
        .filter(sessions::id.eq(session.uuid()))
        .filter(sessions::user_id.eq(user.uuid()))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(tx.now()))
        .filter(users::status.eq("active"))
        .filter(tenants::status.eq("active"))
        .select((
            (users::roles, tenants::country, tenants::limits, tenants::visibility),
            (sessions::expires_at, sessions::last_used_at),
        ))
        .prepared()
        .get_result::<(StandingRow, (DateTime<Utc>, DateTime<Utc>))>(tx.conn(IDENTITY)?)
        .optional()
        .map_err(DbError::from)?;
    row.map(|(standing, (expires_at, last_used_at))| {
        Ok((standing_of(tx, user, standing)?, Running { expires_at, last_used_at }))
    })
    .transpose()
}

/// The standing of a user; none when the user or the tenant is not active.
pub(super) fn standing_of_user(
    tx: &mut TenantTx<'_>,
    user: UserId,
) -> Result<Option<Standing>, IdentityError> {
    let row = users::table
        .inner_join(tenants::table.on(tenants::tenant_id.eq(users::tenant_id)))
        .filter(users::id.eq(user.uuid()))
        .filter(users::status.eq("active"))
        .filter(tenants::status.eq("active"))
        .select((users::roles, tenants::country, tenants::limits, tenants::visibility))
        .first::<StandingRow>(tx.conn(IDENTITY)?)
        .optional()
        .map_err(DbError::from)?;
    row.map(|row| standing_of(tx, user, row)).transpose()
}

fn standing_of(
    tx: &mut TenantTx<'_>,
    user: UserId,
    (roles, country, limits, visibility): StandingRow,
) -> Result<Standing, IdentityError> {
    let limits: std::collections::BTreeMap<String, u32> =
        serde_json::from_value(limits).map_err(|_| IdentityError::Corrupt("tenants.limits"))?;
    let visibilities: Visibilities =
        serde_json::from_value(visibility).map_err(|_| IdentityError::Corrupt("tenants.visibility"))?;
    let roles = Roles::stored(&roles)?;
    Ok(Standing {
        sight: teams::service::sight(tx, user, &roles, &visibilities)?,
        roles,
        country: Country::parse(&country).map_err(|_| IdentityError::Corrupt("tenants.country"))?,
        limits: limits.into_iter().collect(),
    })
}
