//! Rows of users.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::domain::{NewUser, Roles, User};
use crate::identity::IDENTITY;
use crate::identity::contract::{IdentityError, Person, Role, UserStatus};
use crate::identity::schema::{external_identities, users};
use crate::kernel::EmailAddress;
use crate::platform::auth::UserId;
use crate::platform::db::{DbError, TenantTx};

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
struct Row {
    id: Uuid,
    email: String,
    name: String,
    roles: Vec<String>,
    status: String,
    invitation_expires_at: Option<DateTime<Utc>>,
    joined_at: Option<DateTime<Utc>>,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// Which users a list shows.
#[derive(Debug, Default)]
pub(in crate::identity) struct Filter {
    /// Only those with this status.
    pub status: Option<UserStatus>,
    /// Only those with this role.
    pub role: Option<Role>,
}

/// Where a page of users begins, which way it goes and how many rows it reads.
#[derive(Debug)]
pub(in crate::identity) struct Window {
    /// The last user of the page before.
    pub after: Option<UserId>,
    /// Whether those who came last are shown first.
    pub order: Order,
    /// Rows to read.
    pub rows: i64,
}

/// The order of a list of users, by when they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::identity) enum Order {
    /// First come, first shown.
    OldestFirst,
    /// Last come, first shown.
    NewestFirst,
}

/// The user with this id.
pub(in crate::identity) fn find(tx: &mut TenantTx<'_>, id: UserId) -> Result<User, IdentityError> {
    let rows = users::table.select(Row::as_select()).filter(users::id.eq(id.uuid()));
    found(rows.first(tx.conn(IDENTITY)?))
}

/// The user with this id, locked until the transaction ends.
pub(in crate::identity) fn find_locked(tx: &mut TenantTx<'_>, id: UserId) -> Result<User, IdentityError> {
    let rows = users::table.select(Row::as_select()).filter(users::id.eq(id.uuid())).for_no_key_update();
    found(rows.first(tx.conn(IDENTITY)?))
}

/// The user whose invitation has this hash, locked until the transaction ends.
pub(in crate::identity) fn find_invited(tx: &mut TenantTx<'_>, hash: &[u8]) -> Result<User, IdentityError> {
    let rows =
        users::table.select(Row::as_select()).filter(users::invitation_hash.eq(hash)).for_no_key_update();
    found(rows.first(tx.conn(IDENTITY)?))
}

/// A page of users.
pub(in crate::identity) fn list(
    tx: &mut TenantTx<'_>,
    filter: &Filter,
    window: &Window,
) -> Result<Vec<User>, IdentityError> {
    let mut query = users::table.select(Row::as_select()).limit(window.rows).into_boxed();
    if let Some(status) = filter.status {
        query = query.filter(users::status.eq(status.as_str()));
    }
    if let Some(role) = filter.role {
        query = query.filter(users::roles.contains(vec![role.as_str()]));
    }
    // Ids are made in the order of time, so they are the order by creation, and unique.
    query = match (window.order, window.after) {
        (Order::OldestFirst, Some(after)) => query.filter(users::id.gt(after.uuid())).order(users::id.asc()),
        (Order::OldestFirst, None) => query.order(users::id.asc()),
        (Order::NewestFirst, Some(after)) => query.filter(users::id.lt(after.uuid())).order(users::id.desc()),
        (Order::NewestFirst, None) => query.order(users::id.desc()),
    };
    let rows: Vec<Row> = query.load(tx.conn(IDENTITY)?).map_err(DbError::from)?;
    rows.into_iter().map(User::try_from).collect()
}

/// How many active owners the tenant has.
pub(in crate::identity) fn active_owners(tx: &mut TenantTx<'_>) -> Result<i64, IdentityError> {
    let count = users::table
        .filter(users::status.eq(UserStatus::Active.as_str()))
        .filter(users::roles.contains(vec![Role::Owner.as_str()]))
        .count()
        .get_result(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(count)
}

/// How a new user gets in.
pub(in crate::identity) enum Entry<'a> {
    /// They sign the company up, with the hash of their password.
    Founder {
        /// The hash of their password.
        password_hash: &'a str,
    },
    /// They are asked to join.
    Invited {
        /// The hash of the invitation's token.
        invitation_hash: &'a [u8],
        /// Until when it is good.
        expires_at: DateTime<Utc>,
    },
}

/// Stores a new user; refused when the address is taken.
pub(in crate::identity) fn insert(
    tx: &mut TenantTx<'_>,
    id: UserId,
    user: &NewUser,
    entry: &Entry<'_>,
) -> Result<(), IdentityError> {
    let now = tx.now();
    let (status, password_hash, invitation, joined_at) = match entry {
        Entry::Founder { password_hash } => (UserStatus::Active, Some(*password_hash), None, Some(now)),
        Entry::Invited { invitation_hash, expires_at } => {
            (UserStatus::Invited, None, Some((*invitation_hash, *expires_at)), None)
        }
    };
    let values = (
        users::tenant_id.eq(tx.tenant().uuid()),
        users::id.eq(id.uuid()),
        users::email.eq(user.email.as_str()),
        users::email_key.eq(user.email.normalized()),
        users::name.eq(user.name.as_str()),
        users::roles.eq(names(&user.roles)),
        users::status.eq(status.as_str()),
        users::password_hash.eq(password_hash),
        users::invitation_hash.eq(invitation.map(|(hash, _)| hash)),
        users::invitation_expires_at.eq(invitation.map(|(_, expires_at)| expires_at)),
        users::joined_at.eq(joined_at),
        users::version.eq(1),
        users::created_at.eq(now),
        users::updated_at.eq(now),
    );
    let inserted = diesel::insert_into(users::table)
        .values(values)
        .on_conflict((users::tenant_id, users::email_key))
        .do_nothing()
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    match inserted {
        1 => Ok(()),
        _ => Err(IdentityError::EmailTaken(id_of_email(tx, &user.email.normalized())?)),
    }
}

/// Stores a changed user, whom the transaction has locked.
pub(in crate::identity) fn update(tx: &mut TenantTx<'_>, user: &User) -> Result<(), IdentityError> {
    diesel::update(users::table.filter(users::id.eq(user.id.uuid())))
        .set((
            users::name.eq(&user.name),
            users::roles.eq(names(&user.roles)),
            users::status.eq(user.status.as_str()),
            users::invitation_expires_at.eq(user.invitation_expires_at),
            users::joined_at.eq(user.joined_at),
            users::version.eq(user.version),
            users::updated_at.eq(user.updated_at),
        ))
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Stores the hash of a user's password.
pub(in crate::identity) fn set_password(
    tx: &mut TenantTx<'_>,
    id: UserId,
    hash: &str,
) -> Result<(), IdentityError> {
    diesel::update(users::table.filter(users::id.eq(id.uuid())))
        .set(users::password_hash.eq(hash))
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Stores the hash of a user's new invitation; the one before is worth nothing any more.
pub(in crate::identity) fn set_invitation(
    tx: &mut TenantTx<'_>,
    id: UserId,
    hash: &[u8],
) -> Result<(), IdentityError> {
    diesel::update(users::table.filter(users::id.eq(id.uuid())))
        .set(users::invitation_hash.eq(hash))
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// The hash of a user's password; none when they sign in elsewhere.
pub(in crate::identity) fn password_hash(
    tx: &mut TenantTx<'_>,
    id: UserId,
) -> Result<Option<String>, IdentityError> {
    let hash = users::table
        .select(users::password_hash)
        .filter(users::id.eq(id.uuid()))
        .first(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(hash)
}

/// Whether `hash` is that of the user's password as it is now.
pub(in crate::identity) fn has_password(
    tx: &mut TenantTx<'_>,
    id: UserId,
    hash: &str,
) -> Result<bool, IdentityError> {
    let row = users::table.filter(users::id.eq(id.uuid())).filter(users::password_hash.eq(hash));
    let known =
        diesel::select(diesel::dsl::exists(row)).get_result(tx.conn(IDENTITY)?).map_err(DbError::from)?;
    Ok(known)
}

/// Ties a user to a person at an external issuer; refused when either is tied to another there.
pub(in crate::identity) fn link(
    tx: &mut TenantTx<'_>,
    id: UserId,
    issuer: &str,
    subject: &str,
) -> Result<(), IdentityError> {
    let values = (
        external_identities::tenant_id.eq(tx.tenant().uuid()),
        external_identities::issuer.eq(issuer),
        external_identities::subject.eq(subject),
        external_identities::user_id.eq(id.uuid()),
        external_identities::linked_at.eq(tx.now()),
    );
    let linked = diesel::insert_into(external_identities::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    match linked {
        1 => Ok(()),
        _ => Err(IdentityError::BadIdToken("the user is linked to another subject".to_owned())),
    }
}

/// Those of `ids` who are in the tenant.
pub(in crate::identity) fn people(
    tx: &mut TenantTx<'_>,
    ids: &[UserId],
) -> Result<Vec<Person>, IdentityError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows: Vec<(Uuid, String, String, Vec<String>)> = users::table
        .select((users::id, users::name, users::status, users::roles))
        .filter(users::id.eq_any(ids))
        .load(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    rows.into_iter().map(|(id, name, status, roles)| person(id, name, &status, &roles)).collect()
}

/// Those who have one of `emails`, each with the key of their address.
pub(in crate::identity) fn people_by_email(
    tx: &mut TenantTx<'_>,
    emails: &[EmailAddress],
) -> Result<Vec<(String, Person)>, IdentityError> {
    let keys: Vec<String> = emails.iter().map(EmailAddress::normalized).collect();
    let rows: Vec<(String, Uuid, String, String, Vec<String>)> = users::table
        .select((users::email_key, users::id, users::name, users::status, users::roles))
        .filter(users::email_key.eq_any(keys))
        .load(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    rows.into_iter()
        .map(|(key, id, name, status, roles)| Ok((key, person(id, name, &status, &roles)?)))
        .collect()
}

fn person(id: Uuid, name: String, status: &str, roles: &[String]) -> Result<Person, IdentityError> {
    let (status, roles) = (UserStatus::stored(status)?, Roles::stored(roles)?.list());
    Ok(Person { id: id.into(), name, status, roles })
}

impl TryFrom<Row> for User {
    type Error = IdentityError;

    fn try_from(row: Row) -> Result<Self, IdentityError> {
        Ok(Self {
            id: row.id.into(),
            email: row.email,
            name: row.name,
            status: UserStatus::stored(&row.status)?,
            roles: Roles::stored(&row.roles)?,
            joined_at: row.joined_at,
            invitation_expires_at: row.invitation_expires_at,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

fn id_of_email(tx: &mut TenantTx<'_>, email_key: &str) -> Result<UserId, IdentityError> {
    let id = users::table
        .select(users::id)
        .filter(users::email_key.eq(email_key))
        .first::<Uuid>(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(id.into())
}

fn found(row: QueryResult<Row>) -> Result<User, IdentityError> {
    match row.map_err(DbError::from) {
        Ok(row) => row.try_into(),
        Err(DbError::NoRow) => Err(IdentityError::UserNotFound),
        Err(error) => Err(error.into()),
    }
}

fn names(roles: &Roles) -> Vec<&'static str> {
    roles.list().into_iter().map(Role::as_str).collect()
}
